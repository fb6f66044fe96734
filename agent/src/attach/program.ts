import type { Duplex } from 'node:stream'
import {
  FrameReader,
  frameHead,
  inward,
  jsonFrame,
  outward,
  type ProgramExit,
  type ProgramStart,
  smallFrame,
  type TerminalSize,
} from '@sandyard/protocol/attach'
import { isPlatformError } from '@sandyard/protocol/errors'
import { StartError } from '../processes/start.ts'
import { signalGroup } from '../processes/tree.ts'
import { type Attached, type ProgramContext, startAttached } from './start-attached.ts'

/** Signals that a caller may send (RFC 4254 section 6.10). */
const signals: ReadonlySet<string> = new Set(
  'ABRT ALRM CONT FPE HUP ILL INT KILL PIPE QUIT SEGV STOP TERM TSTP USR1 USR2 WINCH'.split(' '),
)

/** Read what a caller says; they throw BAD_REQUEST for what makes no sense. */
export interface Readers {
  start(value: unknown): ProgramStart
  size(value: unknown): TerminalSize
}

/** The gateway has checked what it sends. */
const trusted: Readers = { start: (value) => value as ProgramStart, size: (value) => value as TerminalSize }

/** Runs one program for the caller at the other end of a connection, until it is over or the caller has gone. */
export function attachProgram(context: ProgramContext, socket: Duplex, read: Readers = trusted): void {
  let attached: Attached | null = null
  let isStarted = false
  let isGone = false
  /** arrived while the program was being started */
  const early: (() => void)[] = []
  const send = (...pieces: readonly Buffer[]): boolean => {
    socket.cork()
    let hasRoom = true
    for (const piece of pieces) hasRoom = socket.write(piece)
    process.nextTick(() => socket.uncork())
    return hasRoom
  }
  const show = (kind: number, bytes: Buffer): void => {
    if (isGone || send(frameHead(kind, bytes.length), bytes)) return
    attached?.pause()
  }
  const finish = (exit: ProgramExit): void => {
    if (!isGone) send(jsonFrame(outward.exit, exit))
  }
  const begin = async (start: () => ProgramStart): Promise<void> => {
    try {
      const began = await startAttached(context, start(), {
        output: (bytes) => show(outward.output, bytes),
        errorOutput: (bytes) => show(outward.errorOutput, bytes),
        room: (bytes) => {
          const body = Buffer.allocUnsafe(4)
          body.writeUInt32BE(bytes)
          if (!isGone) send(smallFrame(outward.room, body))
        },
      })
      attached = began
      if (isGone) return letGo(began)
      for (const late of early.splice(0)) late()
      if (socket.writableNeedDrain) began.pause()
      finish(await began.exited)
      await began.drained
    } catch (thrown) {
      if (!isPlatformError(thrown) && !(thrown instanceof StartError)) throw thrown
      // As a shell tells it: on standard error, and by a code of its own.
      const text = Buffer.from(`${thrown.message}\n`)
      show(outward.errorOutput, text)
      finish({ code: 126 })
    }
    socket.end()
  }
  /** Does it now, or when the program is there. */
  const soon = (work: (program: Attached) => void): void => {
    const act = (): void => void (attached === null ? undefined : work(attached))
    if (attached === null) early.push(act)
    else act()
  }
  const reader = new FrameReader((kind, body) => {
    if (kind === inward.start) {
      if (isStarted) throw new RangeError('a second start')
      isStarted = true
      begin(() => read.start(JSON.parse(body.toString('utf8')))).catch((fault: unknown) =>
        socket.destroy(fault as Error),
      )
    } else if (!isStarted) throw new RangeError('no start')
    else if (kind === inward.input) soon((program) => program.input(body))
    else if (kind === inward.inputEnd) soon((program) => program.endInput())
    else if (kind === inward.resize) {
      const size = read.size(JSON.parse(body.toString('utf8')))
      soon((program) => program.resize(size))
    } else if (kind === inward.signal) {
      const name = body.toString('latin1')
      if (signals.has(name)) soon(({ tree }) => signalGroup(tree, `SIG${name}` as NodeJS.Signals))
    }
  })
  socket.on('drain', () => attached?.resume())
  socket.on('data', (bytes: Buffer) => {
    try {
      reader.push(bytes)
    } catch (thrown) {
      socket.destroy(thrown as Error)
    }
  })
  socket.once('end', () => socket.destroy())
  socket.once('close', () => {
    isGone = true
    if (attached !== null) letGo(attached)
  })
}

/** The caller has gone, which the program is told. */
function letGo(program: Attached): void {
  program.hangUp()
  program.close()
}
