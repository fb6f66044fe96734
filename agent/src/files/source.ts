import type { FileHandle } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { modifiedAt } from './file-info.ts'
import { openRegular, readHead } from './open-file.ts'
import { quotePath } from './path.ts'

/** A file that is being sent. */
export interface Source {
  /** bytes there are to send; null when only reading to the end tells */
  readonly size: number | null
  readonly modifiedAt: Date
  /**
   * Reads exactly `length` bytes from `start`, or to the end when it is null; fails when the file has become shorter.
   * What is added to the file meanwhile is not read.
   */
  read(start: number, length: number | null): AsyncIterable<Buffer>
  close(): Promise<void>
}

/** Files up to this size, bytes, are read before their size is told. */
const smallBytes = 64 * 1024
const chunkBytes = 256 * 1024

/**
 * Opens a regular file to send it.
 * The kernel's own files say that they have 0 or 4096 bytes whatever they hold, so the size of a small file is
 * what was read of it.
 */
export async function openSource(path: string): Promise<Source> {
  const { handle, stats } = await openRegular(path)
  try {
    const isSmall = stats.size <= smallBytes
    const head = isSmall ? await readHead(handle, smallBytes + 1) : null
    const isWhole = head !== null && head.length <= smallBytes
    const sizeWhenLarge = isSmall ? null : Number(stats.size)
    return {
      size: isWhole ? head.length : sizeWhenLarge,
      modifiedAt: modifiedAt(stats),
      read: (start, length) => (isWhole ? slice(head, start, length) : readChunks(handle, path, start, length)),
      close: () => handle.close(),
    }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}

async function* slice(head: Buffer, start: number, length: number | null): AsyncGenerator<Buffer> {
  const bytes = head.subarray(start, length === null ? undefined : start + length)
  if (bytes.length > 0) yield bytes
}

async function* readChunks(
  handle: FileHandle,
  path: string,
  start: number,
  length: number | null,
): AsyncGenerator<Buffer> {
  let position = start
  let left = length ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, left))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) {
      if (length === null) return
      throw new PlatformError('FILE_READ_FAILED', `became shorter while it was read: ${quotePath(path)}`)
    }
    position += bytesRead
    left -= bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
