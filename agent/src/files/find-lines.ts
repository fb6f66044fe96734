import type { FileHandle } from 'node:fs/promises'
import { limits } from '@sandyard/protocol/limits'

/** A line that holds what was looked for. */
export interface FoundLine {
  /** counted from 1 */
  readonly line: number
  /** the line without its end; of a long one only the surroundings of the match */
  readonly content: string
}

/** When to stop reading. */
export interface ReadLimit {
  readonly bytes: number
  readonly signal: AbortSignal
}

const chunkBytes = 256 * 1024
const newline = 0x0a
/** Longest content of one found line, bytes. */
const contentBytes = 4096

/**
 * Finds the lines of a file that hold the bytes, each once, and reads it a piece at a time. A file with NUL in its
 * first 512 bytes is binary and has no lines.
 */
export async function* findLines(handle: FileHandle, wanted: Buffer, limit: ReadLimit): AsyncGenerator<FoundLine> {
  if (wanted.includes(newline)) return
  let line = 1
  let lastFound = 0
  let held: Buffer = Buffer.alloc(0)

  /** Looks through bytes that begin with the rest of line number `line`. */
  function* scan(bytes: Buffer): Generator<FoundLine> {
    let counted = 0
    for (let at = bytes.indexOf(wanted); at >= 0; ) {
      for (let end = bytes.indexOf(newline, counted); end >= 0 && end < at; end = bytes.indexOf(newline, counted)) {
        line += 1
        counted = end + 1
      }
      const found = bytes.indexOf(newline, at)
      const end = found < 0 ? bytes.length : found
      if (line !== lastFound) yield { line, content: surroundings(bytes.subarray(counted, end), at - counted) }
      lastFound = line
      at = bytes.indexOf(wanted, end)
    }
    for (let end = bytes.indexOf(newline, counted); end >= 0; end = bytes.indexOf(newline, counted)) {
      line += 1
      counted = end + 1
    }
  }

  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (let position = 0; position < limit.bytes; ) {
    limit.signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) break
    if (position === 0 && buffer.subarray(0, Math.min(512, bytesRead)).includes(0)) return
    position += bytesRead
    const bytes = Buffer.concat([held, buffer.subarray(0, bytesRead)])
    const lineEnd = bytes.lastIndexOf(newline) + 1
    if (lineEnd > 0) {
      yield* scan(bytes.subarray(0, lineEnd))
      held = bytes.subarray(lineEnd)
    } else held = bytes
    if (held.length < limits.findLineBytes) continue
    // Too long a line is looked through in pieces, which overlap by what a match could straddle.
    yield* scan(held)
    held = held.subarray(held.length - wanted.length + 1)
  }
  yield* scan(held)
}

/** A whole line, or of a long one the part around the match, cut between characters. */
function surroundings(bytes: Buffer, at: number): string {
  const size = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length
  if (size <= contentBytes) return bytes.toString('utf8', 0, size)
  let start = Math.max(0, Math.min(at - contentBytes / 4, size - contentBytes))
  let end = start + contentBytes
  while (start < end && isInsideCharacter(bytes[start])) start += 1
  while (end > start && end < size && isInsideCharacter(bytes[end])) end -= 1
  return bytes.toString('utf8', start, end)
}

function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
