import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { errnoOf, toFileError } from './file-error.ts'
import { makeFolders } from './make-folders.ts'
import { type OpenFile, openRegular } from './open-file.ts'

/** Content up to this size, bytes, is complete before the file is touched. */
const heldBytes = 1024 * 1024

/**
 * Writes a file as its bytes come, and makes its parents (0755). An existing file keeps its inode, owner and mode,
 * and a link is written through, so the old content goes when the new begins: what ends a large upload early leaves
 * the part that was written. A small one that does not arrive whole changes nothing.
 * Returns the number of bytes.
 */
export async function writeFile(path: string, content: AsyncIterable<readonly Buffer[]>): Promise<number> {
  const batches = content[Symbol.asyncIterator]()
  const held: Buffer[] = []
  let size = 0
  let isWhole = false
  while (size < heldBytes && !isWhole) {
    const { value, done } = await batches.next()
    isWhole = done === true
    for (const bytes of done ? [] : value) {
      held.push(bytes)
      size += bytes.length
    }
  }

  const { handle } = await openToWrite(path)
  try {
    await writeBatch(handle, held)
    held.length = 0
    while (!isWhole) {
      const { value, done } = await batches.next()
      if (done) break
      for (const bytes of value) size += bytes.length
      await writeBatch(handle, value)
    }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
  try {
    await handle.close()
  } catch (thrown) {
    // Some file systems tell only now that the bytes did not arrive.
    const error = toFileError(thrown, path)
    throw error instanceof PlatformError ? new PlatformError(error.code, `close: ${error.message}`) : error
  }
  return size
}

/** Writes all of the bytes where the handle stands, in as few calls as the OS needs. */
async function writeBatch(handle: FileHandle, batch: readonly Buffer[]): Promise<void> {
  let left = batch.filter((bytes) => bytes.length > 0)
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left)
    // A file system that takes nothing and says no error would keep us here for ever.
    if (bytesWritten === 0) throw new PlatformError('INSUFFICIENT_STORAGE', 'the file system takes no more bytes')
    left = withoutFirst(left, bytesWritten)
  }
}

function withoutFirst(batch: Buffer[], count: number): Buffer[] {
  let skipped = 0
  for (const [index, bytes] of batch.entries()) {
    if (skipped + bytes.length > count) return [bytes.subarray(count - skipped), ...batch.slice(index + 1)]
    skipped += bytes.length
  }
  return []
}

async function openToWrite(path: string): Promise<OpenFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
  try {
    return await openRegular(path, flags)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown
    await makeFolders(dirname(path), 0o755)
    return openRegular(path, flags)
  }
}
