import type { IncomingMessage } from 'node:http'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { openBody } from './body.ts'
import { partName } from './part-name.ts'

/** One part of a multipart body. Its bytes can be read until the next part is asked for. */
export interface Part {
  /** name of the form field; empty when the part has none */
  readonly name: string
  /** in batches of what has come meanwhile */
  readonly body: AsyncIterable<Buffer[]>
}

/** Most bytes of one part's headers. */
const headerBytes = 16 * 1024
/** Most pieces of one batch: content can be made to fall into pieces of a byte. */
const batchPieces = 512
const crlf = Buffer.from('\r\n')
const blankLine = Buffer.from('\r\n\r\n')

/**
 * Reads the parts of a `multipart/form-data` body one after another as they arrive, at the pace of the reader.
 * What is not read of a part is skipped. Leaves the request open for the answer.
 * Throws INVALID_REQUEST_BODY for a body that is broken or ends too early, and what the request fails with.
 */
export async function* readParts(request: IncomingMessage): AsyncGenerator<Part> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(request)}`)
  const source = openBody(request)
  /** arrived, and not looked at yet */
  let waiting: Buffer[] = []
  let next = 0
  // The first delimiter may stand at the very start, where no line break comes before it.
  let buffer: Buffer = crlf
  let isInBody = true

  const hasMore = (): boolean => next < waiting.length

  async function fill(): Promise<void> {
    if (!hasMore()) {
      const taken = await source.take()
      if (taken === null) throw broken('the body ends before its closing boundary')
      waiting = taken
      next = 0
    }
    const chunk = waiting[next++] ?? Buffer.alloc(0)
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
  }

  function take(size: number): Buffer {
    const bytes = buffer.subarray(0, size)
    buffer = buffer.subarray(size)
    return bytes
  }

  async function* readBody(): AsyncGenerator<Buffer[]> {
    let batch: Buffer[] = []
    while (isInBody) {
      const at = buffer.indexOf(delimiter)
      if (at > 0) batch.push(take(at))
      else if (at < 0) {
        const size = buffer.length - startedLength(buffer, delimiter.length)
        if (size > 0) batch.push(take(size))
        if (batch.length > 0 && !hasMore()) {
          yield batch
          batch = []
        }
        await fill()
      } else {
        if (buffer.length === delimiter.length) await fill()
        // Data may hold the delimiter as the beginning of a longer line.
        if (' \t\r-'.includes(String.fromCharCode(buffer[delimiter.length] ?? 0))) {
          take(delimiter.length)
          isInBody = false
        } else batch.push(take(1))
      }
      if (batch.length < batchPieces) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  async function skipBody(): Promise<void> {
    for await (const _ of readBody());
  }

  async function readHeaders(): Promise<string> {
    let end = buffer.indexOf(blankLine)
    while (end < 0) {
      if (buffer.length > headerBytes) throw broken(`the headers of a part are longer than ${headerBytes} bytes`)
      await fill()
      end = buffer.indexOf(blankLine)
    }
    const headers = take(end + blankLine.length)
    if (headers.length > headerBytes || headers.includes(delimiter)) throw broken('a part has no end of its headers')
    const text = headers.toString()
    // What is left of the delimiter's own line may only be blanks.
    if (!/^[ \t]*\r\n/.test(text)) throw broken('a boundary line is malformed')
    isInBody = true
    return text
  }

  try {
    await skipBody()
    for (let count = 1; ; count += 1) {
      while (buffer.length < 2) await fill()
      if (buffer.subarray(0, 2).toString() === '--') return
      if (count > limits.uploadParts) throw broken(`there are more than ${limits.uploadParts} parts`)
      yield { name: partName(await readHeaders()), body: readBody() }
      await skipBody()
    }
  } finally {
    source.release()
  }
}

/** Reads a text part; null when it is longer than `most` bytes. */
export async function readText(part: Part, most: number): Promise<string | null> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const batch of part.body) {
    for (const piece of batch) size += piece.length
    if (size > most) return null
    pieces.push(...batch)
  }
  return Buffer.concat(pieces).toString()
}

/** Length of the end of the bytes that may be the start of a delimiter which the next chunk completes. */
function startedLength(bytes: Buffer, delimiterLength: number): number {
  const from = Math.max(0, bytes.length - delimiterLength + 1)
  const at = bytes.indexOf(crlf.subarray(0, 1), from)
  return at < 0 ? 0 : bytes.length - at
}

function boundaryOf(request: IncomingMessage): string {
  const type = request.headers['content-type'] ?? ''
  const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'The Content-Type must be multipart/form-data with a boundary')
  }
  return boundary
}

function broken(why: string): PlatformError {
  return new PlatformError('INVALID_REQUEST_BODY', `reading part: ${why}`)
}
