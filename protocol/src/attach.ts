import { limits } from './limits.ts'

/**
 * How the gateway works inside a sandbox for a caller who is connected by SSH: upgrades of the agent, each on a
 * connection of its own.
 *
 * - `GET /attach/program`: a program; after the upgrade both sides send frames, the first one is `start`
 * - `GET /attach/connect?host=&port=` or `?path=`: a byte stream to a port or unix socket, as it is
 * - `GET /attach/listen?host=&port=`, `?path=` or `?kind=agent`: a listener for as long as the connection is open; the
 *   agent sends frames that tell where it listens and who has come
 * - `GET /attach/take?id=`: a byte stream to one who has come, as it is
 *
 * What is wrong is answered as plain HTTP, with the error body.
 */
export const attachPath = '/attach/'

/** Value of the `Upgrade` header. */
export const attachProtocol = 'sandyard-attach'

/** Frames from the gateway. */
export const inward = {
  /** JSON: `ProgramStart` */
  start: 0x01,
  /** bytes for standard input, no more than the agent has given room for */
  input: 0x02,
  /** standard input ends */
  inputEnd: 0x03,
  /** JSON: `TerminalSize` */
  resize: 0x04,
  /** name of a signal, without SIG */
  signal: 0x05,
} as const

/** Frames from the agent. */
export const outward = {
  /** bytes of standard output, or of the terminal */
  output: 0x11,
  /** bytes of standard error */
  errorOutput: 0x12,
  /** 32 bits: so many bytes more of standard input may be sent */
  room: 0x13,
  /** JSON: `ProgramExit`; output may still follow */
  exit: 0x14,
  /** JSON: `Listening` */
  listening: 0x15,
  /** JSON: `Arrival` */
  arrival: 0x16,
} as const

/** Size of a screen in characters. */
export interface TerminalSize {
  readonly cols: number
  readonly rows: number
}

/** A program to start. */
export interface ProgramStart {
  /** `shell`: the login shell; `command`: a line for it; `sftp`: our server of files */
  readonly kind: 'shell' | 'command' | 'sftp'
  readonly command?: string | undefined
  /** absent: the work dir */
  readonly cwd?: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** absent: no terminal */
  readonly terminal?:
    | (TerminalSize & {
        readonly name: string
        /** modes by the names of RFC 4254 section 8 */
        readonly modes: Readonly<Record<string, number>>
      })
    | undefined
}

/** How a program ended: by itself or by a signal, whose name comes without SIG. */
export type ProgramExit = { readonly code: number } | { readonly signal: string }

/** Where a listener listens. */
export interface Listening {
  readonly port?: number
  readonly path?: string
}

/** Somebody who has connected to a listener and waits to be taken. */
export interface Arrival {
  readonly id: string
  /** where from; empty and 0 for unix sockets */
  readonly host: string
  readonly port: number
}

const headBytes = 5

/** The head of a frame; the bytes follow. */
export function frameHead(kind: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(length, 1)
  return head
}

/** A frame whose body is JSON. */
export function jsonFrame(kind: number, value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  return Buffer.concat([frameHead(kind, body.length), body])
}

/** A frame of a few bytes. */
export function smallFrame(kind: number, body: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([frameHead(kind, body.length), body])
}

/** Frames whose bytes are handed on as they come: the pieces of one are as good as all of it. */
const streamed: ReadonlySet<number> = new Set([inward.input, outward.output, outward.errorOutput])

/** Takes frames apart, however they were cut on their way. */
export class FrameReader {
  readonly #onFrame: (kind: number, body: Buffer) => void
  #head = Buffer.alloc(0)
  #kind = 0
  /** bytes of the body still to come; null while the head is read */
  #left: number | null = null
  #parts: Buffer[] = []

  /** @param onFrame told each frame, and of bytes of streams each piece; it may throw, and so ends the reading */
  constructor(onFrame: (kind: number, body: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** True between two frames: an end here is a clean one. */
  get isBetween(): boolean {
    return this.#left === null && this.#head.length === 0
  }

  /** Takes bytes as they came. Throws RangeError for a frame that is larger than any may be. */
  push(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#left === null) rest = this.#readHead(rest)
      else rest = this.#readBody(rest, this.#left)
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const wanted = headBytes - this.#head.length
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes.subarray(0, wanted)])
    if (head.length < headBytes) {
      this.#head = Buffer.from(head)
      return bytes.subarray(bytes.length)
    }
    this.#head = Buffer.alloc(0)
    this.#kind = head.readUInt8(0)
    this.#left = head.readUInt32BE(1)
    const most = streamed.has(this.#kind) ? limits.attachDataBytes : limits.attachFrameBytes
    if (this.#left > most) throw new RangeError(`a frame of kind ${this.#kind} with ${this.#left} bytes`)
    if (this.#left === 0) this.#finish(Buffer.alloc(0))
    return bytes.subarray(wanted)
  }

  #readBody(bytes: Buffer, left: number): Buffer {
    const part = bytes.subarray(0, left)
    this.#left = left - part.length
    if (streamed.has(this.#kind)) {
      if (this.#left === 0) this.#left = null
      this.#onFrame(this.#kind, part)
    } else if (this.#left > 0) this.#parts.push(Buffer.from(part))
    else this.#finish(this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]))
    return bytes.subarray(part.length)
  }

  #finish(body: Buffer): void {
    this.#left = null
    this.#parts = []
    this.#onFrame(this.#kind, body)
  }
}
