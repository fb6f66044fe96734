import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { type LaunchOptions, launch } from './launch.ts'
import { platformMark, thisPlatform } from './processes.ts'
import type { RunResult } from './run-here.ts'

export type { RunResult } from './run-here.ts'

/** What a run may be given. */
export interface RunOptions extends Omit<LaunchOptions, 'env'> {
  /** variables beside the usual ones */
  readonly env?: Readonly<Record<string, string>>
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Runs a host program with an argument array, never through a shell. Rejects only when it cannot be started. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return launch({ program, args }, { ...options, env: environment(options.env) })
}

/** Runs a host program and throws with its error output unless it ends with 0. */
export async function mustRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(program, args, options)
  if (result.exitCode === 0) return result.stdout
  const why = result.timedOut ? 'timed out' : result.stderr.trim() || `exit code ${result.exitCode}`
  throw new Error(`${program} ${args.slice(0, 3).join(' ')}: ${why}`)
}

/** A host program with its arguments. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
}

/**
 * Runs two host programs at once; what the first writes the second reads, and none of it passes through here. Gives the
 * output of the second, which must be short. Throws with what those that failed complain of.
 */
export async function mustPipe(from: Command, to: Command, timeoutMs: number): Promise<string> {
  const place = { env: environment(), cwd: '/' }
  const giver = spawn(from.program, from.args, { ...place, stdio: ['ignore', 'pipe', 'pipe'] })
  const taker = spawn(to.program, to.args, { ...place, stdio: [giver.stdout, 'pipe', 'pipe'] })
  // Each side must see the end of the other, so nobody else may hold the pipe.
  giver.stdout.destroy()
  const timer = setTimeout(() => {
    for (const child of [giver, taker]) child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const output: Buffer[] = []
    taker.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    const complaints = await Promise.all([complaint(giver, from), complaint(taker, to)])
    const failed = complaints.filter((why) => why !== null)
    if (failed.length > 0) throw new Error(failed.join('; '))
    return text(output)
  } finally {
    clearTimeout(timer)
  }
}

/** Programs in a row, each of which reads what the one before writes. */
export interface Row {
  /** what the first one reads */
  readonly inputFd: number
  /** ms until all are killed */
  readonly timeoutMs: number
  /** ends them with SIGKILL */
  readonly signal: AbortSignal
}

/** How the programs of a row ended. */
export interface RowResult {
  /** exit code of each, `null` when a signal ended it, and the last part of its error output */
  readonly ends: readonly { readonly exitCode: number | null; readonly stderr: string }[]
  /** output of the last one, which must be short */
  readonly stdout: string
  readonly timedOut: boolean
}

/** Runs host programs in a row; nothing between them passes through here. Rejects only when one cannot be started. */
export async function runRow(commands: readonly Command[], { inputFd, timeoutMs, signal }: Row): Promise<RowResult> {
  const children: ChildProcess[] = []
  let timedOut = false
  const kill = (): void => {
    for (const child of children) child.kill('SIGKILL')
  }
  const timer = setTimeout(() => {
    timedOut = true
    kill()
  }, timeoutMs)
  signal.addEventListener('abort', kill, { once: true })
  try {
    for (const { program, args } of commands) {
      const before = children.at(-1)?.stdout
      const stdin = before === undefined ? inputFd : before
      children.push(spawn(program, args, { env: environment(), cwd: '/', stdio: [stdin, 'pipe', 'pipe'] }))
      // Each side must see the end of the other, so nobody else may hold the pipe.
      before?.destroy()
    }
    if (signal.aborted) kill()
    const output: Buffer[] = []
    children.at(-1)?.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    const ends = await Promise.all(children.map(endOf))
    return { ends, stdout: text(output), timedOut }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
  }
}

function endOf(child: ChildProcess): Promise<RowResult['ends'][number]> {
  const stderr: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr.push(chunk)
    if (stderr.length > 100) stderr.shift()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stderr: text(stderr).slice(-4000) }))
  })
}

/** Waits for the program's end and gives what it complains of, or `null`. */
function complaint(child: ChildProcess, { program, args }: Command): Promise<string | null> {
  const stderr: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr.push(chunk)
    if (stderr.length > 100) stderr.shift()
  })
  return new Promise((resolve) => {
    const name = `${program} ${args.slice(0, 3).join(' ')}`
    child.once('error', (error) => resolve(`${name}: ${error.message}`))
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) resolve(null)
      else resolve(`${name}: ${signal === null ? '' : `ended by ${signal} `}${text(stderr).trim().slice(-2000)}`)
    })
  })
}

/** A host program that runs, with its pipes. */
export interface Running {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** its exit code, or `null` when a signal ended it; resolves when its output was read to the end too */
  readonly ended: Promise<number | null>
  kill(): void
}

/** Starts a host program whose input and output somebody takes care of while it runs. */
export function start(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(), cwd: '/' })
  // A program that ends early closes the pipe; its exit code tells the rest.
  child.stdin.on('error', () => {})
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve(exitCode))
  })
  ended.catch(() => {}) // Whoever waits for it is told.
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, kill: () => child.kill('SIGKILL') }
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: path, LC_ALL: 'C', HOME: '/root', ...more, [platformMark]: thisPlatform() }
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
