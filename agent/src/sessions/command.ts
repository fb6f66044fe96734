import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { PlatformError } from '@sandyard/protocol/errors'
import { readPipe, writePipe } from '../processes/capture.ts'
import { drained } from '../processes/drain.ts'
import type { Pipe, Scratch } from '../processes/scratch.ts'
import type { StreamName } from './framing.ts'
import type { SessionLog } from './log.ts'

/** Descriptors of this process that the shell opens by way of /proc for one command. */
export interface CommandFiles {
  readonly script: number
  readonly input: number | null
  readonly output: number
  readonly errors: number
}

/** What a caller asked for. */
export interface CommandRequest {
  readonly id: string
  readonly text: string
  /** answered at once, and takes input until its end */
  readonly isAsync: boolean
  /** input is not shown in the log */
  readonly isEchoSuppressed: boolean
}

/** A child left behind keeps the output open: the end is told after this long without a byte, at most so long, ms. */
const quietMs = 30
const drainLimitMs = 1000

/** What a finished command can have left in a pipe, bytes: the most that Linux gives one to a user. */
const pipeBytes = 1024 * 1024

/** Input that the command has not read yet, bytes. */
const unreadInputLimit = 16 * 1024 * 1024

/** One command of a session: its descriptors while it runs, its log and exit code afterwards. */
export class SessionCommand {
  readonly request: CommandRequest
  readonly log: SessionLog
  /** settles when exit code and log are complete, or when it is clear that there is nothing to wait for */
  readonly finished: Promise<void>
  /** null while it waits or runs */
  exitCode: number | null = null
  /** what a caller who waits for the end is told instead of an exit code; null where there is one */
  failure: PlatformError | null = null
  readonly #resolveFinished: () => void
  #ownDescriptors: number[] = []
  #outputs: Readable[] = []
  #receivedBytes = 0
  #input: Socket | null = null
  #earlyInput: Buffer[] = []

  constructor(request: CommandRequest, log: SessionLog) {
    this.request = request
    this.log = log
    const { promise, resolve } = Promise.withResolvers<void>()
    this.finished = promise
    this.#resolveFinished = resolve
  }

  /** Opens what the shell needs for this command. Throws `PlatformError` where the sandbox has no room for it. */
  async open(scratch: Scratch, script: string): Promise<CommandFiles> {
    const output = await this.#capture('stdout', scratch)
    const errors = await this.#capture('stderr', scratch)
    const input = this.request.isAsync ? await this.#openInput(scratch) : null
    const scriptFile = scratch.openFile(Buffer.from(script))
    this.#ownDescriptors.push(scriptFile)
    return { script: scriptFile, input, output, errors }
  }

  /** Sends what this brings to the log, no faster than the log takes it. */
  collect(stream: StreamName, output: Readable): void {
    output.on('data', (bytes: Buffer) => {
      this.#receivedBytes += bytes.length
      this.log.append(stream, bytes)
      if (!this.log.isCongested) return
      output.pause()
      void this.log.calm().then(() => output.resume())
    })
    output.on('error', () => {}) // 'close' follows
    output.once('close', () => {
      if (this.exitCode !== null && this.#outputs.every((one) => one.closed)) void this.log.close()
    })
    this.#outputs.push(output)
  }

  /** Says something of our own in the log. */
  note(text: string): void {
    this.log.append('stderr', Buffer.from(`[${text}]\n`))
  }

  /** Completes the command: reads what is left of its output, then publishes the exit code. */
  async finish(exitCode: number): Promise<void> {
    for (const fd of this.#ownDescriptors.splice(0)) closeSync(fd)
    this.#input?.destroy()
    this.#input = null
    this.#earlyInput = []
    const enough = this.#receivedBytes + pipeBytes
    do {
      await this.log.calm()
      await drained(this.#outputs, quietMs, drainLimitMs)
    } while (this.log.isCongested && this.#receivedBytes < enough)
    await this.log.end()
    this.exitCode = exitCode
    this.#resolveFinished()
    // A background child may go on writing: its output still goes to the log.
    if (this.#outputs.every((output) => output.closed)) await this.log.close()
  }

  /** Completes a command that could not run: the reason is in its log, and is what its caller gets. */
  async fail(reason: PlatformError): Promise<void> {
    this.failure ??= reason
    this.note(reason.message)
    await this.finish(-1)
  }

  /** Tells a caller who waits that there will be no exit code. */
  cancel(reason: PlatformError): void {
    if (this.exitCode !== null) return
    this.failure ??= reason
    this.#resolveFinished()
  }

  /** Writes to standard input; a newline is added where there is none (toolbox.md 2.4). */
  write(data: string): void {
    if (this.exitCode !== null) {
      throw new PlatformError('COMMAND_ALREADY_COMPLETED', `Command ${this.request.id} has ended and takes no input`)
    }
    if (!this.request.isAsync) {
      throw new PlatformError('BAD_REQUEST', `Command ${this.request.id} was not started async and takes no input`)
    }
    const bytes = Buffer.from(data.endsWith('\n') ? data : `${data}\n`)
    const early = this.#earlyInput.reduce((sum, piece) => sum + piece.length, 0)
    if ((this.#input?.writableLength ?? early) + bytes.length > unreadInputLimit) {
      throw new PlatformError('TOO_MANY_REQUESTS', `Command ${this.request.id} has not read its earlier input`)
    }
    if (!this.request.isEchoSuppressed) this.log.append('stdout', bytes)
    if (this.#input === null) this.#earlyInput.push(bytes)
    else this.#input.write(bytes)
  }

  /** What reads its input finds the end of it. */
  endInput(): void {
    this.#input?.destroy()
  }

  /** Lets go of everything and deletes the log. */
  async remove(): Promise<void> {
    for (const output of this.#outputs) output.destroy()
    await this.log.remove()
  }

  async #openInput(scratch: Scratch): Promise<number> {
    const { readEnd, writeEnd } = await openPipe(scratch)
    this.#ownDescriptors.push(readEnd)
    this.#input = writePipe(writeEnd)
    for (const bytes of this.#earlyInput.splice(0)) this.#input.write(bytes)
    return readEnd
  }

  /** Opens a pipe whose bytes go to the log; returns the end that the command writes to. */
  async #capture(stream: StreamName, scratch: Scratch): Promise<number> {
    const { readEnd, writeEnd } = await openPipe(scratch)
    this.#ownDescriptors.push(writeEnd)
    this.collect(stream, readPipe(readEnd))
    return writeEnd
  }
}

async function openPipe(scratch: Scratch): Promise<Pipe> {
  const pipe = await scratch.openPipe()
  if (pipe === null) throw new PlatformError('SERVICE_UNAVAILABLE', 'The sandbox has no room for another pipe')
  return pipe
}
