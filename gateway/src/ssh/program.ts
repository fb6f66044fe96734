import type { Duplex } from 'node:stream'
import {
  FrameReader,
  frameHead,
  inward,
  jsonFrame,
  limits,
  outward,
  type ProgramExit,
  type ProgramStart,
  smallFrame,
  type TerminalSize,
} from '@sandyard/protocol'
import type { ServerChannel } from 'ssh2'
import { type Attach, plainText } from './attachment.ts'
import type { Link } from './link.ts'
import { Outlet } from './outlet.ts'

/** A program inside whose channel is open. */
export interface Program {
  resize(size: TerminalSize): void
  /** @param name without SIG */
  signal(name: string): void
  /** Tells its caller something on standard error. */
  note(text: string): void
  /** settles when nothing of it is left here */
  readonly ended: Promise<void>
}

/** Where a program runs, and for whom. */
export interface ProgramPlace {
  readonly link: Link
  readonly attach: Attach
  readonly channel: ServerChannel
}

/** Signals that wait for a program; further ones are lost. */
const mostSignals = 16

/** Runs a program inside on a channel, until it is over or the client has gone. */
export function runProgram({ link, attach, channel }: ProgramPlace, start: Promise<ProgramStart>): Program {
  const outlet = new Outlet(link, channel)
  /** what the program is to be told once it is there and reads: of sizes the last one counts */
  const untold = { size: null as TerminalSize | null, signals: [] as string[] }
  let stream: Duplex | null = null
  const tell = (): void => {
    if (stream === null || stream.destroyed || stream.writableNeedDrain) return
    if (untold.size !== null) stream.write(jsonFrame(inward.resize, untold.size))
    for (const name of untold.signals) stream.write(smallFrame(inward.signal, Buffer.from(name)))
    untold.size = null
    untold.signals = []
  }
  const run = async (): Promise<void> => {
    const opened = await attach('program')
    const gone = (): void => void opened.destroy()
    opened.on('error', gone)
    channel.once('finish', gone)
    link.onClosed(gone)
    if (!outlet.isOpen) return gone()
    opened.write(jsonFrame(inward.start, await start))
    stream = opened
    tell()
    opened.on('drain', tell)
    const input = feed(channel, opened)
    const exit = await follow(opened, outlet, { room: input.give, exit: (ended) => tellExit(link, channel, ended) })
    if (exit) return
    outlet.note('\r\nsandyard: the sandbox has ended this program\r\n')
    tellExit(link, channel, { code: 255 })
  }
  const ended = run()
    .catch((error: unknown) => {
      outlet.note(`sandyard: ${plainText((error as Error).message)}\r\n`)
      tellExit(link, channel, { code: 255 })
    })
    .finally(() => {
      stream?.destroy()
      outlet.close()
    })
  return {
    resize(size) {
      untold.size = size
      tell()
    },
    signal(name) {
      if (untold.signals.length < mostSignals) untold.signals.push(name)
      tell()
    },
    note: (text) => outlet.note(text),
    ended,
  }
}

/** What a program says of itself beside its output. */
interface Heard {
  room(bytes: number): void
  exit(exit: ProgramExit): void
}

/** Sends on what a program prints, to its end. Tells whether it has said how it ended. */
async function follow(stream: Duplex, outlet: Outlet, heard: Heard): Promise<boolean> {
  const frames: [kind: number, body: Buffer][] = []
  const reader = new FrameReader((kind, body) => frames.push([kind, body]))
  let hasExit = false
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    reader.push(bytes)
    for (const [kind, body] of frames.splice(0)) {
      if (kind === outward.output || kind === outward.errorOutput) {
        if (!(await outlet.send(body, kind === outward.errorOutput))) return true
      } else if (kind === outward.room && body.length === 4) heard.room(body.readUInt32BE())
      else if (kind === outward.exit && !hasExit) {
        heard.exit(readExit(body))
        hasExit = true
      }
    }
  }
  return hasExit
}

/** Hands the client's input on, no more than the program has room for. */
function feed(channel: ServerChannel, stream: Duplex): { give(bytes: number): void } {
  let room: number = limits.attachInputBytes
  let waiting: Buffer | null = null
  let hasEnded = false
  /** Sends what there is room for and gives the rest. */
  const send = (bytes: Buffer): Buffer | null => {
    if (stream.destroyed) return null
    const piece = stream.writableNeedDrain ? bytes.subarray(0, 0) : bytes.subarray(0, room)
    if (piece.length > 0) {
      room -= piece.length
      stream.cork()
      stream.write(frameHead(inward.input, piece.length))
      stream.write(piece)
      process.nextTick(() => stream.uncork())
    }
    return piece.length === bytes.length ? null : bytes.subarray(piece.length)
  }
  const end = (): void => {
    if (hasEnded && waiting === null && !stream.destroyed) stream.write(smallFrame(inward.inputEnd))
  }
  const goOn = (): void => {
    if (waiting === null) return
    waiting = send(waiting)
    if (waiting !== null) return
    channel.resume()
    end()
  }
  channel.on('data', (bytes: Buffer) => {
    // A piece can still come after a pause.
    waiting = waiting === null ? send(bytes) : Buffer.concat([waiting, bytes])
    if (waiting !== null) channel.pause()
  })
  channel.once('end', () => {
    hasEnded = true
    end()
  })
  stream.on('drain', goOn)
  return {
    give(bytes) {
      // What was never given room for cannot be taken back.
      room = Math.min(room + bytes, limits.attachInputBytes)
      goOn()
    },
  }
}

/** Signals that SSH has a name for (RFC 4254 section 6.10); others are told as a shell tells them. */
const named: ReadonlySet<string> = new Set('ABRT ALRM FPE HUP ILL INT KILL PIPE QUIT SEGV TERM USR1 USR2'.split(' '))

function tellExit(link: Link, channel: ServerChannel, exit: ProgramExit): void {
  link.act(() => {
    if ('code' in exit) channel.exit(exit.code)
    else if (named.has(exit.signal)) channel.exit(exit.signal, false, '')
    else channel.exit(255)
  })
}

/** How a sandbox says that a program ended; what makes no sense is a failure. */
function readExit(body: Buffer): ProgramExit {
  try {
    const { code, signal } = JSON.parse(body.toString('utf8')) as { code?: unknown; signal?: unknown }
    if (typeof signal === 'string') return { signal }
    if (Number.isInteger(code)) return { code: Number(code) & 0xff }
  } catch {
    // As below.
  }
  return { code: 255 }
}
