import { lstat, rm, unlink } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { quotePath } from './path.ts'

/** Deletes a file, a link itself (also a broken one), or with `isRecursive` a folder and all in it. */
export async function deleteFile(path: string, isRecursive: boolean): Promise<void> {
  const stats = await lstat(path)
  if (!stats.isDirectory()) return unlink(path)
  if (!isRecursive) {
    throw new PlatformError('BAD_REQUEST', `is a folder, to be deleted with recursive=true only: ${quotePath(path)}`)
  }
  await rm(path, { recursive: true })
}
