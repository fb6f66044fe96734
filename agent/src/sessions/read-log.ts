import type { OutputForm } from './client-version.ts'
import { holdMarkers, markers, onlyStream, type StreamName, takeApart, tokens } from './framing.ts'
import type { SessionLog } from './log.ts'

/** Which part of a log is wanted. */
export interface LogRange {
  /**
   * byte to begin at. Combined, it counts bytes of the output. Else it counts bytes of the log with its markers; a log
   * that is read from a later place than 0 begins with the marker of the stream there, 3 bytes that do not count.
   */
  readonly offset: number
  /** goes on until the command has ended, or this fires */
  readonly follow: AbortSignal | null
}

/** The log in a client's form. Chunks end in bytes of a marker only at the end of the log. */
export async function* readLog(
  log: SessionLog,
  form: OutputForm,
  { offset, follow }: LogRange,
): AsyncGenerator<Buffer, void> {
  if (form === 'combined') {
    yield* readCombined(log, { offset, follow })
    return
  }
  const place = offset === 0 ? { at: 0, stream: null } : await locate(log, Math.min(offset, log.size))
  let first = place.stream === null ? null : markers[place.stream]
  for await (const chunk of holdMarkers(log.read(place.at, follow))) {
    // Together with what follows it: a marker alone in a message is lost on clients.
    yield first === null ? chunk : Buffer.concat([first, chunk])
    first = null
  }
}

async function* readCombined(log: SessionLog, { offset, follow }: LogRange): AsyncGenerator<Buffer, void> {
  const place = log.placeBefore(offset, 'plain')
  let left = offset - place.plain
  for await (const bytes of onlyStream(takeApart(log.read(place.at, follow), place.stream), 'both')) {
    if (bytes.length > left) yield bytes.subarray(left)
    left = Math.max(0, left - bytes.length)
  }
}

/** Where to begin for this byte, and which stream it belongs to; after the marker that it is part of. */
async function locate(log: SessionLog, offset: number): Promise<{ at: number; stream: StreamName | null }> {
  const start = log.placeBefore(offset, 'at')
  let { at, stream } = start
  // Two bytes more complete a marker that begins before the offset.
  for await (const token of tokens(log.read(at, null, Math.min(offset + 2, log.size)), stream)) {
    if (at >= offset) break
    at += token.bytes.length
    stream = token.stream
    if (token.isMarker && at > offset) return { at, stream }
  }
  return { at: offset, stream }
}
