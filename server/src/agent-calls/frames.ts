/** Largest frame that is taken, bytes: our agent sends at most 64 KiB at a time. */
const mostBytes = 1024 * 1024

/** A frame of a WebSocket, from the server's side. */
export interface Frame {
  /** 1 text, 2 binary, 0 the rest of one, 8 close, 9 ping, 10 pong (RFC 6455, 5.2) */
  readonly opcode: number
  readonly body: Buffer
}

/** Takes what a server sends on a WebSocket apart, however it was cut on its way. */
export class WebSocketFrames {
  #parts: Buffer[] = []
  #size = 0
  /** bytes until the next frame, or its head, is complete */
  #wanted = 2

  /** The frames that are complete with these bytes. Throws RangeError for what no server sends, or too much of it. */
  push(bytes: Buffer): Frame[] {
    this.#parts.push(bytes)
    this.#size += bytes.length
    const frames: Frame[] = []
    while (this.#size >= this.#wanted) {
      const frame = this.#read(this.#parts.length === 1 ? (this.#parts[0] ?? bytes) : Buffer.concat(this.#parts))
      if (frame !== null) frames.push(frame)
    }
    return frames
  }

  /** Reads one, or how many bytes it has. */
  #read(bytes: Buffer): Frame | null {
    const [first = 0, second = 0] = bytes
    if ((first & 0x70) !== 0 || second > 0x7f) throw new RangeError('a frame that no server sends')
    const headBytes = second === 126 ? 4 : second === 127 ? 10 : 2
    this.#parts = [bytes]
    this.#wanted = headBytes
    if (bytes.length < headBytes) return null
    const length = second === 126 ? bytes.readUInt16BE(2) : second === 127 ? Number(bytes.readBigUInt64BE(2)) : second
    if (length > mostBytes) throw new RangeError(`a frame of ${length} bytes`)
    const end = headBytes + length
    this.#wanted = end
    if (bytes.length < end) return null
    this.#parts = [bytes.subarray(end)]
    this.#size = bytes.length - end
    this.#wanted = 2
    return { opcode: first & 0x0f, body: bytes.subarray(headBytes, end) }
  }
}

/** A frame of a client: masked, as the protocol wants it, with a mask that changes nothing. */
export function clientFrame(opcode: number, body: Buffer): Buffer {
  const small = body.subarray(0, 125)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | small.length, 0, 0, 0, 0]), small])
}
