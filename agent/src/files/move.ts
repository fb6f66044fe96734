import { lstat, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { copyTree } from './copy-tree.ts'
import { errnoOf, toFileError } from './file-error.ts'
import { quotePath } from './path.ts'

/**
 * Moves a file, link or folder to a path that does not exist yet; over the border of a file system by copy and
 * delete. Returns why the source could not be deleted after it was copied, else null.
 */
export async function moveFile(source: string, destination: string, signal: AbortSignal): Promise<string | null> {
  await lstat(source)
  await stat(dirname(destination))
  if (await exists(destination)) {
    throw new PlatformError('CONFLICT', `the destination exists already: ${quotePath(destination)}`)
  }
  try {
    await rename(source, destination)
    return null
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EXDEV') throw thrown
  }
  return moveByCopy(source, destination, signal)
}

async function moveByCopy(source: string, destination: string, signal: AbortSignal): Promise<string | null> {
  try {
    await copyTree(Buffer.from(source), Buffer.from(destination), signal)
  } catch (thrown) {
    // Why the copy failed tells more than why some of it could not be removed.
    await rm(destination, { recursive: true, force: true }).catch(() => undefined)
    throw thrown
  }
  try {
    await rm(source, { recursive: true })
    return null
  } catch (thrown) {
    const error = toFileError(thrown, source)
    if (error instanceof PlatformError) return error.message
    throw thrown
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false
    throw thrown
  }
}
