import type { Sandbox } from '@sandyard/sdk'
import { CommandError, exitCodes } from '../exit-codes.ts'
import type { Screen } from '../screen.ts'
import { type InsideProgram, startInside } from './program.ts'
import { takeTerminal } from './raw-terminal.ts'

/** A command in a sandbox, for the person or script before this process. */
export interface RunPlan {
  readonly command: string
  readonly cwd?: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** s, 0 or absent: no limit */
  readonly timeout?: number | undefined
  /** behind a terminal, which ours becomes */
  readonly isTerminal: boolean
  /** standard input goes to it */
  readonly takesInput: boolean
  /** a program that goes on after Ctrl-C is left alone: there is more to tidy up */
  readonly isLeftBehind?: boolean
}

/** What this process brings. */
export interface RunPlace {
  readonly screen: Screen
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ctrl-C and the like: the program is told, too */
  readonly signal: AbortSignal
}

/** Time between the word to end and the end by force, ms. */
const graceMs = 5000

/** Runs a command in a sandbox until it ends, with the streams of this process; resolves to its exit code. */
export async function runInside(sandbox: Sandbox, plan: RunPlan, place: RunPlace): Promise<number> {
  const work = plan.isTerminal ? runInTerminal(sandbox, plan, place) : runBetweenPipes(sandbox, plan, place)
  const code = await work
  return place.signal.aborted ? exitCodes.interrupted : code
}

async function runBetweenPipes(sandbox: Sandbox, plan: RunPlan, { screen, signal }: RunPlace): Promise<number> {
  const program = await startInside(sandbox, {
    ...plan,
    onOutput: (bytes) => screen.write(bytes),
    onErrorOutput: (bytes) =>
      new Promise((resolve) => {
        process.stderr.write(bytes, () => resolve())
      }),
  })
  const stopInput = plan.takesInput ? sendInput(program) : noInput(program)
  let grace: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    program.signal('INT')
    if (plan.isLeftBehind === true) grace = setTimeout(() => program.close(), graceMs)
  }
  if (signal.aborted) interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    return await within(program, plan.timeout)
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted
    throw error
  } finally {
    clearTimeout(grace)
    signal.removeEventListener('abort', interrupt)
    stopInput()
  }
}

async function runInTerminal(sandbox: Sandbox, plan: RunPlan, { env, signal }: RunPlace): Promise<number> {
  let program: InsideProgram | null = null
  let hasLeft = false
  const leave = (): void => {
    hasLeft = true
    program?.close()
  }
  const terminal = takeTerminal(env, {
    onKeys: (bytes) => void program?.input(bytes),
    onResize: (size) => program?.resize(size),
    onLeave: leave,
  })
  let isBroken = true
  signal.addEventListener('abort', leave, { once: true })
  try {
    program = await startInside(sandbox, {
      ...plan,
      terminal: { ...terminal.size, name: terminal.name },
      onOutput: terminal.show,
      onErrorOutput: terminal.show,
      signal,
    })
    const code = await within(program, plan.timeout)
    isBroken = false
    return code
  } catch (error) {
    if (hasLeft) return exitCodes.interrupted
    throw error
  } finally {
    signal.removeEventListener('abort', leave)
    terminal.restore(isBroken)
  }
}

/** Waits for the end of a program, which is told to end, and then made to, when it takes too long. */
async function within(program: InsideProgram, seconds: number | undefined): Promise<number> {
  if (seconds === undefined || seconds === 0) return await program.exited
  let isLate = false
  let force: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    isLate = true
    program.signal('TERM')
    force = setTimeout(() => {
      program.signal('KILL')
      force = setTimeout(() => program.close(), graceMs)
    }, graceMs)
  }, seconds * 1000)
  try {
    const code = await program.exited
    if (!isLate) return code
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(timer)
    clearTimeout(force)
  }
  throw new CommandError(`it took longer than ${seconds} s and was ended`, exitCodes.timedOut)
}

function noInput(program: InsideProgram): () => void {
  void program.endInput()
  return () => {}
}

/** Sends standard input on, until the returned function is called. */
function sendInput(program: InsideProgram): () => void {
  const { stdin } = process
  const onData = (bytes: Buffer): void => {
    stdin.pause()
    program.input(bytes).then(
      () => stdin.resume(),
      () => {},
    )
  }
  const onEnd = (): void => void program.endInput().catch(() => {})
  stdin.on('data', onData)
  stdin.once('end', onEnd)
  // a closed or broken input is one that has ended
  stdin.once('error', onEnd)
  return () => {
    stdin.off('data', onData)
    stdin.off('end', onEnd)
    // what is piped in and not read keeps no process alive
    if (stdin.isTTY) stdin.pause()
    else stdin.destroy()
  }
}
