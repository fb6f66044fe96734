import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { CommandError } from './exit-codes.ts'

/** How a program of this machine is started. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** what people can do when there is no such program */
  readonly hint?: string
}

/**
 * Runs a program of this machine in our place: with our streams, and until it ends. Signals reach it from the terminal
 * as they reach us. Resolves to its exit code as a shell tells it.
 */
export async function runProgramHere(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', ...(options.env === undefined ? {} : { env: options.env }) })
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  try {
    return await endOf(child, file, options.hint)
  } finally {
    process.off('SIGTERM', pass)
    process.off('SIGHUP', pass)
  }
}

/** Starts a program that outlives us, its output in the open file; resolves when it runs, to its end if that is near. */
export function startInBackground(
  file: string,
  args: readonly string[],
  logFd: number,
  env: Readonly<Record<string, string | undefined>>,
): { readonly pid: number; readonly ended: Promise<number> } {
  const child = spawn(file, args, { stdio: ['ignore', logFd, logFd], detached: true, env })
  child.unref()
  const ended = endOf(child, file)
  ended.catch(() => {})
  return { pid: child.pid ?? 0, ended }
}

/** Hands something to a program that shows it, such as a browser, and does not wait for it. */
export async function showWith(file: string, args: readonly string[]): Promise<boolean> {
  return await new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

function endOf(child: ChildProcess, file: string, hint?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CommandError(
          error.code === 'ENOENT' ? `there is no program ${file} here` : `${file}: ${error.message}`,
          127,
          hint,
        ),
      ),
    )
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
