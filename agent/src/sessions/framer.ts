import { markers, type StreamName } from './framing.ts'

/**
 * Frames two streams into one: a marker where the stream changes, and more of them where the output itself has the
 * bytes of a marker, so that taking the log apart at the first three equal bytes gives exactly what was written.
 */
export class Framer {
  #stream: StreamName | null = null
  /** last byte since the last marker, if it is one of a marker's, and how often it stands there in a row, 0 to 2 */
  #lastByte = 0
  #lastCount = 0

  /** stream that the next byte would belong to; null where it needs a marker */
  get stream(): StreamName | null {
    return this.#stream
  }

  /** True where a reader that knows the stream can begin. */
  get isClean(): boolean {
    return this.#lastCount === 0
  }

  /** Makes the next piece begin with a marker. */
  restart(): void {
    this.#stream = null
    this.#lastCount = 0
  }

  /** The piece with its markers, in order. */
  frame(stream: StreamName, bytes: Buffer): Buffer[] {
    const framed: Buffer[] = []
    if (stream !== this.#stream) this.#mark(stream, framed)
    if (this.#lastCount > 0 || bytes.includes(markers.stdout) || bytes.includes(markers.stderr)) {
      this.#frameCarefully(stream, bytes, framed)
      return framed
    }
    framed.push(bytes)
    this.#lastByte = bytes.at(-1) ?? 0
    if (isOfMarker(this.#lastByte)) this.#lastCount = bytes.at(-2) === this.#lastByte ? 2 : 1
    return framed
  }

  #frameCarefully(stream: StreamName, bytes: Buffer, framed: Buffer[]): void {
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte !== this.#lastByte) this.#lastCount = 0
      if (this.#lastCount === 2) {
        // A marker between the second and the third: neither is lost, and the stream stays.
        if (at > from) framed.push(bytes.subarray(from, at))
        from = at
        this.#mark(stream, framed)
      }
      this.#lastByte = byte
      if (isOfMarker(byte)) this.#lastCount++
    }
    framed.push(bytes.subarray(from))
  }

  #mark(stream: StreamName, framed: Buffer[]): void {
    const marker = markers[stream]
    // Three equal bytes are taken at the first place: the other marker keeps the last byte out of this one.
    if (this.#lastCount > 0 && this.#lastByte === marker[0]) {
      framed.push(markers[stream === 'stdout' ? 'stderr' : 'stdout'])
    }
    framed.push(marker)
    this.#stream = stream
    this.#lastCount = 0
  }
}

function isOfMarker(byte: number): boolean {
  return byte === 1 || byte === 2
}
