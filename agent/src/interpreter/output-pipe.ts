import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
import { readPipe } from '../processes/capture.ts'

/** What a run writes to one stream, from its begin to its end. */
export interface Tap {
  /** bytes that have come; null when there are none now */
  read(): Buffer | null
  /** true when the run has ended: once `read` has nothing more, there will be nothing */
  readonly isSealed: boolean
  /** settles when there may be more to read, or at the latest after `ms` */
  more(ms?: number): Promise<void>
}

/** Most that a pipe holds (pipe-max-size for users who are not root), bytes. */
const mostPipeBytes = 1024 * 1024

const readBytes = 64 * 1024

/**
 * The read end of a pipe that a Python, and what it starts, write to. What comes during a run goes to its tap, no faster
 * than that is read; what comes between runs, from threads and children, is dropped, so that those are not held up.
 */
export class OutputPipe {
  readonly #fd: number
  readonly #socket: Socket
  #tap: RunTap | null

  /** what is written before the first run */
  readonly before: Tap

  /** @param fd read end of a pipe, not blocking; closed by `close` */
  constructor(fd: number) {
    this.#fd = fd
    this.#socket = readPipe(fd)
    this.#tap = new RunTap(() => this.#socket.read() as Buffer | null)
    this.before = this.#tap
    this.#socket.on('readable', () => {
      if (this.#tap === null) this.#drop()
      else this.#tap.wake()
    })
    this.#socket.on('close', () => this.#tap?.wake())
  }

  /** Begins a run: what was written before it is dropped. */
  begin(): Tap {
    this.#drop()
    this.#readAll(() => {})
    this.#tap = new RunTap(() => this.#socket.read() as Buffer | null)
    return this.#tap
  }

  /**
   * Ends a run: its tap has what was written up to now, and nothing that comes later. This cannot wait for anybody: all
   * that was written is in the pipe, and a pipe holds no more than `mostPipeBytes`, whoever goes on writing.
   */
  end(): void {
    const rest: Buffer[] = []
    for (let bytes = this.#socket.read(); bytes !== null; bytes = this.#socket.read()) rest.push(bytes as Buffer)
    this.#readAll((bytes) => rest.push(bytes))
    this.#tap?.seal(rest)
    this.#tap = null
  }

  close(): void {
    this.end()
    this.#socket.destroy()
  }

  #drop(): void {
    while (this.#socket.read() !== null);
  }

  #readAll(take: (bytes: Buffer) => void): void {
    for (let left = mostPipeBytes; left > 0 && !this.#socket.destroyed; ) {
      const bytes = Buffer.allocUnsafe(readBytes)
      const count = readNow(this.#fd, bytes)
      if (count === 0) return
      take(bytes.subarray(0, count))
      left -= count
    }
  }
}

class RunTap implements Tap {
  isSealed = false
  readonly #live: () => Buffer | null
  #rest: Buffer[] = []
  #wake: (() => void) | null = null

  constructor(live: () => Buffer | null) {
    this.#live = live
  }

  read(): Buffer | null {
    return this.isSealed ? (this.#rest.shift() ?? null) : this.#live()
  }

  more(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.wake(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.isSealed) this.wake()
    })
  }

  wake(): void {
    this.#wake?.()
    this.#wake = null
  }

  seal(rest: Buffer[]): void {
    this.isSealed = true
    this.#rest = rest
    this.wake()
  }
}

/** Bytes that are in the pipe now; 0 when it is empty or has ended. */
function readNow(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into)
  } catch {
    return 0 // EAGAIN: nothing is there
  }
}
