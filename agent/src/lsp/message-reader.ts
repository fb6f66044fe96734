import { limits } from '@sandyard/protocol/limits'

/** Longest head of a message, bytes; real ones have some thirty. */
const headBytes = 4096

const nothing = Buffer.alloc(0)

/** Takes the output of a language server apart: heads with a `Content-Length`, each with a JSON body. */
export class MessageReader {
  #head: Buffer = nothing
  #body: Buffer[] = []
  /** bytes of the body that have not come yet; null while a head is read */
  #missing: number | null = null

  /** Messages that are complete with these bytes, in pieces of any cut. Throws `Error` at what is no message. */
  take(bytes: Buffer): unknown[] {
    const messages: unknown[] = []
    let rest = bytes
    while (rest.length > 0) {
      if (this.#missing === null) {
        const text: Buffer = this.#head.length === 0 ? rest : Buffer.concat([this.#head, rest])
        const end = text.indexOf('\r\n\r\n')
        if ((end < 0 ? text.length : end) > headBytes) throw new Error(`no head within ${headBytes} bytes`)
        this.#head = end < 0 ? text : nothing
        if (end < 0) break
        this.#missing = readLength(text.toString('latin1', 0, end))
        rest = text.subarray(end + 4)
      }
      const part = rest.subarray(0, this.#missing)
      rest = rest.subarray(part.length)
      this.#body.push(part)
      this.#missing -= part.length
      if (this.#missing > 0) break
      const body = Buffer.concat(this.#body)
      this.#body = []
      this.#missing = null
      messages.push(JSON.parse(body.toString('utf8')))
    }
    return messages
  }
}

/** The bytes of a message with its head. */
export function toBytes(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}

function readLength(head: string): number {
  const length = Number(/^content-length: *(\d{1,12}) *$/im.exec(head)?.[1] ?? Number.NaN)
  if (!(length > 0)) throw new Error('a head without Content-Length')
  if (length > limits.languageServerMessageBytes) throw new Error(`a message of ${length} bytes`)
  return length
}
