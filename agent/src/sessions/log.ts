import { limits } from '@sandyard/protocol/limits'
import { Framer } from './framer.ts'
import { markers, type Piece, type StreamName } from './framing.ts'
import { type LogReader, LogStore } from './log-store.ts'

/** Output waiting to be stored, beyond which a command is made to wait, bytes. */
const pendingLimit = 1024 * 1024

const pieceBytes = 64 * 1024

/** Distance of places that are remembered, bytes. */
const placeStep = 1024 * 1024

/** A log that keeps its end is in so many files, the oldest of which is dropped. */
const segmentCount = 4

/** A position in a log where a reader can begin. */
export interface Place {
  readonly at: number
  /** stream of the byte there; null where a marker comes first */
  readonly stream: StreamName | null
  /** bytes before it that are not markers */
  readonly plain: number
}

/** What becomes of a log that grows large. */
export interface LogOptions {
  readonly path: string
  /** most that is kept, bytes */
  readonly limitBytes: number
  /** whether the rest is dropped and said so, or the oldest is forgotten */
  readonly keeps: 'begin' | 'end'
}

/**
 * The framed log of one command: appended here, read by any number of followers from any place.
 * It lives in files. When they cannot be written (a full disk), a log that keeps its begin goes on in memory, bounded;
 * one that keeps its end leaves a gap and says so.
 */
export class SessionLog {
  readonly #options: LogOptions
  readonly #store: LogStore
  readonly #framer = new Framer()
  readonly #waiting = new Set<() => void>()
  #places: Place[] = []
  #pending: Piece[] = []
  #pendingBytes = 0
  #plain = 0
  #isFull = false
  #lostBytes = 0
  #storing: Promise<void> | null = null
  /** size when the command ended: where followers stop; null while it runs */
  endSize: number | null = null

  constructor(options: LogOptions) {
    this.#options = options
    this.#store = new LogStore(options.path, diskNote)
  }

  /** position after the last byte that can be read */
  get size(): number {
    return this.#store.size
  }

  /** True while whoever feeds the log should wait for `calm`. */
  get isCongested(): boolean {
    return this.#pendingBytes > pendingLimit
  }

  /** Appends what a stream brought. */
  append(stream: StreamName, bytes: Buffer): void {
    if (this.#isFull || bytes.length === 0) return
    this.#pending.push({ stream, bytes })
    this.#pendingBytes += bytes.length
    this.#startStoring()
  }

  /** Settles when everything appended so far can be read. */
  async calm(): Promise<void> {
    while (this.#storing !== null) await this.#storing
  }

  /** Marks the end of the command; followers end here. */
  async end(): Promise<void> {
    await this.calm()
    this.endSize = this.size
    this.#wake()
  }

  /** Lets go of descriptors: nothing is expected any more. */
  async close(): Promise<void> {
    await this.calm()
    await this.#store.close()
  }

  /** Forgets the log; readers that are under way finish. */
  async remove(): Promise<void> {
    await this.calm()
    await this.#store.remove()
  }

  /**
   * Reads from a position. Following goes on until the command has ended or the signal fires; otherwise it stops at
   * `until`. What is forgotten already is passed over.
   */
  async *read(from: number, follow: AbortSignal | null, until: number = this.size): AsyncGenerator<Buffer, void> {
    const reader = this.#store.openReader()
    let at = from
    try {
      for (;;) {
        const end = follow === null ? until : (this.endSize ?? this.size)
        at = Math.max(at, this.#store.begin)
        if (at < end) {
          const piece = await this.#readAt(reader, at, Math.min(end - at, pieceBytes))
          if (piece.length === 0 && at >= this.#store.begin) return
          at += piece.length
          if (piece.length > 0) yield piece
        } else if (follow === null || follow.aborted || this.endSize !== null) {
          return
        } else {
          await this.#change(follow)
        }
      }
    } finally {
      await reader.close()
    }
  }

  async #readAt(reader: LogReader, at: number, length: number): Promise<Buffer> {
    try {
      return await reader.read(at, length)
    } catch (thrown) {
      if (at < this.#store.begin) return Buffer.alloc(0) // forgotten just now
      throw thrown
    }
  }

  /** The last remembered place that is not after this one, by position or by count of plain bytes. */
  placeBefore(offset: number, by: 'at' | 'plain'): Place {
    return (
      this.#places.findLast((place) => place[by] <= offset) ??
      this.#places[0] ?? { at: this.#store.begin, stream: null, plain: 0 }
    )
  }

  #startStoring(): void {
    if (this.#storing !== null || this.#pending.length === 0) return
    this.#storing = this.#storeAll().finally(() => {
      this.#storing = null
      this.#startStoring() // what came between the last look and now
    })
  }

  async #storeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const pieces = this.#pending
      this.#pending = []
      this.#pendingBytes = 0
      let batch = this.#lostBytes === 0 ? [] : [gapNote(this.#lostBytes)]
      let at = this.size + (batch[0]?.length ?? 0)
      for (const piece of pieces) {
        if (this.#isDueForSegment(at)) {
          await this.#put(batch)
          await this.#store.startSegment(segmentCount).catch(() => {}) // no room: the one there goes on
          this.#places = this.#places.filter((place) => place.at >= this.#store.begin)
          this.#framer.restart()
          batch = []
          at = this.size
        }
        for (const bytes of this.#frame(piece, at)) {
          batch.push(bytes)
          at += bytes.length
        }
      }
      await this.#put(batch)
      this.#wake()
    }
  }

