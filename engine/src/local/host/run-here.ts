import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'

/** How a host program ended. Never an exception: callers decide what a code means. */
export interface RunResult {
  /** `null` when a signal ended it */
  readonly exitCode: number | null
  readonly stdout: string
  /** last part of the error output */
  readonly stderr: string
  readonly timedOut: boolean
}

/** What a run is given. */
export interface RunHereOptions {
  /** text for its standard input; absent is an empty one */
  readonly input?: string
  /** ms until SIGKILL; default 30 s */
  readonly timeoutMs?: number
  /** file that takes its output and that of what it leaves running, made anew; then `stdout` and `stderr` are empty */
  readonly outputFile?: string
  /** file descriptor handed over as 3 */
  readonly extraFd?: number
  /** all its variables */
  readonly env: Readonly<Record<string, string>>
  /** ends it with SIGKILL */
  readonly signal?: AbortSignal
}

const outputLimitBytes = 16 * 1024 * 1024
const leftBehindMs = 100

/** Starts a host program as a child of this very process. Rejects only when it cannot be started. */
export async function runHere(program: string, args: readonly string[], options: RunHereOptions): Promise<RunResult> {
  const outputFd = options.outputFile === undefined ? null : openOutput(options.outputFile)
  return startHere(program, args, { ...options, output: outputFd ?? 'pipe' }).finally(() => {
    if (outputFd !== null) closeSync(outputFd)
  })
}

function openOutput(file: string): number {
  return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND, 0o600)
}

function startHere(
  program: string,
  args: readonly string[],
  { output, ...options }: RunHereOptions & { readonly output: number | 'pipe' },
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [
        options.input === undefined ? 'ignore' : 'pipe',
        output,
        output,
        ...(options.extraFd === undefined ? [] : [options.extraFd]),
      ],
      env: options.env,
      cwd: '/',
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let size = 0
    let timedOut = false
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length
      if (size <= outputLimitBytes) into.push(chunk)
    }
    child.stdout?.on('data', collect(stdout))
    child.stderr?.on('data', collect(stderr))
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, options.timeoutMs ?? 30_000)
    const abort = (): void => void child.kill('SIGKILL')
    options.signal?.addEventListener('abort', abort, { once: true })
    if (options.signal?.aborted === true) abort()
    child.once('error', (error) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      reject(error)
    })
    child.once('exit', (exitCode) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      const finish = (): void => {
        clearTimeout(late)
        child.off('close', finish)
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve({ exitCode, stdout: text(stdout), stderr: text(stderr).slice(-4000), timedOut })
      }
      // Its output is whole at `close`. A child that it leaves behind with the pipes would keep them open for its life:
      // then it is what there is after a while, read once more as this process may have been busy all the time.
      const late = setTimeout(() => setImmediate(finish), leftBehindMs)
      child.once('close', finish)
    })
    if (options.input !== undefined) {
      // A program that ends early closes the pipe; its exit code tells the rest.
      child.stdin?.on('error', () => {})
      child.stdin?.end(options.input)
    }
  })
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
