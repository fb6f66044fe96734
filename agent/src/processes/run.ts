import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { openCapture } from './capture.ts'
import { drained } from './drain.ts'
import { freeBytes } from './free-bytes.ts'
import { Output } from './output.ts'
import type { Scratch } from './scratch.ts'
import { type Started, startProcess } from './start.ts'
import { startTimeLimit } from './time-limit.ts'
import { killTree, type Tree } from './tree.ts'

/** A program that runs to its end within one call. */
export interface Job {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  /** what the program reads, as a file on this descriptor; standard input is empty otherwise */
  readonly script: { readonly fd: 0 | 3; readonly text: string } | null
  /** where the program tells us things apart from its output, and how much of it is kept */
  readonly report?: { readonly fd: 4; readonly limitBytes: number }
  /** seconds; 0 or null is no limit */
  readonly timeout: number | null | undefined
}

/** What all jobs of the agent share. */
export interface JobContext {
  readonly scratch: Scratch
  /** trees that run now, to be ended with the agent */
  readonly running: Set<Tree>
}

/** How a job ended. */
export interface Outcome {
  readonly exitCode: number
  readonly output: Output
  /** what was told apart from the output; null where nothing could be */
  readonly report: Output | null
}

/** A background child keeps the output open: the answer waits this long for silence, and at most so long, ms. */
const quietMs = 50
const drainLimitMs = 250

/** How much of the output a timeout tells, bytes. */
const timeoutTailBytes = 16 * 1024

/**
 * Runs a program and collects what it prints. The whole tree is killed when the time is over or the caller goes away.
 * Throws `StartError`; `PlatformError` PROCESS_EXECUTION_TIMEOUT with the last output; SERVICE_UNAVAILABLE.
 */
export async function runJob(context: JobContext, job: Job, signal: AbortSignal): Promise<Outcome> {
  const output = new Output(limits.executeOutputBytes)
  const report = job.report === undefined ? null : new Output(job.report.limitBytes)
  const { started, streams } = await begin(context, job)
  const collect = (bytes: Buffer): void => {
    output.append(bytes)
    freeBytes(bytes)
  }
  for (const stream of streams) stream.on('data', collect)
  const told = job.report === undefined ? null : (started.child.stdio[job.report.fd] as Socket)
  told
    ?.on('data', (bytes: Buffer) => {
      report?.append(bytes)
      freeBytes(bytes)
    })
    .on('error', () => {}) // its end is all there is to know
  context.running.add(started.tree)
  try {
    const ending = await waitForEnd(started, job.timeout ?? 0, signal)
    await drained(told === null ? streams : [...streams, told], quietMs, drainLimitMs)
    if (ending === 'timeout') {
      const error = timeoutError(job.timeout ?? 0, output)
      output.release()
      throw error
    }
    return { exitCode: ending === 'gone' ? -1 : ending, output, report }
  } finally {
    context.running.delete(started.tree)
    // Read on to the end, for nobody: a server that was started in the background must not die of a broken pipe.
    for (const stream of streams) stream.off('data', collect).resume()
    told?.destroy()
  }
}

/** How a job ended that needed no program, or found none. */
export function endedWith(exitCode: number, text: string): Outcome {
  const output = new Output(limits.executeOutputBytes)
  output.append(Buffer.from(text))
  return { exitCode, output, report: null }
}

async function begin(context: JobContext, job: Job) {
  const capture = await openCapture(context.scratch)
  let started: Started | null = null
  let script: number | null = null
  try {
    if (job.script !== null) script = context.scratch.openFile(Buffer.from(job.script.text))
    const stdio: (number | 'ignore' | 'pipe')[] = ['ignore', ...capture.stdio]
    if (script !== null) stdio[job.script?.fd ?? 3] = script
    if (job.report !== undefined) stdio[job.report.fd] = 'pipe'
    started = await startProcess({ ...job, stdio })
  } catch (thrown) {
    capture.streams(null)
    throw thrown
  } finally {
    if (script !== null) closeSync(script)
  }
  return { started, streams: capture.streams(started) }
}

/** The exit code, or why the tree was killed. */
async function waitForEnd(
  started: Started,
  timeout: number,
  signal: AbortSignal,
): Promise<number | 'timeout' | 'gone'> {
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<'timeout'>((resolve) => {
    timer = startTimeLimit(timeout === 0 ? null : timeout * 1000, () => resolve('timeout'))
  })
  let onAbort = (): void => {}
  const aborted = new Promise<'gone'>((resolve) => {
    onAbort = () => resolve('gone')
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
  try {
    const ending = await Promise.race([started.exited, timedOut, aborted])
    if (typeof ending === 'string') {
      await killTree(started.tree)
      await Promise.race([started.exited, delay(1000, undefined, { ref: false })])
    }
    return ending
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

function timeoutError(timeout: number, output: Output): PlatformError {
  const tail = output.tail(timeoutTailBytes)
  const printed = tail === '' ? '' : `; last output:\n${tail}`
  return new PlatformError(
    'PROCESS_EXECUTION_TIMEOUT',
    `request timeout: command execution timeout: killed after ${timeout} s${printed}`,
  )
}
