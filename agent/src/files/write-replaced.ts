import type { FileHandle } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { writeAll } from './open-file.ts'

/** What to replace, both as bytes. */
export interface Replacement {
  /** not empty */
  readonly wanted: Buffer
  readonly replacement: Buffer
}

const chunkBytes = 256 * 1024

/** True when the bytes are in the file. */
export async function isFound(file: FileHandle, wanted: Buffer): Promise<boolean> {
  for await (const { bytes } of windows(file, wanted.length - 1)) if (bytes.includes(wanted)) return true
  return false
}

/**
 * Writes the content of one file to another with every occurrence replaced, found from left to right.
 * Fails when the result is larger than a file that replace takes.
 */
export async function writeReplaced(from: FileHandle, to: FileHandle, change: Replacement): Promise<void> {
  const { wanted, replacement } = change
  const output = createOutput(to)
  let done = 0
  for await (const { start, bytes, isLast } of windows(from, wanted.length - 1)) {
    let at = done - start
    for (let found = bytes.indexOf(wanted, at); found >= 0; found = bytes.indexOf(wanted, at)) {
      if (!output.hold(bytes.subarray(at, found))) await output.write(bytes.subarray(at, found))
      if (!output.hold(replacement)) await output.write(replacement)
      at = found + wanted.length
    }
    // An occurrence may begin in the last bytes and end in those that are not read yet.
    const end = isLast ? bytes.length : Math.max(at, bytes.length - wanted.length + 1)
    await output.write(bytes.subarray(at, end))
    done = start + end
  }
  await output.flush()
}

/** A part of a file. */
interface Window {
  /** where in the file it begins */
  readonly start: number
  /** valid until the next window */
  readonly bytes: Buffer
  readonly isLast: boolean
}

/** Reads a file in windows, each of which repeats the last `overlap` bytes of the one before. */
async function* windows(file: FileHandle, overlap: number): AsyncGenerator<Window> {
  const buffer = Buffer.allocUnsafe(overlap + chunkBytes)
  let start = 0
  let size = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, size, chunkBytes, start + size)
    size += bytesRead
    yield { start, bytes: buffer.subarray(0, size), isLast: bytesRead === 0 }
    if (bytesRead === 0) return
    const kept = Math.min(size, overlap)
    buffer.copyWithin(0, size - kept, size)
    start += size - kept
    size = kept
  }
}

/** Gathers small pieces, so that a million replaced words are not a million writes. */
interface Output {
  /** Takes the bytes when there is room for them. */
  hold(bytes: Buffer): boolean
  /** Takes the bytes, after writing what is held when they do not fit beside it. */
  write(bytes: Buffer): Promise<void>
  flush(): Promise<void>
}

function createOutput(file: FileHandle): Output {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  let held = 0
  let total = 0

  function hold(bytes: Buffer): boolean {
    if (held + bytes.length > buffer.length) return false
    bytes.copy(buffer, held)
    held += bytes.length
    return true
  }

  async function flush(): Promise<void> {
    await writeAll(file, buffer.subarray(0, held), null)
    total += held
    held = 0
  }

  return {
    hold,
    flush,
    async write(bytes) {
      if (hold(bytes)) return
      await flush()
      if (total + bytes.length > limits.replaceFileBytes) {
        throw new PlatformError('BAD_REQUEST', `would become larger than ${limits.replaceFileBytes} bytes`)
      }
      if (hold(bytes)) return
      await writeAll(file, bytes, null)
      total += bytes.length
    },
  }
}