  #isDueForSegment(at: number): boolean {
    const { keeps, limitBytes } = this.#options
    return keeps === 'end' && at - this.#store.lastStart >= limitBytes / segmentCount
  }

  /** A piece with its markers; for a log that is full only the note that says so, once. */
  #frame({ stream, bytes }: Piece, at: number): Buffer[] {
    if (this.#isFull) return []
    const { keeps, limitBytes } = this.#options
    const room = keeps === 'begin' ? Math.max(0, limitBytes - at) : bytes.length
    this.#isFull = bytes.length > room
    const kept = bytes.subarray(0, room)
    if (this.#framer.isClean && at - (this.#places.at(-1)?.at ?? -placeStep) >= placeStep) {
      this.#places.push({ at, stream: this.#framer.stream, plain: this.#plain })
    }
    this.#plain += kept.length
    const framed = kept.length === 0 ? [] : this.#framer.frame(stream, kept)
    if (this.#isFull) framed.push(...this.#framer.frame('stderr', truncatedNote(limitBytes)))
    return framed
  }

  async #put(batch: readonly Buffer[]): Promise<void> {
    if (batch.length === 0) return
    const bytes = Buffer.concat(batch)
    const written = this.#store.isInMemory ? 0 : await this.#store.append(bytes)
    if (written === bytes.length) {
      this.#lostBytes = 0
      return
    }
    if (this.#options.keeps === 'begin') {
      this.#store.keepInMemory(bytes.subarray(written))
      return
    }
    // A gap: the rest is lost, and what comes next begins with a note and a marker.
    this.#lostBytes += bytes.length - written
    this.#places = this.#places.filter((place) => place.at <= this.size)
    this.#framer.restart()
  }

  #wake(): void {
    for (const resume of [...this.#waiting]) resume()
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#waiting.delete(resume)
        signal.removeEventListener('abort', resume)
        resolve()
      }
      this.#waiting.add(resume)
      signal.addEventListener('abort', resume)
    })
  }
}

/** A log of the usual size, of which the begin is kept. */
export function commandLog(path: string): SessionLog {
  return new SessionLog({ path, limitBytes: limits.sessionLogBytes, keeps: 'begin' })
}

const diskNote = noteAfterCut('log truncated: it could not be written to the disk of the sandbox')

function gapNote(lostBytes: number): Buffer {
  return noteAfterCut(`${lostBytes} bytes are missing: they could not be written to the disk of the sandbox`)
}

/** The line break keeps the marker from half of one that was cut off. */
function noteAfterCut(text: string): Buffer {
  return Buffer.concat([Buffer.from('\n'), markers.stderr, Buffer.from(`\n[${text}]\n`)])
}

function truncatedNote(limitBytes: number): Buffer {
  return Buffer.from(`\n[log truncated at ${limitBytes} bytes]\n`)
}
