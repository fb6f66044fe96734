import type { FileHandle } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { tagOf } from './conditions.ts'
import { modifiedAt } from './file-info.ts'
import { openRegular, readHead } from './open-file.ts'
import { quotePath } from './path.ts'
import { type Receiver, send } from './send.ts'

/** A file that is being sent. */
export interface Source {
  /** bytes there are to send; null when only reading to the end tells */
  readonly size: number | null
  readonly modifiedAt: Date
  /** strong entity tag; null for the kernel's own files, whose content and times are not related */
  readonly tag: string | null
  /**
   * Sends exactly `length` bytes from `start`, or to the end when it is null; fails when the file has become shorter or
   * the receiver has left. What is added to the file meanwhile is not sent.
   */
  send(to: Receiver, start: number, length: number | null): Promise<void>
  close(): Promise<void>
}

/** Files up to this size, bytes, are read before their size is told. */
const smallBytes = 64 * 1024
const chunkBytes = 256 * 1024
/** pieces that are read or on their way at a time */
const laneCount = 3

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
      tag: isWhole && BigInt(head.length) !== stats.size ? null : tagOf(stats),
      send: (to, start, length) =>
        isWhole ? sendHead(head, to, start, length) : sendChunks({ handle, path }, to, { start, length }),
      close: () => handle.close(),
    }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}

async function sendHead(head: Buffer, to: Receiver, start: number, length: number | null): Promise<void> {
  const bytes = head.subarray(start, length === null ? undefined : start + length)
  if (bytes.length > 0) await send(to, bytes)
}

/** Reads a piece while the one before is on its way, into buffers that are used again once they have left. */
async function sendChunks(
  { handle, path }: { handle: FileHandle; path: string },
  to: Receiver,
  { start, length }: { start: number; length: number | null },
): Promise<void> {
  const lanes = Array.from({ length: laneCount }, () => ({ buffer: Buffer.allocUnsafe(0), left: Promise.resolve() }))
  let position = start
  let left = length ?? Number.POSITIVE_INFINITY
  for (let turn = 0; left > 0; turn += 1) {
    const lane = lanes[turn % laneCount]
    if (lane === undefined) throw new Error('There is no lane')
    await lane.left
    to.signal.throwIfAborted()
    if (lane.buffer.length === 0) lane.buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, left))
    const { bytesRead } = await handle.read(lane.buffer, 0, Math.min(lane.buffer.length, left), position)
    if (bytesRead === 0) {
      if (length === null) break
      throw new PlatformError('FILE_READ_FAILED', `became shorter while it was read: ${quotePath(path)}`)
    }
    position += bytesRead
    left -= bytesRead
    lane.left = leave(to, lane.buffer.subarray(0, bytesRead))
    lane.left.catch(() => undefined) // it is awaited before the lane is used again, and at the end
  }
  for (const lane of lanes) await lane.left
}

/** Settles when the bytes are no longer needed here. */
function leave({ response, signal }: Receiver, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    response.write(bytes, (error) => {
      signal.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    })
  })
}
