import type { Toolbox } from '@sandyard/sdk'
import { ToolError } from './failure.ts'
import { brokenTail } from './texts.ts'

/** Bytes before each piece of a stream in a log: three times 1 or 2 (toolbox.md 1.5). */
const markerLength = 3

/** Which part of a log is wanted. */
export interface LogRange {
  readonly sessionId: string
  readonly commandId: string
  /** byte to begin at, 0 or as `next` of the part before */
  readonly cursor: number
  /** most bytes to read */
  readonly length: number
  /** how long to wait for something to be there, ms; 0 takes what is there */
  readonly waitMs: number
}

/** A part of a log. */
export interface LogPart {
  /** both streams in their order */
  readonly text: string
  /** where the next part begins */
  readonly next: number
  /** true: there is nothing more of it now */
  readonly isAtEnd: boolean
}

/** time without output after which what has come is answered, ms */
const quietMs = 300

/**
 * Reads a part of the log of a command. Of a log of any length only this part is held.
 *
 * @throws DaytonaError when it cannot be reached, ToolError when it breaks off
 */
export async function readLogPart(toolbox: Toolbox, range: LogRange, signal: AbortSignal): Promise<LogPart> {
  const { sessionId, commandId, cursor, length, waitMs } = range
  const command = `/process/session/${encodeURIComponent(sessionId)}/command/${encodeURIComponent(commandId)}`
  const query = new URLSearchParams({
    ...(waitMs > 0 ? { follow: 'true' } : {}),
    ...(cursor > 0 ? { offset: String(cursor) } : {}),
  })
  const chunks: Uint8Array[] = []
  // From a later place the marker of the stream there comes first, and does not count.
  let skip = cursor > 0 ? markerLength : 0
  let count = 0
  const over = Promise.withResolvers<'full' | 'quiet' | 'ended' | 'broken'>()
  let timer = setTimeout(() => over.resolve('quiet'), waitMs > 0 ? waitMs : 30_000)
  const socket = await toolbox
    .connect(`${command}/logs?${query}`, {
      signal,
      onMessage(data) {
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
        const counted = bytes.subarray(Math.min(skip, bytes.length))
        skip -= bytes.length - counted.length
        if (count >= length || counted.length === 0) return
        // what is told of a message is copied: the rest of it goes
        chunks.push(counted.slice(0, length - count))
        count += Math.min(counted.length, length - count)
        if (count >= length) over.resolve('full')
        else if (waitMs > 0) {
          clearTimeout(timer)
          timer = setTimeout(() => over.resolve('quiet'), quietMs)
        }
      },
    })
    .catch((error: unknown) => {
      clearTimeout(timer)
      throw error
    })
  const ended = socket.ended.then(({ code }) => over.resolve(code === 1000 ? 'ended' : 'broken'))
  try {
    const how = await over.promise
    signal.throwIfAborted()
    if (how === 'broken')
      throw new ToolError('The log broke off while it was read', 'Read it again with the same cursor.')
    const bytes = Buffer.concat(chunks)
    const isCut = how === 'full'
    const whole = isCut ? bytes.subarray(0, bytes.length - halfAtEnd(bytes)) : bytes
    return { text: withoutMarkers(whole), next: cursor + whole.length, isAtEnd: !isCut }
  } finally {
    clearTimeout(timer)
    socket.close()
    await ended
  }
}

/** Bytes at the end that may be the beginning of a marker or of a character. */
function halfAtEnd(bytes: Uint8Array): number {
  const last = bytes[bytes.length - 1]
  if (last !== 1 && last !== 2) return brokenTail(bytes)
  const begins = bytes[bytes.length - 2] === last ? 2 : 1
  // a whole one is taken with what it begins
  return begins === 2 && bytes[bytes.length - 3] === last ? 0 : begins
}

function withoutMarkers(bytes: Buffer): string {
  const kept: Buffer[] = []
  let from = 0
  for (let at = 0; at + markerLength <= bytes.length; ) {
    const byte = bytes[at]
    const isMarker = (byte === 1 || byte === 2) && bytes[at + 1] === byte && bytes[at + 2] === byte
    if (!isMarker) at += 1
    else {
      kept.push(bytes.subarray(from, at))
      at += markerLength
      from = at
    }
  }
  return Buffer.concat([...kept, bytes.subarray(from)]).toString('utf8')
}
