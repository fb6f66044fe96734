import { setTimeout as delay } from 'node:timers/promises'
import type { ProgramExit, ProgramStart, TerminalSize } from '@sandyard/protocol/attach'
import { limits } from '@sandyard/protocol/limits'
import { resolveCwd } from '../processes/cwd.ts'
import { type Started, startProcess } from '../processes/start.ts'
import { hangUp, type Tree } from '../processes/tree.ts'
import { InputQueue } from '../terminals/input-queue.ts'
import type { Screen } from '../terminals/pseudo-terminal.ts'
import { startBehindTerminal } from '../terminals/shell.ts'
import { findLaunch, type LaunchContext } from './launch.ts'
import { sttyArguments } from './modes.ts'
import { openStdio, type StdioContext } from './stdio.ts'

/** What attached programs share. */
export type ProgramContext = LaunchContext & StdioContext

/** Told what a program says. */
export interface Listener {
  output(bytes: Buffer): void
  errorOutput(bytes: Buffer): void
  /** so many bytes of its input have been taken */
  room(bytes: number): void
}

/** A program that somebody is attached to. */
export interface Attached {
  readonly tree: Tree
  readonly exited: Promise<ProgramExit>
  /** settles when all that it and those it left behind have to say is said */
  readonly drained: Promise<void>
  input(bytes: Buffer): void
  endInput(): void
  resize(size: TerminalSize): void
  /** Makes it wait with its output. */
  pause(): void
  resume(): void
  /** Tells it that its caller has gone; what was started to outlive that goes on. */
  hangUp(): void
  /** Takes the terminal or the pipes away. */
  close(): void
}

/** Starts a program behind a terminal or between pipes. Throws `StartError` and `PlatformError`s as `startProcess`. */
export function startAttached(context: ProgramContext, start: ProgramStart, listener: Listener): Promise<Attached> {
  return start.terminal === undefined
    ? startBetweenPipes(context, start, listener)
    : startInTerminal(context, { ...start, terminal: start.terminal }, listener)
}

async function startBetweenPipes(context: ProgramContext, start: ProgramStart, listener: Listener): Promise<Attached> {
  const launch = findLaunch(context, start)
  const stdio = await openStdio(context)
  let started: Started | null = null
  try {
    started = await startProcess({ ...launch, cwd: folderOf(context, start), stdio: [...stdio.places] })
  } finally {
    if (started === null) stdio.open(null)
  }
  const streams = stdio.open(started)
  if (streams === null) throw new Error('a program without its standard streams')
  const { input, outputs } = streams
  const { tree } = started
  noteRunning(context, started)
  const [output, errorOutput] = outputs
  output.on('data', (bytes: Buffer) => listener.output(bytes))
  errorOutput.on('data', (bytes: Buffer) => listener.errorOutput(bytes))
  const ends = outputs.map((stream) => new Promise<void>((resolve) => stream.once('close', () => resolve())))
  let waiting = 0
  const room = createRoom(listener)
  return {
    tree,
    exited: exitOf(started),
    drained: Promise.all(ends).then(() => {}),
    input(bytes) {
      if (input.destroyed || input.writableEnded) return room.give(bytes.length)
      waiting += bytes.length
      if (waiting > 2 * limits.attachInputBytes) throw new RangeError('more input than there was room for')
      input.write(bytes, () => {
        waiting -= bytes.length
        room.give(bytes.length)
      })
    },
    endInput: () => void input.end(),
    resize() {},
    pause() {
      for (const stream of outputs) stream.pause()
    },
    resume() {
      for (const stream of outputs) stream.resume()
    },
    hangUp: () => hangUp(tree, stdio.files),
    close() {
      for (const stream of [input, ...outputs]) stream.destroy()
    },
  }
}

/** A program left in the background keeps a terminal open: its end waits for so long a silence, ms. */
const quietMs = 100

async function startInTerminal(
  context: ProgramContext,
  start: ProgramStart & { readonly terminal: NonNullable<ProgramStart['terminal']> },
  listener: Listener,
): Promise<Attached> {
  const { terminal } = start
  const place = {
    ...findLaunch(context, start),
    cwd: folderOf(context, start),
    modes: sttyArguments(terminal.modes),
  }
  const { screen, started } = await startBehindTerminal(context, place, terminal)
  noteRunning(context, started)
  const room = createRoom(listener)
  const queue = new InputQueue(
    (bytes) => {
      const taken = screen.write(bytes)
      room.give(taken)
      return taken
    },
    () => {},
  )
  let pieces = 0
  let isHeld = false
  screen.read((bytes) => {
    pieces++
    listener.output(bytes)
  })
  const drained = started.exited.then(async () => {
    await silence(
      screen,
      () => pieces,
      () => isHeld,
    )
    queue.close()
    screen.close()
  })
  return {
    tree: started.tree,
    exited: exitOf(started),
    drained,
    input: (bytes) => queue.push(Buffer.from(bytes)),
    endInput() {}, // a terminal has no end of input but its key
    resize: (size) => screen.resize(size),
    pause() {
      isHeld = true
      screen.pause()
    },
    resume() {
      isHeld = false
      screen.resume()
    },
    hangUp: () => hangUp(started.tree, null),
    close() {
      queue.close()
      screen.close()
    },
  }
}

function folderOf({ workDir }: ProgramContext, { cwd }: ProgramStart): string {
  return cwd === undefined ? workDir : resolveCwd(workDir, cwd)
}

/** Waits until nobody has the terminal open, or nothing has come for a while although somebody reads. */
async function silence(screen: Screen, pieces: () => number, isHeld: () => boolean): Promise<void> {
  let isOpen = true
  void screen.ended.then(() => {
    isOpen = false
  })
  while (isOpen) {
    const before = pieces()
    await Promise.race([screen.ended, delay(quietMs)])
    if (!isHeld() && pieces() === before) return
  }
}

function noteRunning({ running }: ProgramContext, { tree, exited }: Started): void {
  running.add(tree)
  void exited.then(() => running.delete(tree))
}

async function exitOf({ ended }: Started): Promise<ProgramExit> {
  const { code, signal } = await ended
  return signal === null ? { code: code ?? 255 } : { signal: signal.replace(/^SIG/, '') }
}

/** Tells of room when it is worth a frame. */
function createRoom(listener: Listener): { give(bytes: number): void } {
  let taken = 0
  let isTold = true
  const tell = (): void => {
    isTold = true
    if (taken > 0) listener.room(taken)
    taken = 0
  }
  return {
    give(bytes) {
      taken += bytes
      if (taken >= limits.attachInputBytes / 4) tell()
      else if (isTold) {
        isTold = false
        setImmediate(() => {
          if (!isTold) tell()
        })
      }
    },
  }
}
