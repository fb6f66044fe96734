import { limits } from '@sandyard/protocol/limits'

/** Waits between tries to type on while a program does not read, ms: the kernel does not tell when it does. */
const firstWaitMs = 1
const longestWaitMs = 64

/** Input on its way to a program that may not read it. */
export class InputQueue {
  readonly #write: (bytes: Buffer) => number
  readonly #onCalm: () => void
  #pending: Buffer[] = []
  #bytes = 0
  #wait: NodeJS.Timeout | null = null
  #waitMs = firstWaitMs

  /**
   * @param write takes what it can of the bytes and gives how many it took
   * @param onCalm told when callers that had to wait can go on
   */
  constructor(write: (bytes: Buffer) => number, onCalm: () => void) {
    this.#write = write
    this.#onCalm = onCalm
  }

  /** True while callers should wait. */
  get isFull(): boolean {
    return this.#bytes > limits.terminalInputQueueBytes
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#pending.push(bytes)
    this.#bytes += bytes.length
    if (this.#wait === null) this.#flush()
    else if (this.#pending.length > 1000) this.#pending = [Buffer.concat(this.#pending)] // many small ones cost most
  }

  /** Drops what waits. */
  close(): void {
    if (this.#wait !== null) clearTimeout(this.#wait)
    this.#wait = null
    this.#pending = []
    this.#bytes = 0
  }

  #flush(): void {
    const wasFull = this.isFull
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      const taken = this.#write(next)
      this.#bytes -= taken
      if (taken > 0) this.#waitMs = firstWaitMs
      if (taken < next.length) {
        this.#pending[0] = next.subarray(taken)
        this.#flushLater()
        break
      }
      this.#pending.shift()
    }
    if (wasFull && !this.isFull) this.#onCalm()
  }

  #flushLater(): void {
    this.#wait = setTimeout(() => {
      this.#wait = null
      this.#flush()
    }, this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs)
  }
}
