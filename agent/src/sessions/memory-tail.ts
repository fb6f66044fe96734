const blockBytes = 16 * 1024

/** Kept of one log, and of all logs together, bytes. */
const tailLimit = 256 * 1024
const totalLimit = 16 * 1024 * 1024

let totalBytes = 0

/** The end of a log that the disk did not take, in memory, bounded. */
export class MemoryTail {
  readonly #blocks: Buffer[] = []
  #isFull = false
  size = 0

  /** Takes what there is room for; where that is not all, `note` follows as the last that is ever taken. */
  append(bytes: Buffer, note: Buffer): void {
    if (this.#isFull) return
    const room = Math.min(tailLimit - this.size, totalLimit - totalBytes)
    this.#isFull = bytes.length > room
    this.#take(bytes.subarray(0, Math.max(0, room)))
    if (this.#isFull) this.#take(note)
  }

  /** Bytes from a place on, fewer than asked where a block ends. */
  read(at: number, length: number): Buffer {
    const block = this.#blocks[Math.floor(at / blockBytes)]
    if (block === undefined) return Buffer.alloc(0)
    const start = at % blockBytes
    return block.subarray(start, Math.min(start + length, start + this.size - at, blockBytes))
  }

  /** Gives its room back. */
  clear(): void {
    totalBytes -= this.size
    this.size = 0
    this.#blocks.length = 0
    this.#isFull = true
  }

  #take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const start = this.size % blockBytes
      if (start === 0) this.#blocks.push(Buffer.allocUnsafe(blockBytes))
      const copied = bytes.copy(this.#blocks.at(-1) ?? Buffer.alloc(0), start, at)
      at += copied
      this.size += copied
      totalBytes += copied
    }
  }
}
