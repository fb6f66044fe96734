import { pause } from '../deadline.ts'
import { DaytonaConnectionError } from '../errors.ts'
import { createSettling } from '../settle.ts'
import type { Toolbox } from '../toolbox.ts'

/** A piece of a log. */
export interface LogChunk {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** How often a connection is made again before anything has come through it. */
const mostBreaks = 5
const markerLength = 3
/** bytes that may wait for a reader who is slow; then the connection is let go, and made again where the reader is */
const mostWaiting = 16 * 1024 * 1024

/**
 * Follows a log from its beginning until the command has ended. A connection that breaks is made again where it broke
 * off.
 *
 * @param path of the log, with a slash at its beginning
 */
export async function* followLog(toolbox: Toolbox, path: string, signal?: AbortSignal): AsyncGenerator<LogChunk, void> {
  const split = createSplitter()
  let offset = 0
  let breaks = 0
  while (true) {
    const queue: Uint8Array[] = []
    let waiting = 0
    let isFull = false
    let wake = createSettling<void>()
    // It may be full before the connection is known here.
    let letGo = (): void => {}
    const socket = await toolbox.connect(`${path}?follow=true${offset === 0 ? '' : `&offset=${offset}`}`, {
      signal,
      onMessage(data) {
        if (isFull) return
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
        queue.push(bytes)
        waiting += bytes.length
        isFull = waiting > mostWaiting
        if (isFull) letGo()
        wake.resolve()
      },
    })
    letGo = () => socket.close()
    if (isFull) letGo()
    // With an offset the marker of the stream comes once more, and does not count.
    let repeated = offset === 0 ? 0 : markerLength
    let isOver = false
    const ended = socket.ended.then((end) => {
      isOver = true
      wake.resolve()
      return end
    })
    try {
      while (true) {
        const bytes = queue.shift()
        if (bytes !== undefined) {
          waiting -= bytes.length
          const counted = Math.max(bytes.length - repeated, 0)
          repeated = Math.max(repeated - bytes.length, 0)
          offset += counted
          if (counted > 0) breaks = 0
          yield* split.push(bytes)
        } else if (isOver) break
        else {
          await wake.promise
          wake = createSettling()
        }
      }
    } finally {
      socket.close()
    }
    signal?.throwIfAborted()
    const { code, reason } = await ended
    if (code === 1000 && !isFull) return yield* split.push(null)
    // What may have been half of a marker is asked for again.
    offset -= split.takeBack()
    if (isFull) continue
    breaks += 1
    if (breaks > mostBreaks) throw new DaytonaConnectionError(`The log broke off: closed with ${code} ${reason}`)
    await pause(200 * breaks, signal)
  }
}

/** Takes a log apart, piece by piece; `null` ends it. */
export interface Splitter {
  push(bytes: Uint8Array | null): LogChunk[]
  /** Forgets what it has kept back for the next piece; answers how many bytes that were. */
  takeBack(): number
}

/**
 * Tells the streams of a log apart: three bytes 1 begin a piece of stdout, three bytes 2 one of stderr (toolbox.md
 * 1.5).
 */
export function createSplitter(): Splitter {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  let stream: LogChunk['stream'] | null = null
  /** bytes at the end that may be the beginning of a marker */
  let rest = new Uint8Array()
  function push(bytes: Uint8Array | null): LogChunk[] {
    const isEnd = bytes === null
    const all = join(rest, bytes ?? new Uint8Array())
    rest = new Uint8Array()
    const chunks: LogChunk[] = []
    const add = (piece: Uint8Array, isLast: boolean): void => {
      if (stream === null) return
      const text = decoders[stream].decode(piece, { stream: !isLast })
      if (text !== '') chunks.push({ stream, text })
    }
    let from = 0
    let at = 0
    while (at < all.length) {
      const byte = all[at]
      if (byte !== 1 && byte !== 2) {
        at += 1
        continue
      }
      const seen = [all[at + 1], all[at + 2]]
      if (seen.every((other) => other === byte)) {
        add(all.subarray(from, at), false)
        stream = byte === 1 ? 'stdout' : 'stderr'
        at += markerLength
        from = at
      } else if (!isEnd && seen.every((other) => other === byte || other === undefined)) {
        rest = all.slice(at)
        break
      } else at += 1
    }
    add(all.subarray(from, at), isEnd)
    return chunks
  }
  return {
    push,
    takeBack() {
      const { length } = rest
      rest = new Uint8Array()
      return length
    },
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
