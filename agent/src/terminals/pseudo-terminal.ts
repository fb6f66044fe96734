import { closeSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { PlatformError } from '@sandyard/protocol/errors'
import { hideDescriptor } from '../processes/hidden-descriptors.ts'

/** Size of a screen in characters. */
export interface Size {
  readonly cols: number
  readonly rows: number
}

/** The native functions that we use of `pty.node`. */
interface AddOn {
  /** both descriptors do not block and are not close-on-exec */
  open(cols: number, rows: number): { readonly master: number; readonly slave: number }
  resize(fd: number, cols: number, rows: number): void
}

/** Sizes that follow one another faster than this are passed over but for the last, ms: programs redraw at each. */
const resizeMs = 20

let addOn: AddOn | null = null

/** A fresh pseudo terminal. The caller closes both sides. */
export interface PseudoTerminal {
  readonly screen: Screen
  readonly programSide: ProgramSide
}

/** What a program gets as its standard input, output and error. */
export interface ProgramSide {
  readonly fd: number
  close(): void
}

/**
 * Opens a pseudo terminal by the add-on at this path.
 * Throws SERVICE_UNAVAILABLE when the sandbox has no more of them.
 */
export function openPseudoTerminal(addOnPath: string, size: Size): PseudoTerminal {
  addOn ??= loadAddOn(addOnPath)
  let fds: ReturnType<AddOn['open']>
  try {
    fds = addOn.open(size.cols, size.rows)
  } catch (cause) {
    throw new PlatformError('SERVICE_UNAVAILABLE', 'The sandbox has no room for another terminal', { cause })
  }
  const show = hideDescriptor(fds.slave)
  const programSide = {
    fd: fds.slave,
    close() {
      show()
      closeSync(fds.slave)
    },
  }
  try {
    return { screen: new Screen(addOn, fds.master), programSide }
  } catch (thrown) {
    programSide.close()
    closeSync(fds.master)
    throw thrown
  }
}

function loadAddOn(path: string): AddOn {
  const module = { exports: {} }
  process.dlopen(module, path)
  return module.exports as AddOn
}

/** Our side of a pseudo terminal: the screen and keyboard of its programs. */
export class Screen {
  readonly #addOn: AddOn
  readonly #fd: number
  readonly #stream: ReadStream
  #isClosed = false
  #wanted: Size | null = null
  #resizing: NodeJS.Timeout | null = null
  /** settles when no program has the terminal open any more and all they wrote was read, or after `close` */
  readonly ended: Promise<void>

  constructor(native: AddOn, fd: number) {
    this.#addOn = native
    this.#fd = fd
    this.#stream = new ReadStream(fd)
    const show = hideDescriptor(fd)
    this.ended = new Promise((resolve) => {
      this.#stream.on('error', () => this.close()) // EIO is how a terminal tells its end
      this.#stream.once('end', () => this.close())
      this.#stream.once('close', () => {
        show()
        resolve()
      })
    })
  }

  /** Starts reading. Without a pause, each piece is told as soon as it is there. */
  read(onOutput: (bytes: Buffer) => void): void {
    this.#stream.on('data', onOutput)
  }

  /** Stops reading: programs wait when they have written some 64 KiB more. */
  pause(): void {
    if (!this.#stream.isPaused()) this.#stream.pause()
  }

  resume(): void {
    if (this.#stream.isPaused()) this.#stream.resume()
  }

  /**
   * Types: gives at once how many bytes were taken, which are fewer when programs do not read.
   * Not through the stream, whose writes to a terminal spin until all is taken.
   */
  write(bytes: Buffer): number {
    if (this.#isClosed) return bytes.length
    if (this.#wanted !== null) this.#applySize()
    try {
      return writeSync(this.#fd, bytes)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      return bytes.length // nobody has the terminal open: typed into nothing
    }
  }

  /** Changes the size within 20 ms, and before anything that is typed from now on. */
  resize(size: Size): void {
    this.#wanted = size
    if (this.#resizing !== null) return
    this.#applySize()
    this.#resizing = setTimeout(() => {
      this.#resizing = null
      if (this.#wanted !== null) this.resize(this.#wanted)
    }, resizeMs)
  }

  /** Programs that still have the terminal open are told that it hung up. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#resizing !== null) clearTimeout(this.#resizing)
    this.#stream.destroy()
  }

  #applySize(): void {
    const size = this.#wanted
    this.#wanted = null
    if (size !== null && !this.#isClosed) this.#addOn.resize(this.#fd, size.cols, size.rows)
  }
}
