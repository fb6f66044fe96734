import { chmod, stat } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { makeFolders } from './make-folders.ts'
import { quotePath } from './path.ts'

/**
 * Makes a folder and its parents (0755); one that exists is left as it is.
 * The new folder gets exactly the mode that was asked for, whatever the umask.
 */
export async function createFolder(path: string, mode: number): Promise<void> {
  const firstMade = await makeFolders(path, 0o755)
  if (firstMade !== undefined) return chmod(path, mode)
  const stats = await stat(path)
  if (!stats.isDirectory()) throw new PlatformError('CONFLICT', `exists already and is no folder: ${quotePath(path)}`)
}

/** Reads an octal mode such as `644` or `1777`. */
export function parseMode(text: string): number {
  const mode = Number.parseInt(text, 8)
  if (mode > 0o7777) throw new PlatformError('BAD_REQUEST', `mode must be at most 7777, not ${text}`)
  return mode
}
