import { setTimeout as pause } from 'node:timers/promises'

/** Output is told at most this often, ms, or when there is so much of it, bytes. */
const most = { everyMs: 300, bytes: 64 * 1024 }
/** After each time this long nothing is taken, ms: a command that writes without end is not to keep the store busy. */
const restMs = 10

/** Where what a command writes goes to. */
interface Listener {
  /** Keeps that everything up to this byte is told. */
  keep(offset: number): Promise<void>
  tell(text: string): void
}

/**
 * Tells what a command writes, each byte at most once, also after a crash: it is kept that something is told before it is.
 */
export class Telling {
  readonly #listener: Listener
  readonly #decoder = new TextDecoder()
  #offset: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #failure: unknown = null

  constructor(offset: number, listener: Listener) {
    this.#offset = offset
    this.#listener = listener
  }

  /** bytes that came, told or not */
  get offset(): number {
    return this.#offset + this.#pendingBytes
  }

  /** Takes what came; settles when more may come. */
  async take(chunk: Buffer): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes >= most.bytes) {
      await this.flush()
      await pause(restMs)
    } else this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), most.everyMs)
  }

  /** Tells what is not told yet. Throws when it could not be kept. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#writing = this.#writing.then(() => this.#write())
    await this.#writing
    if (this.#failure !== null) throw this.#failure
  }

  async #write(): Promise<void> {
    if (this.#pendingBytes === 0 || this.#failure !== null) return
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#offset += bytes.length
    try {
      await this.#listener.keep(this.#offset)
    } catch (error) {
      this.#failure = error
      return
    }
    this.#listener.tell(this.#decoder.decode(bytes, { stream: true }))
  }
}
