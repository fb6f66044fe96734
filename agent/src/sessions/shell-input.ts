import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { requirePipe, type Scratch } from '../processes/scratch.ts'

/**
 * Standard input of a shell, by which it gets one line per command. Both ends stay open here, so that what the shell
 * has not read yet can be taken back: this tells whether it waits for a line or is busy.
 */
export class ShellInput {
  readonly #readEnd: number
  readonly #writeEnd: number
  #isOpen = true

  private constructor(readEnd: number, writeEnd: number) {
    this.#readEnd = readEnd
    this.#writeEnd = writeEnd
  }

  /** Throws SERVICE_UNAVAILABLE where no pipe can be made. */
  static async open(scratch: Scratch): Promise<ShellInput> {
    const pipe = await requirePipe(scratch)
    return new ShellInput(pipe.readEnd, pipe.writeEnd)
  }

  /** A descriptor for the shell, which reads as it waits; the caller closes it. */
  openForShell(): number {
    return openSync(`/proc/self/fd/${this.#readEnd}`, constants.O_RDONLY)
  }

  /** Gives the shell a line. Lines are short and given one at a time: the pipe has room. */
  write(line: string): void {
    if (this.#isOpen) writeSync(this.#writeEnd, `${line}\n`)
  }

  /** Takes back what the shell has not read. Nothing, if it waits for more. */
  takeBack(): Buffer {
    const bytes = Buffer.allocUnsafe(64 * 1024)
    try {
      return bytes.subarray(0, this.#isOpen ? readSync(this.#readEnd, bytes) : 0)
    } catch {
      return Buffer.alloc(0) // EAGAIN: it is empty
    }
  }

  /** Gives back what was taken. */
  putBack(bytes: Buffer): void {
    if (this.#isOpen && bytes.length > 0) writeSync(this.#writeEnd, bytes)
  }

  /** True while this process can read lines, or when that cannot be told. */
  isOpenIn(pid: number): boolean {
    const own = fstatSync(this.#readEnd)
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => isSame(own, `/proc/${pid}/fd/${fd}`))
    } catch {
      return true // it has ended, which is seen elsewhere, or is not ours to look into
    }
  }

  /** Ends the input: a shell that waits for a line ends, too. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#writeEnd)
    closeSync(this.#readEnd)
  }
}

function isSame(own: Stats, path: string): boolean {
  try {
    const { dev, ino } = statSync(path)
    return dev === own.dev && ino === own.ino
  } catch {
    return false // closed meanwhile
  }
}
