import { setTimeout as delay } from 'node:timers/promises'
import { newId } from '../new-id.ts'
import { startTimeLimit } from '../processes/time-limit.ts'
import type { Tap } from './output-pipe.ts'
import { Queue } from './queue.ts'
import type { Reply, Worker } from './worker.ts'

/** A piece of code to run. */
export interface RunRequest {
  readonly code: string
  /** variables of this run only */
  readonly variables: Readonly<Record<string, string>>
  /** ms; null is no limit */
  readonly timeoutMs: number | null
}

/** What is written while code runs. `notice` is what the caller should know before: the variables were lost. */
export interface RunOutput {
  readonly stdout: Tap
  readonly stderr: Tap
  readonly notice: string | null
}

/** How a run ended: as Python tells it, or by the time, by its caller's leaving, or with its context. */
export type RunEnd = Reply | { readonly kind: 'timeout' | 'left' | 'deleted' }

/** Python has so long to come back from Ctrl-C; then it is killed. Programs it waits for get one half way, ms. */
const graceMs = 2000

const deleteGraceMs = 500

/** A namespace that code runs in, one piece after the other, in a Python that starts when it is needed. */
export class InterpreterContext {
  readonly id: string
  readonly cwd: string
  readonly createdAt = new Date()
  readonly #startWorker: (cwd: string) => Promise<Worker>
  readonly #queue = new Queue()
  readonly #deleted = new AbortController()
  #worker: Worker | null = null
  #starting: Promise<Worker> | null = null
  #notice: string | null = null

  constructor(cwd: string, startWorker: (cwd: string) => Promise<Worker>, id = newId()) {
    this.id = id
    this.cwd = cwd
    this.#startWorker = startWorker
  }

  /** Starts Python when there is none, and none is starting. Throws as `Worker.start` does. */
  async prepare(): Promise<Worker> {
    if (this.#worker !== null && !this.#worker.hasDied) return this.#worker
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null
    })
    return await this.#starting
  }

  /**
   * Runs code when all that came before has ended. `onBegin` gets what it writes, which holds the program up while
   * nobody reads. A signal ends the run like a timeout: Ctrl-C first, and the variables stay when that does.
   * Throws TOO_MANY_REQUESTS, and as `Worker.start` does.
   */
  async run(request: RunRequest, signal: AbortSignal, onBegin: (output: RunOutput) => void): Promise<RunEnd> {
    const stop = AbortSignal.any([signal, this.#deleted.signal])
    if (!(await this.#queue.enter(stop))) return this.#whyStopped()
    try {
      const worker = await this.prepare()
      if (stop.aborted) return this.#whyStopped()
      const notice = this.#notice
      this.#notice = null
      onBegin({ stdout: worker.stdout.begin(), stderr: worker.stderr.begin(), notice })
      const end = await this.#await(worker, worker.run(request.code, request.variables), request.timeoutMs, stop)
      worker.stdout.end()
      worker.stderr.end()
      return end
    } finally {
      this.#queue.leave()
    }
  }

  /** Ends the context, its runs and all they started. */
  async delete(): Promise<void> {
    this.#deleted.abort()
    await this.#worker?.end(deleteGraceMs)
  }

  async #start(): Promise<Worker> {
    const worker = await this.#startWorker(this.cwd)
    this.#worker = worker
    void worker.died.then(async (reason) => {
      this.#replace(worker, reason)
      await worker.end(0) // what it started goes with it
    })
    if (this.#deleted.signal.aborted) await worker.end(0)
    return worker
  }

  async #await(worker: Worker, reply: Promise<Reply>, timeoutMs: number | null, stop: AbortSignal): Promise<RunEnd> {
    const stopped = Promise.withResolvers<RunEnd>()
    const onStop = (): void => stopped.resolve(this.#whyStopped())
    stop.addEventListener('abort', onStop)
    const timer = startTimeLimit(timeoutMs, () => stopped.resolve({ kind: 'timeout' }))
    try {
      const end = await Promise.race([reply, stopped.promise])
      if (end.kind === 'died') {
        this.#replace(worker, end.reason)
        this.#notice = null // the caller of this run is told
      }
      if (end.kind === 'timeout' || end.kind === 'left') await this.#interrupt(worker, reply)
      return end
    } finally {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
    }
  }

  /** Brings Python back to where it takes the next code, or ends it. */
  async #interrupt(worker: Worker, reply: Promise<Reply>): Promise<void> {
    const isBack = async (ms: number): Promise<boolean> => {
      const timer = new AbortController()
      const late = delay(ms, null, { signal: timer.signal }).catch(() => null)
      const end = await Promise.race([reply, late])
      timer.abort()
      return end !== null
    }
    worker.interrupt('python')
    if (await isBack(graceMs / 2)) return
    worker.interrupt('group')
    if (await isBack(graceMs / 2)) return
    this.#replace(worker, 'it did not come back when its run was interrupted, and was ended')
    await worker.end(0)
  }

  #whyStopped(): RunEnd {
    return { kind: this.#deleted.signal.aborted ? 'deleted' : 'left' }
  }

  /** The next run starts a new Python, and its caller is told why. */
  #replace(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#notice = `[the variables of this context are lost, as its Python has ended: ${reason}]\n`
  }
}
