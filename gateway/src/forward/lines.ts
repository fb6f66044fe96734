import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

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
}

/** Lines to one target. */
export interface Lines {
  /** A line for one request: a kept one at once, or one that comes later. */
  take(): Line | ComingLine
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

interface Kept extends Line {
  isOpen: boolean
  freeSinceMs: number
}

/** A request that waits for a line. */
interface Waiting {
  resolve(line: Promise<Line> | Line): void
}

/** Makes the lines to one target; `dial` makes connections to it. */
export function createLines(dial: () => Promise<Duplex>): Lines {
  /** the one used last is the last one */
  const free: Kept[] = []
  const all = new Set<Kept>()
  const waiting = new Set<Waiting>()
  let dialling = 0
  let isRetired = false

  async function open(): Promise<Line> {
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
    return lineOf(stream)
  }

  function lineOf(stream: Duplex): Kept {
    const line: Kept = { stream, isReused: false, user: null, isOpen: true, freeSinceMs: 0 }
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
    if (waiting.size === 0 || all.size + dialling >= mostLines) return
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next)
    next.resolve(open())
  }

  function takeFree(): Kept | undefined {
    for (let line = free.pop(); line !== undefined; line = free.pop()) {
      if (line.isOpen && !line.stream.destroyed && !line.stream.readableEnded) return line
      line.stream.destroy()
    }
    return undefined
  }

  function wait(): ComingLine {
    const { promise, resolve } = Promise.withResolvers<Line>()
    const next: Waiting = { resolve }
    waiting.add(next)
    return { line: promise, giveUp: () => void waiting.delete(next) }
  }

  return {
    take() {
      const kept = takeFree()
      if (kept !== undefined) return kept
      return all.size + dialling < mostLines ? { line: open(), giveUp() {} } : wait()
    },
    give(line) {
      const kept = line as Kept
      kept.user = null
      if (!kept.isOpen || kept.stream.destroyed) return
      const [next] = waiting
      const isUseful = !isRetired && kept.stream instanceof Socket && !kept.stream.readableEnded
      if (!isUseful || (next === undefined && free.length >= mostFree)) {
        kept.stream.destroy()
        return
      }
      kept.isReused = true
      if (next !== undefined) {
        waiting.delete(next)
        next.resolve(kept)
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
      for (const line of all) line.stream.destroy()
    },
  }
}
