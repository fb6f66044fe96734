import { freeBytes } from './free-bytes.ts'

/** Collects output up to a limit. Blocks are filled to the brim: a million one-byte reads cost what one large does. */
export class Output {
  readonly #limit: number
  readonly #blocks: Buffer[] = []
  #used = 0
  #notes = ''
  /** bytes kept */
  size = 0
  /** bytes that came after the limit */
  dropped = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** Takes a copy of the bytes. */
  append(bytes: Buffer): void {
    let rest = bytes.subarray(0, this.#limit - this.size)
    this.dropped += bytes.length - rest.length
    this.size += rest.length
    while (rest.length > 0) {
      let block = this.#blocks.at(-1)
      if (block === undefined || this.#used === block.length) {
        block = Buffer.allocUnsafe(Math.max(blockBytes, block === undefined ? rest.length : 0))
        this.#blocks.push(block)
        this.#used = 0
      }
      const copied = rest.copy(block, this.#used)
      this.#used += copied
      rest = rest.subarray(copied)
    }
  }

  /** Adds a remark of ours to the end, whatever the limit. */
  note(text: string): void {
    this.#notes += text
  }

  /** Everything kept, in order; ends with a note when bytes were dropped, and with notes of others. */
  *chunks(): Generator<Buffer> {
    for (const block of this.#blocks) yield block === this.#blocks.at(-1) ? block.subarray(0, this.#used) : block
    if (this.dropped > 0) {
      yield Buffer.from(`\n[output truncated: ${this.size} bytes are shown, ${this.dropped} were dropped]\n`)
    }
    if (this.#notes !== '') yield Buffer.from(this.#notes)
  }

  /** Everything kept as text; bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    return Buffer.concat([...this.chunks()]).toString('utf8')
  }

  /** Lets everything kept go, when it has been answered. */
  release(): void {
    for (const block of this.#blocks.splice(0)) freeBytes(block)
    this.#used = 0
  }

  /** The last bytes kept, as text. */
  tail(bytes: number): string {
    const tail: Buffer[] = []
    let left = bytes
    for (const block of [...this.chunks()].reverse()) {
      if (left <= 0) break
      tail.unshift(block.subarray(-left))
      left -= block.length
    }
    return Buffer.concat(tail).toString('utf8')
  }
}

const blockBytes = 64 * 1024
