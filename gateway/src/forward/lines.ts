import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { PlatformError } from '@sandyard/protocol'
import { chooseToCut, type Held } from './room.ts'
import { createWaiting } from './waiting.ts'

/** What uses a line, while it does. */
export interface LineUser {
  onData(bytes: Buffer): void
  /** room for more to be written */
  onDrain(): void
  /** The other end has said all it will. */
  onFinish(): void
  /** It is closed; with the error that closed it, if any. */
  onClose(error: Error | undefined): void
}

/** A connection into a sandbox that carries one request after the other. */
export interface Line {
  readonly stream: Duplex
  /** it has carried a request before */
  isReused: boolean
  user: LineUser | null
  /** since when its client takes nothing of what is there for it, of `performance.now()`; null: it does */
  stalledSinceMs: number | null
}

/** Lines to one target. */
export interface Lines {
  /**
   * A line for one request: a kept one at once, or one that comes later. When there are too many, somebody makes room (`room.ts`).
   * @param network who asks, as `networkOf` gives it
   */
  take(network: string): Line | ComingLine
  /** Gives a line back whose answer is whole and that may carry another request. */
  give(line: Line): void
  /** Closes a line, whatever it carries. */
  drop(line: Line): void
  /** Closes those that nothing uses since before this time; of `performance.now()`. */
  sweep(beforeMs: number): void
  /** Closes those that nothing uses now, and the others after their request. */
  retire(): void
  /** Closes all. */
  close(): void
}

/** A line that is not there yet. */
export interface ComingLine {
  /** rejects as dialling does */
  readonly line: Promise<Line>
  /** Call when it is wanted no more; one that comes nevertheless must be given back. */
  giveUp(): void
}

/** connections to one target; more requests than that wait */
const mostLines = 1024
/** kept ones that nothing uses */
const mostFree = 128
/** time between two looks for who could make room, while somebody waits, ms */
const lookMs = 250

interface Kept extends Line, Held {
  isOpen: boolean
  /** it makes room, and will be closed in a moment */
  isCut: boolean
  freeSinceMs: number
}

/** Makes the lines to one target; `dial` makes connections to it, and `most` are open at a time. */
export function createLines(dial: () => Promise<Duplex>, most = mostLines): Lines {
  /** the one used last is the last one */
  const free: Kept[] = []
  const all = new Set<Kept>()
  const waiting = createWaiting<Promise<Line> | Line>()
  let looking: NodeJS.Timeout | null = null
  let dialling = 0
  let isRetired = false

  async function open(network: string): Promise<Line> {
    dialling += 1
    let stream: Duplex
    try {
      stream = await dial()
    } catch (error) {
      dialling -= 1
      serveNext()
      throw error
    }
    dialling -= 1
    return lineOf(stream, network)
  }

  function lineOf(stream: Duplex, network: string): Kept {
    const use = { user: null, stalledSinceMs: null, network, sinceMs: performance.now() }
    const line: Kept = { stream, isReused: false, isOpen: true, isCut: false, freeSinceMs: 0, ...use }
    let fault: Error | undefined
    all.add(line)
    if (stream instanceof Socket) stream.setNoDelay(true)
    stream.on('data', (bytes: Buffer) => {
      // What comes when nobody has asked would be taken for the answer to the next request.
      if (line.user === null) stream.destroy()
      else line.user.onData(bytes)
    })
    stream.on('drain', () => line.user?.onDrain())
    stream.on('end', () => {
      if (line.user === null) stream.destroy()
      else line.user.onFinish()
    })
    stream.on('error', (error) => {
      fault = error
    })
    stream.on('close', () => {
      line.isOpen = false
      all.delete(line)
      const index = free.indexOf(line)
      if (index !== -1) free.splice(index, 1)
      const { user } = line
      line.user = null
      user?.onClose(fault ?? (stream.readableEnded ? undefined : new Error('the connection was cut')))
      serveNext()
    })
    return line
  }

  /** Lets the next one of those that wait have a line, when there is room. */
  function serveNext(): void {
    if (waiting.count === 0 || all.size + dialling >= most) return
    const next = waiting.next()
    next?.resolve(open(next.network))
  }

  /** Cuts lines for those that wait: as many as take nothing, or one that is merely one of many. */
  function makeRoom(): void {
    if (waiting.count === 0) stopLooking()
    const cut = [...all].filter(({ isCut }) => isCut).length
    for (let count = cut; count < waiting.count; count++) {
      const inUse = [...all].filter(({ user, isCut }) => user !== null && !isCut)
      const line = chooseToCut(inUse, waiting.networks(), performance.now())
      if (line === null) return
      const isStalled = line.stalledSinceMs !== null
      line.isCut = true
      line.stream.destroy(new PlatformError('SERVICE_UNAVAILABLE', 'Too many connections to this port are open'))
      if (!isStalled) return
    }
  }

  function stopLooking(): void {
    if (looking !== null) clearInterval(looking)
    looking = null
  }

  function takeFree(): Kept | undefined {
    for (let line = free.pop(); line !== undefined; line = free.pop()) {
      if (line.isOpen && !line.stream.destroyed && !line.stream.readableEnded) return line
      line.stream.destroy()
    }
    return undefined
  }

  function wait(network: string): ComingLine {
    const { promise, resolve } = Promise.withResolvers<Line>()
    const giveUp = waiting.add(network, resolve, performance.now())
    looking ??= setInterval(makeRoom, lookMs).unref()
    return { line: promise, giveUp }
  }

  return {
    take(network) {
      const kept = takeFree()
      if (kept !== undefined) return Object.assign(kept, { network, sinceMs: performance.now() })
      return all.size + dialling < most ? { line: open(network), giveUp() {} } : wait(network)
    },
    give(line) {
      const kept = line as Kept
      kept.user = null
      kept.stalledSinceMs = null
      if (!kept.isOpen || kept.stream.destroyed) return
      const isUseful = !isRetired && kept.stream instanceof Socket && !kept.stream.readableEnded
      if (!isUseful || (waiting.count === 0 && free.length >= mostFree)) {
        kept.stream.destroy()
        return
      }
      kept.isReused = true
      const next = waiting.next()
      if (next !== null) {
        next.resolve(Object.assign(kept, { network: next.network, sinceMs: performance.now() }))
        return
      }
      kept.freeSinceMs = performance.now()
      free.push(kept)
    },
    drop(line) {
      line.user = null
      line.stream.destroy()
    },
    sweep(beforeMs) {
      // The first ones are the oldest.
      while (free[0] !== undefined && free[0].freeSinceMs < beforeMs) free.shift()?.stream.destroy()
    },
    retire() {
      isRetired = true
      for (const line of free.splice(0)) line.stream.destroy()
    },
    close() {
      isRetired = true
      stopLooking()
      for (const line of all) line.stream.destroy()
    },
  }
}
