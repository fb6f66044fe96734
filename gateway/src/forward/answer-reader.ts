import { type AnswerHead, bodyLengthOf, parseAnswerHead, parseFields } from './answer-head.ts'

/** Told of what comes, in its order. */
export interface AnswerListener {
  /** a 1xx, which another head follows */
  onInterim(head: AnswerHead): void
  onHead(head: AnswerHead): void
  /** a piece of the body; it must be copied to be kept beyond what it is passed on to */
  onBody(bytes: Buffer): void
  /** The answer is whole. @param trailers name, value, name, value … */
  onEnd(trailers: readonly string[]): void
}

/** longest head, and longest trailers, bytes; Node's own measure */
const headBytes = 16 * 1024
/** longest line before a chunk, bytes */
const sizeLineBytes = 1024
const crlf = Buffer.from('\r\n')
const blankLine = Buffer.from('\r\n\r\n')

type Expects = 'head' | 'counted' | 'until-close' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'nothing'

/**
 * Reads one answer from the bytes of a connection. What a program inside writes reaches only those who look at that
 * program; still a reader that takes anything but the plain form would let it mix up their answers.
 */
export class AnswerReader {
  /** True once the answer is whole. */
  isDone = false
  /** True once a byte has come. */
  hasBegun = false
  /** The connection may carry another request; known when the answer is whole. */
  isKept = false
  readonly #isToHead: boolean
  readonly #listener: AnswerListener
  #expects: Expects = 'head'
  /** bytes of the body, or of the chunk, that are still to come */
  #left = 0
  /** the beginning of what has not come whole */
  #rest: Buffer | null = null

  /** @param isToHead the request was HEAD, whose answer has no body whatever its head says */
  constructor(isToHead: boolean, listener: AnswerListener) {
    this.#isToHead = isToHead
    this.#listener = listener
  }

  /** Takes bytes as they come. Throws for an answer that is not well formed; then the connection is of no use. */
  push(chunk: Buffer): void {
    this.hasBegun = true
    let bytes = chunk
    if (this.#rest !== null) {
      bytes = Buffer.concat([this.#rest, chunk])
      this.#rest = null
    }
    let at = 0
    while (at < bytes.length) {
      const next = this.#take(bytes, at)
      if (next === at) {
        this.#rest = at === 0 ? bytes : bytes.subarray(at)
        return
      }
      at = next
    }
  }

  /** Takes the end of the connection. Gives false when the answer was not whole. */
  close(): boolean {
    if (this.#expects === 'until-close') this.#finish([])
    return this.isDone
  }

  /** Takes what begins at `at`, and gives where the next begins: the same when it has not come whole. */
  #take(bytes: Buffer, at: number): number {
    switch (this.#expects) {
      case 'head':
        return this.#takeHead(bytes, at)
      case 'size':
        return this.#takeSize(bytes, at)
      case 'chunk-end':
        if (bytes.length - at < 2) return at
        if (bytes.readUInt16BE(at) !== 0x0d0a) throw new Error('a chunk is longer than it says')
        this.#expects = 'size'
        return at + 2
      case 'trailers':
        return this.#takeTrailers(bytes, at)
      case 'until-close':
        this.#listener.onBody(bytes.subarray(at))
        return bytes.length
      case 'counted':
      case 'chunk':
        return this.#takeBody(bytes, at)
      case 'nothing':
        // What nobody has asked for must not be taken for the next answer.
        this.isKept = false
        return bytes.length
    }
  }

  #takeHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(blankLine, at)
    if ((end === -1 ? bytes.length : end) - at > headBytes) throw new Error('the head is too long')
    if (end === -1) {
      // What does not begin as an answer is none, however it goes on.
      if (!'HTTP/1.'.startsWith(bytes.toString('latin1', at, at + 7))) throw new Error('it is not HTTP')
      return at
    }
    const head = parseAnswerHead(bytes.toString('latin1', at, end + 2))
    if (head.statusCode === 101) throw new Error('nobody has asked for an upgrade')
    if (head.statusCode < 200) {
      this.#listener.onInterim(head)
      return end + 4
    }
    const length = bodyLengthOf(head, this.#isToHead)
    this.isKept = head.isKept && length !== 'until-close'
    this.#listener.onHead(head)
    if (length === 'chunked') this.#expects = 'size'
    else if (length === 'until-close') this.#expects = 'until-close'
    else if (length === 0) this.#finish([])
    else {
      this.#expects = 'counted'
      this.#left = length
    }
    return end + 4
  }

  #takeBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    this.#listener.onBody(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
    if (this.#left > 0) return end
    if (this.#expects === 'chunk') this.#expects = 'chunk-end'
    else this.#finish([])
    return end
  }

  #takeSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(crlf, at)
    if ((end === -1 ? bytes.length : end) - at > sizeLineBytes) throw new Error('the size of a chunk is too long')
    if (end === -1) return at
    const line = bytes.toString('latin1', at, end)
    const digits = /^([0-9a-fA-F]{1,12})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1]
    if (digits === undefined) throw new Error('the size of a chunk is not well formed')
    this.#left = Number.parseInt(digits, 16)
    this.#expects = this.#left === 0 ? 'trailers' : 'chunk'
    return end + 2
  }

  #takeTrailers(bytes: Buffer, at: number): number {
    if (bytes.length - at >= 2 && bytes.readUInt16BE(at) === 0x0d0a) {
      this.#finish([])
      return at + 2
    }
    const end = bytes.indexOf(blankLine, at)
    if ((end === -1 ? bytes.length : end) - at > headBytes) throw new Error('the trailers are too long')
    if (end === -1) return at
    this.#finish(parseFields(bytes.toString('latin1', at, end + 2), 0))
    return end + 4
  }

  #finish(trailers: readonly string[]): void {
    this.#expects = 'nothing'
    this.isDone = true
    this.#listener.onEnd(trailers)
  }
}
