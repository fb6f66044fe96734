import { closeSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { requirePipe, type Scratch } from '../processes/scratch.ts'
import { StartError, type Started, startProcess } from '../processes/start.ts'
import { endTree, killTree, type Tree } from '../processes/tree.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { OutputPipe } from './output-pipe.ts'

/** What a Python starts with. */
export interface WorkerOptions {
  /** path of the interpreter */
  readonly python: string
  /** path of our program that it runs */
  readonly program: string
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  readonly scratch: Scratch
  /** trees that end with the agent */
  readonly running: Set<Tree>
}

/** How a run ended, as Python tells it; `died` is what the agent has seen instead. */
export type Reply =
  | { readonly kind: 'completed' | 'interrupted' }
  | { readonly kind: 'error'; readonly name: string; readonly value: string; readonly traceback: string }
  | { readonly kind: 'died'; readonly reason: string }

/** Longest answer, bytes: four bytes for each of the characters that the program lets through, and some more. */
const mostReplyBytes = 2 * 1024 * 1024

const startLimitMs = 30_000

/** The last answer may still be on its way when the process has ended, ms. */
const lastWordsMs = 100

/** How much of what a Python says when it does not start is told, characters. */
const complaintLength = 2000

/** A Python that runs one piece of code after the other (`agent/python/interpreter.py`). */
export class Worker {
  readonly stdout: OutputPipe
  readonly stderr: OutputPipe
  /** why the process has ended; settles when it has */
  readonly died: Promise<string>
  hasDied = false
  readonly #started: Started
  readonly #channel: Duplex
  readonly #running: Set<Tree>
  #number = 0
  #answer: ((fields: readonly string[]) => void) | null = null
  /** ends the run under way; a promise of the process's end would keep every run's answer until then */
  #settle: ((reply: Reply) => void) | null = null
  #broken: string | null = null

  private constructor(
    started: Started,
    pipes: { readonly stdout: OutputPipe; readonly stderr: OutputPipe },
    running: Set<Tree>,
  ) {
    this.stdout = pipes.stdout
    this.stderr = pipes.stderr
    this.#started = started
    this.#running = running
    this.#channel = started.child.stdio[3] as Duplex
    const channelEnded = new Promise<void>((resolve) => this.#channel.once('close', resolve))
    this.#channel.on('error', () => {}) // the process has ended: its exit tells
    this.#listen()
    this.died = started.exited.then(async (code) => {
      await Promise.race([channelEnded, delay(lastWordsMs)])
      this.hasDied = true
      const reason = this.#broken ?? describeEnd(started.child.signalCode, code)
      this.#settle?.({ kind: 'died', reason })
      return reason
    })
  }

  /**
   * Starts a Python and waits until it takes code.
   * Throws UNPROCESSABLE_ENTITY where the image's Python does not do, SERVICE_UNAVAILABLE where there is no room.
   */
  static async start(options: WorkerOptions): Promise<Worker> {
    const ends: number[] = []
    try {
      const stdout = await openPipe(options.scratch, ends)
      const stderr = await openPipe(options.scratch, ends)
      const started = await startProcess({
        file: options.python,
        args: ['-u', options.program],
        cwd: options.cwd,
        variables: options.variables,
        stdio: ['ignore', stdout.writeEnd, stderr.writeEnd, 'pipe'],
      })
      closeSync(stdout.writeEnd)
      closeSync(stderr.writeEnd)
      ends.length = 0 // the other ends belong to the pipes from here on
      options.running.add(started.tree)
      const pipes = { stdout: new OutputPipe(stdout.readEnd), stderr: new OutputPipe(stderr.readEnd) }
      const worker = new Worker(started, pipes, options.running)
      await worker.#becomeReady()
      return worker
    } catch (thrown) {
      for (const end of ends) closeSync(end)
      if (thrown instanceof StartError) throw new PlatformError('UNPROCESSABLE_ENTITY', thrown.message)
      throw thrown
    }
  }

  /** Runs code. The caller sees to it that there is one run at a time. */
  async run(code: string, variables: Readonly<Record<string, string>>): Promise<Reply> {
    if (this.hasDied) return { kind: 'died', reason: await this.died }
    const number = String(++this.#number)
    const reply = await new Promise<Reply>((resolve) => {
      this.#settle = resolve
      this.#answer = (fields) => {
        const reply = readReply(fields, number)
        if (reply === null) this.#break()
        else resolve(reply)
      }
      this.#channel.write(encodeFrame([number, code, ...Object.entries(variables).flat()]))
    })
    this.#settle = null
    this.#answer = null
    return reply
  }

  /** Sends Ctrl-C: to Python, or to all in its process group, for when it waits for a program. */
  interrupt(whom: 'python' | 'group'): void {
    const { leader } = this.#started.tree
    if (leader === null) return
    try {
      process.kill(whom === 'python' ? leader : -leader, 'SIGINT')
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Ends the process and all it started: after SIGTERM and `graceMs`, or at once. */
  async end(graceMs: number): Promise<void> {
    const { tree } = this.#started
    if (graceMs > 0) await endTree(tree, graceMs)
    else await killTree(tree)
    await Promise.race([this.died, delay(1000)])
    this.#running.delete(tree)
    this.stdout.close()
    this.stderr.close()
    this.#channel.destroy()
  }

  #listen(): void {
    const reader = new FrameReader(mostReplyBytes)
    this.#channel.on('data', (piece: Buffer) => {
      if (this.#broken !== null) return
      try {
        for (const fields of reader.push(piece)) {
          if (this.#answer === null) throw new Error('nothing was asked')
          const answer = this.#answer
          this.#answer = null
          answer(fields)
        }
      } catch {
        this.#break()
      }
    })
  }

  /** User code has found the channel and written to it: what follows cannot be told from what Python means. */
  #break(): void {
    if (this.#broken !== null) return
    this.#broken = 'it wrote what is no answer to the channel of its agent, and was ended'
    void killTree(this.#started.tree)
  }

  async #becomeReady(): Promise<void> {
    const ready = new Promise<null>((resolve) => {
      this.#answer = ([word]) => (word === 'ready' ? resolve(null) : this.#break())
    })
    const late = delay(startLimitMs, 'it did not become ready', { ref: false })
    const reason = await Promise.race([ready, this.died, late])
    this.stdout.end()
    this.stderr.end()
    if (reason === null) return
    const complaint = []
    const { before } = this.stderr
    for (let bytes = before.read(); bytes !== null; bytes = before.read()) complaint.push(bytes)
    await this.end(0)
    const said = Buffer.concat(complaint).toString('utf8').slice(-complaintLength).trim()
    throw new PlatformError(
      'UNPROCESSABLE_ENTITY',
      `${this.#started.child.spawnfile} does not run the interpreter: ${reason}${said === '' ? '' : `: ${said}`}`,
    )
  }
}

async function openPipe(scratch: Scratch, ends: number[]) {
  const pipe = await requirePipe(scratch)
  ends.push(pipe.readEnd, pipe.writeEnd)
  return pipe
}

/** The answer to the run with this number; null when it is none. */
function readReply([number, kind, name, value, traceback, ...more]: readonly string[], wanted: string): Reply | null {
  if (number !== wanted || more.length > 0) return null
  if (name === undefined || value === undefined || traceback === undefined) return null
  if (kind === 'completed' || kind === 'interrupted') return { kind }
  return kind === 'error' ? { kind, name, value, traceback } : null
}

function describeEnd(signal: NodeJS.Signals | null, code: number): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), as happens when the memory is full'
  return signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`
}
