/** The two streams of a command. */
export type StreamName = 'stdout' | 'stderr'

/** Bytes that come before what a stream wrote, whenever the stream changes (toolbox.md 1.5). */
export const markers: Readonly<Record<StreamName, Buffer>> = {
  stdout: Buffer.from([1, 1, 1]),
  stderr: Buffer.from([2, 2, 2]),
}

/** Bytes of one stream. */
export interface Piece {
  readonly stream: StreamName
  readonly bytes: Buffer
}

/** A marker, or bytes of the stream that was marked last; null before the first marker. */
export interface Token {
  readonly stream: StreamName | null
  readonly isMarker: boolean
  readonly bytes: Buffer
}

/**
 * Cuts a framed log, in pieces of any cut, into markers and what lies between: always at the first three equal bytes,
 * as all clients do.
 * @param stream what was marked before the first chunk
 */
export async function* tokens(
  chunks: AsyncIterable<Buffer>,
  stream: StreamName | null = null,
): AsyncGenerator<Token, void> {
  let current = stream
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    let out = bytes.indexOf(markers.stdout)
    let err = bytes.indexOf(markers.stderr)
    while (out >= 0 || err >= 0) {
      const isOut = out >= 0 && (err < 0 || out < err)
      const next = isOut ? out : err
      if (next > at) yield { stream: current, isMarker: false, bytes: bytes.subarray(at, next) }
      current = isOut ? 'stdout' : 'stderr'
      at = next + 3
      yield { stream: current, isMarker: true, bytes: markers[current] }
      if (isOut) out = bytes.indexOf(markers.stdout, at)
      else err = bytes.indexOf(markers.stderr, at)
    }
    const end = bytes.length - unfinishedMarker(bytes.subarray(at))
    if (end > at) yield { stream: current, isMarker: false, bytes: bytes.subarray(at, end) }
    rest = Buffer.from(bytes.subarray(end))
  }
  if (rest.length > 0) yield { stream: current, isMarker: false, bytes: rest }
}

/** How many bytes at the end can be the begin of a marker. */
function unfinishedMarker(bytes: Buffer): number {
  const last = bytes.at(-1)
  if (last !== 1 && last !== 2) return 0
  return bytes.at(-2) === last ? 2 : 1
}

/** Takes a framed log apart. Bytes before the first marker belong to no stream and are left out. */
export async function* takeApart(
  chunks: AsyncIterable<Buffer>,
  stream: StreamName | null = null,
): AsyncGenerator<Piece> {
  for await (const token of tokens(chunks, stream)) {
    if (!token.isMarker && token.stream !== null) yield { stream: token.stream, bytes: token.bytes }
  }
}

/** The bytes of one stream, or of both without markers. */
export async function* onlyStream(
  pieces: AsyncIterable<Piece>,
  wanted: StreamName | 'both',
): AsyncGenerator<Buffer, void> {
  for await (const { stream, bytes } of pieces) if (wanted === 'both' || stream === wanted) yield bytes
}

/** Longest run of bytes of markers that is kept back, bytes. */
const heldLimit = 1024

/**
 * Cuts a framed log so that a chunk ends in bytes of a marker only where the log does: clients take a whole marker at
 * the end of a message for output (TypeScript 0.190 to 0.218).
 */
export async function* holdMarkers(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    let end = bytes.length
    while (end > 0 && (bytes[end - 1] === 1 || bytes[end - 1] === 2)) end--
    if (bytes.length - end > heldLimit) end = bytes.length
    held = Buffer.from(bytes.subarray(end))
    if (end > 0) yield bytes.subarray(0, end)
  }
  if (held.length > 0) yield held
}
