import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { MemoryTail } from './memory-tail.ts'

/** A stretch of a log in a file of its own. */
interface Segment {
  readonly path: string
  readonly start: number
  size: number
  /** open while it is written */
  file: FileHandle | null
  /** by way of that descriptor, which must not be another file's meanwhile */
  readonly opening: Set<Promise<unknown>>
}

/** What followers read next is kept in memory up to this size, bytes. */
const recentLimit = 256 * 1024

/**
 * Where the bytes of a log lie, at positions that only grow: in files, the oldest of which can be dropped, and in
 * memory when the disk takes no more.
 */
export class LogStore {
  readonly #path: string
  /** appended once where the memory is used up, too */
  readonly #lostNote: Buffer
  readonly #segments: Segment[] = []
  readonly #readers = new Set<LogReader>()
  #memory: MemoryTail | null = null
  #recent: { readonly at: number; readonly bytes: Buffer } | null = null
  #fileEnd = 0
  /** position after the last byte */
  size = 0

  constructor(path: string, lostNote: Buffer) {
    this.#path = path
    this.#lostNote = lostNote
  }

  /** position of the first byte that is kept */
  get begin(): number {
    return this.#segments[0]?.start ?? 0
  }

  /** position of the first byte of the newest file */
  get lastStart(): number {
    return this.#segments.at(-1)?.start ?? 0
  }

  /** Appends to the files; answers how many bytes they took. */
  async append(bytes: Buffer): Promise<number> {
    let written = 0
    try {
      if (this.#segments.length === 0) await this.startSegment(1)
      const segment = this.#segments.at(-1)
      while (written < bytes.length && segment !== undefined) {
        // A file that was closed because nothing was expected any more.
        segment.file ??= await open(segment.path, 'r+')
        const { bytesWritten } = await segment.file.write(bytes, written, bytes.length - written, segment.size)
        written += bytesWritten
        segment.size += bytesWritten
      }
    } catch {
      // No room, or the folder was removed: the caller decides what becomes of the rest.
    }
    this.#recent = this.#readers.size > 0 && written <= recentLimit ? { at: this.size, bytes } : null
    this.size += written
    this.#fileEnd = this.size
    return written
  }

  /** Appends to the memory: from the first time on, nothing goes to files any more. */
  keepInMemory(bytes: Buffer): void {
    this.#memory ??= new MemoryTail()
    this.#memory.append(bytes, this.#lostNote)
    this.#recent = null
    this.size = this.#fileEnd + this.#memory.size
  }

  /** True when files take no more. */
  get isInMemory(): boolean {
    return this.#memory !== null
  }

  /** What is appended from now on goes to a file of its own; only so many newest files are kept. Throws system errors. */
  async startSegment(kept: number): Promise<void> {
    const last = this.#segments.at(-1)
    const path = this.size === 0 ? this.#path : `${this.#path}.${this.size}`
    const file = await open(path, 'wx+', 0o600)
    this.#segments.push({ path, start: this.size, size: 0, file, opening: new Set() })
    if (last !== undefined) await closeSegment(last)
    for (const old of this.#segments.splice(0, this.#segments.length - kept)) await rm(old.path, { force: true })
  }

  /** Opens a place to read from; the caller closes it. */
  openReader(): LogReader {
    const reader: LogReader = new LogReader(
      (at, length) => this.#inMemory(at, length),
      (at) => this.#segments.find(({ start, size }) => at >= start && at < start + size),
      () => this.#readers.delete(reader),
    )
    this.#readers.add(reader)
    return reader
  }

  /** Lets go of descriptors. */
  async close(): Promise<void> {
    this.#recent = null
    for (const segment of this.#segments) await closeSegment(segment)
  }

  /** Removes the files; readers that are under way can read them to their end. */
  async remove(): Promise<void> {
    for (const reader of this.#readers) await reader.prepare()
    await this.close()
    for (const { path } of this.#segments) await rm(path, { force: true }).catch(() => {}) // its folder goes, too
    this.#memory?.clear()
  }

  #inMemory(at: number, length: number): Buffer | null {
    const recent = this.#recent
    if (recent !== null && at >= recent.at && at < recent.at + recent.bytes.length) {
      return recent.bytes.subarray(at - recent.at, at - recent.at + length)
    }
    return this.#memory !== null && at >= this.#fileEnd ? this.#memory.read(at - this.#fileEnd, length) : null
  }
}

/** Reads a log at any place. */
export class LogReader {
  readonly #inMemory: (at: number, length: number) => Buffer | null
  readonly #segmentAt: (at: number) => Segment | undefined
  readonly #onClose: () => void
  #open: { readonly segment: Segment; readonly file: FileHandle } | null = null
  #at = 0

  constructor(
    inMemory: (at: number, length: number) => Buffer | null,
    segmentAt: (at: number) => Segment | undefined,
    onClose: () => void,
  ) {
    this.#inMemory = inMemory
    this.#segmentAt = segmentAt
    this.#onClose = onClose
  }

  /** Bytes from a place on, fewer than asked where a file ends; none where nothing is kept. */
  async read(at: number, length: number): Promise<Buffer> {
    const kept = this.#inMemory(at, length)
    this.#at = at + (kept?.length ?? 0)
    if (kept !== null) return kept
    const opened = await this.#openAt(at)
    if (opened === null) return Buffer.alloc(0)
    const { segment, file } = opened
    const bytes = Buffer.allocUnsafe(Math.min(length, segment.start + segment.size - at))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at - segment.start)
    this.#at = at + bytesRead
    return bytes.subarray(0, bytesRead)
  }

  /** Opens the file that is read next, before its name goes away. */
  async prepare(): Promise<void> {
    await this.#openAt(this.#at).catch(() => {}) // gone already: the reader will find nothing
  }

  async close(): Promise<void> {
    this.#onClose()
    const opened = this.#open
    this.#open = null
    await opened?.file.close()
  }

  async #openAt(at: number) {
    const segment = this.#segmentAt(at)
    if (segment === undefined) return null
    if (segment === this.#open?.segment) return this.#open
    const before = this.#open
    this.#open = { segment, file: await openForReading(segment) }
    await before?.file.close()
    return this.#open
  }
}

async function openForReading({ path, file, opening }: Segment): Promise<FileHandle> {
  // By way of the open file where there is one: its name may have been removed.
  const opened = open(file === null ? path : `/proc/self/fd/${file.fd}`, 'r')
  opening.add(opened)
  try {
    return await opened
  } catch (cause) {
    throw new PlatformError('PROCESS_NOT_FOUND', 'The log was deleted from the disk of the sandbox', { cause })
  } finally {
    opening.delete(opened)
  }
}

async function closeSegment(segment: Segment): Promise<void> {
  const { file, opening } = segment
  segment.file = null
  await Promise.allSettled(opening)
  await file?.close()
}
