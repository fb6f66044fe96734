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

/** Takes a framed log apart, in pieces of any cut. Bytes before the first marker belong to no stream. */
export async function* takeApart(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let stream: StreamName | null = null
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    let out = bytes.indexOf(markers.stdout)
    let err = bytes.indexOf(markers.stderr)
    while (out >= 0 || err >= 0) {
      const isOut = out >= 0 && (err < 0 || out < err)
      const next = isOut ? out : err
      if (stream !== null && next > at) yield { stream, bytes: bytes.subarray(at, next) }
      stream = isOut ? 'stdout' : 'stderr'
      at = next + 3
      if (isOut) out = bytes.indexOf(markers.stdout, at)
      else err = bytes.indexOf(markers.stderr, at)
    }
    const end = bytes.length - unfinishedMarker(bytes.subarray(at))
    if (stream !== null && end > at) yield { stream, bytes: bytes.subarray(at, end) }
    rest = Buffer.from(bytes.subarray(end))
  }
  if (stream !== null && rest.length > 0) yield { stream, bytes: rest }
}

/** How many bytes at the end can be the begin of a marker. */
function unfinishedMarker(bytes: Buffer): number {
  const last = bytes.at(-1)
  if (last !== 1 && last !== 2) return 0
  return bytes.at(-2) === last ? 2 : 1
}

/** The bytes of one stream, or of both without markers. */
export async function* onlyStream(chunks: AsyncIterable<Buffer>, wanted: StreamName | 'both'): AsyncGenerator<Buffer> {
  for await (const { stream, bytes } of takeApart(chunks)) if (wanted === 'both' || stream === wanted) yield bytes
}
