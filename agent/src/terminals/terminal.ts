import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { killTree, type Tree } from '../processes/tree.ts'
import { InputQueue } from './input-queue.ts'
import type { Screen, Size } from './pseudo-terminal.ts'
import { RecentOutput } from './recent-output.ts'
import { startShell, type TerminalContext } from './shell.ts'
import type { Viewer } from './viewer.ts'

/** What a terminal is made of. */
export interface TerminalPlan {
  readonly id: string
  /** absolute */
  readonly cwd: string
  /** the caller's own and TERM, besides those of the sandbox */
  readonly envs: Readonly<Record<string, string>>
  readonly size: Size
  readonly lazyStart: boolean
}

/** A program left in the background keeps a terminal open: its exit waits for so long a silence, at most so long, ms. */
const quietMs = 50
const drainLimitMs = 250

/** SIGKILL cannot end what runs as another user; after this time the terminal hangs up instead, ms. */
const killLimitMs = 1000

interface Running {
  readonly screen: Screen
  readonly tree: Tree
  readonly exited: Promise<number>
}

/** A shell behind a pseudo terminal. It outlives its viewers, who see the same and share its keyboard. */
export class Terminal {
  readonly plan: TerminalPlan
  readonly createdAt = new Date().toISOString()
  readonly #context: TerminalContext
  readonly #viewers = new Set<Viewer>()
  readonly #recent = new RecentOutput()
  readonly #input: InputQueue
  #size: Size
  #starting: Promise<void> | null = null
  #running: Running | null = null
  #outputCount = 0
  #wasShown = false
  #exitCode: number | null = null
  #vanish: () => void = () => {}
  /** settles when its shell has exited or it was killed; the last output may still be on its way */
  readonly vanished: Promise<void>

  constructor(context: TerminalContext, plan: TerminalPlan) {
    this.#context = context
    this.plan = plan
    this.#size = plan.size
    this.#input = new InputQueue(
      (bytes) => this.#running?.screen.write(bytes) ?? bytes.length,
      () => this.#letAllType(),
    )
    this.vanished = new Promise((resolve) => {
      this.#vanish = resolve
    })
  }

  get size(): Size {
    return this.#size
  }

  /** False before a lazy start. */
  get isActive(): boolean {
    return this.#running !== null
  }

  /** Starts the shell unless it was started. Throws what `startShell` does, and can then be tried again. */
  start(): Promise<void> {
    this.#starting ??= this.#begin().catch((thrown: unknown) => {
      this.#starting = null
      throw thrown
    })
    return this.#starting
  }

  /** Throws TOO_MANY_REQUESTS when no viewer more may be attached. */
  checkRoom(): void {
    if (this.#viewers.size < limits.terminalViewerCount) return
    throw new PlatformError('TOO_MANY_REQUESTS', `${limits.terminalViewerCount} viewers look at this terminal already`)
  }

  /**
   * Shows the terminal to a viewer: to the very first, or on demand, with the recent output before what comes now.
   * False when the caller had gone before it could be told that it is connected.
   */
  attach(viewer: Viewer, wantsReplay: boolean): Promise<boolean> {
    this.#viewers.add(viewer)
    const told = viewer.begin({
      typed: (bytes) => this.#type(bytes),
      paceChanged: () => this.#keepPace(),
      gone: () => {
        this.#viewers.delete(viewer)
        this.#keepPace()
      },
    })
    if (wantsReplay || !this.#wasShown) viewer.show(this.#recent.read())
    this.#wasShown = true
    if (this.#exitCode !== null) viewer.end(this.#exitCode)
    else if (this.#input.isFull) viewer.deafen()
    return told
  }

  /** Changes the size; the last one wins when many come at once. */
  resize(size: Size): void {
    this.#size = size
    this.#running?.screen.resize(size)
  }

  /** Kills all that was started in the terminal, also what left it. */
  async kill(): Promise<void> {
    await this.#starting?.catch(() => {}) // it did not start, then
    this.#vanish()
    const running = this.#running
    if (running === null) return
    await killTree(running.tree)
    // Its exit is told when a slow viewer has seen all, which the caller need not wait for.
    void this.#finish(running, await Promise.race([running.exited, delay(killLimitMs, 137, { ref: false })]))
  }

  async #begin(): Promise<void> {
    const { screen, started } = await startShell(this.#context, this.plan, this.#size)
    const running = { screen, tree: started.tree, exited: started.exited }
    this.#running = running
    this.#context.running.add(started.tree)
    screen.read((bytes) => this.#show(bytes))
    void started.exited.then((code) => {
      this.#context.running.delete(started.tree)
      this.#vanish()
      return this.#finish(running, code)
    })
  }

  #show(bytes: Buffer): void {
    this.#outputCount++
    this.#recent.append(bytes)
    for (const viewer of this.#viewers) viewer.show(bytes)
  }

  #type(bytes: Buffer): void {
    if (this.#exitCode !== null) return
    this.#input.push(bytes)
    if (this.#input.isFull) for (const viewer of this.#viewers) viewer.deafen()
  }

  #letAllType(): void {
    for (const viewer of this.#viewers) viewer.listen()
  }

  /** True while a viewer cannot follow: then the program waits. */
  get #isHeld(): boolean {
    for (const viewer of this.#viewers) if (viewer.isBehind) return true
    return false
  }

  #keepPace(): void {
    if (this.#isHeld) this.#running?.screen.pause()
    else this.#running?.screen.resume()
  }

  /** Shows what the program had written, then its exit. */
  async #finish({ screen }: Running, code: number): Promise<void> {
    await this.#drain(screen)
    screen.close()
    this.#input.close()
    if (this.#exitCode !== null) return
    this.#exitCode = code
    for (const viewer of [...this.#viewers]) viewer.end(code)
  }

  async #drain(screen: Screen): Promise<void> {
    let isOpen = true
    void screen.ended.then(() => {
      isOpen = false
    })
    for (let waitedMs = 0; waitedMs < drainLimitMs; ) {
      const before = this.#outputCount
      const wait = new AbortController()
      const pause = delay(quietMs, undefined, { signal: wait.signal }).catch(() => {})
      await Promise.race([screen.ended, pause])
      wait.abort()
      if (!isOpen) return
      if (this.#isHeld) continue
      if (this.#outputCount === before) return
      waitedMs += quietMs
    }
  }
}
