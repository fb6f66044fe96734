import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { quotePath } from './path.ts'

/** An open regular file; whoever opened it closes the handle. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly stats: BigIntStats
}

/**
 * Opens a regular file and refuses everything else, judged on what was really opened.
 * Never waits: a pipe without a writer or a device would otherwise block a thread for ever.
 * @param flags of open(2), `O_RDONLY` when absent
 * @param mode of a file that is created
 */
export async function openRegular(
  path: string | Buffer,
  flags: number = constants.O_RDONLY,
  mode = 0o644,
): Promise<OpenFile> {
  const handle = await open(path, flags | constants.O_NONBLOCK | constants.O_NOCTTY, mode)
  try {
    const stats = await handle.stat({ bigint: true })
    if (stats.isFile()) return { handle, stats }
    const what = stats.isDirectory() ? 'is a folder' : 'not a regular file'
    throw new PlatformError('INVALID_FILE_PATH', `${what}: ${quotePath(path.toString())}`)
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}

/** Reads from the start until the end of the file or `most` bytes, whichever comes first. */
export async function readHead(handle: FileHandle, most: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(most)
  let size = 0
  while (size < most) {
    const { bytesRead } = await handle.read(buffer, size, most - size, size)
    if (bytesRead === 0) break
    size += bytesRead
  }
  return buffer.subarray(0, size)
}

/** Writes all of the bytes: at a position, or where the handle stands when it is null. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const at = position === null ? null : position + written
    written += (await handle.write(bytes, written, bytes.length - written, at)).bytesWritten
  }
}
