/**
 * Messages between the agent and a Python, either way: the length of the message, then fields of UTF-8 text, each with
 * its length before it; lengths are four bytes, big end first. The other side is `agent/python/interpreter.py`.
 */

const lengthBytes = 4

const mostPieces = 1000

/** The bytes of one message. */
export function encodeFrame(fields: readonly string[]): Buffer {
  const texts = fields.map((field) => Buffer.from(field))
  const size = texts.reduce((sum, text) => sum + lengthBytes + text.length, 0)
  const frame = Buffer.allocUnsafe(lengthBytes + size)
  let at = frame.writeUInt32BE(size)
  for (const text of texts) {
    at = frame.writeUInt32BE(text.length, at)
    at += text.copy(frame, at)
  }
  return frame
}

/** Puts messages together from the pieces they come in, which user code can have written. */
export class FrameReader {
  readonly #mostBytes: number
  #pieces: Buffer[] = []
  #size = 0
  /** bytes that the message under way has, as far as is known */
  #wanted = lengthBytes

  /** @param mostBytes longest message that is taken */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Takes a piece and returns the messages that are complete. Throws when they are none of ours. */
  push(piece: Buffer): string[][] {
    this.#pieces.push(piece)
    this.#size += piece.length
    if (this.#size < this.#wanted) {
      // Many small pieces cost a hundred times their bytes.
      if (this.#pieces.length > mostPieces) this.#pieces = [this.#joined()]
      return []
    }
    let rest = this.#joined()
    const frames: string[][] = []
    for (;;) {
      this.#wanted = lengthBytes
      if (rest.length < lengthBytes) break
      const end = lengthBytes + rest.readUInt32BE()
      if (end > this.#mostBytes) throw new Error(`a message of ${end} bytes is too long`)
      this.#wanted = end
      if (rest.length < end) break
      frames.push(readFields(rest.subarray(lengthBytes, end)))
      rest = rest.subarray(end)
    }
    this.#pieces = [rest]
    this.#size = rest.length
    return frames
  }

  #joined(): Buffer {
    return this.#pieces.length === 1 && this.#pieces[0] !== undefined ? this.#pieces[0] : Buffer.concat(this.#pieces)
  }
}

function readFields(body: Buffer): string[] {
  const fields: string[] = []
  for (let at = 0; at < body.length; ) {
    if (body.length - at < lengthBytes) throw new Error('a field has no length')
    const end = at + lengthBytes + body.readUInt32BE(at)
    if (end > body.length) throw new Error('a field is longer than its message')
    fields.push(body.toString('utf8', at + lengthBytes, end))
    at = end
  }
  return fields
}
