import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { markers, type StreamName } from './framing.ts'

/** Output waiting to be stored, beyond which a command is made to wait, bytes. */
const pendingLimit = 1024 * 1024

/** Kept in memory when the disk takes no more, bytes. */
const memoryLimit = 256 * 1024

const pieceBytes = 64 * 1024

/**
 * The framed log of one command: appended here, read by any number of followers from any place.
 * It lives in a file. When that cannot be written (a full disk) the next bytes are kept in memory, then dropped.
 */
export class SessionLog {
  readonly #path: string
  readonly #waiting = new Set<() => void>()
  #file: FileHandle | null = null
  #fileBytes = 0
  #memory: Buffer | null = null
  #pending: Buffer[] = []
  #pendingBytes = 0
  #accepted = 0
  #lastStream: StreamName | null = null
  #storing: Promise<void> | null = null
  /** bytes that can be read */
  size = 0
  /** size when the command ended: where followers stop; null while it runs */
  endSize: number | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** True while whoever feeds the log should wait for `calm`. */
  get isCongested(): boolean {
    return this.#pendingBytes > pendingLimit
  }

  /** Appends what a stream brought. */
  append(stream: StreamName, bytes: Buffer): void {
    const room = limits.sessionLogBytes - this.#accepted
    if (room <= 0 || bytes.length === 0) return
    this.#push(stream, bytes.subarray(0, room))
    this.#accepted += bytes.length
    if (bytes.length > room) {
      this.#push('stderr', Buffer.from(`\n[log truncated at ${limits.sessionLogBytes} bytes]\n`))
    }
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

  /** Closes the file: nothing will be appended. */
  async close(): Promise<void> {
    await this.calm()
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  /** Forgets the log; readers that are under way finish. */
  async remove(): Promise<void> {
    await this.close()
    await rm(this.#path, { force: true })
  }

  /**
   * Reads from a byte offset. Following goes on until the command has ended or the signal fires;
   * otherwise it stops at what is there now.
   */
  async *read(from: number, follow: AbortSignal | null): AsyncGenerator<Buffer> {
    const present = this.size
    let file: FileHandle | null = null
    let at = from
    try {
      for (;;) {
        const end = follow === null ? present : (this.endSize ?? this.size)
        if (at < end) {
          if (at < this.#fileBytes) file ??= await this.#reopen()
          const piece = await this.#readAt(file, at, Math.min(end - at, pieceBytes))
          if (piece.length === 0) return
          at += piece.length
          yield piece
        } else if (follow === null || follow.aborted || this.endSize !== null) {
          return
        } else {
          await this.#change(follow)
        }
      }
    } finally {
      await file?.close()
    }
  }

  async #reopen(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'r')
    } catch (cause) {
      throw new PlatformError('PROCESS_NOT_FOUND', 'The log was deleted from the disk of the sandbox', { cause })
    }
  }

  async #readAt(file: FileHandle | null, at: number, length: number): Promise<Buffer> {
    if (file === null || at >= this.#fileBytes) {
      const start = at - this.#fileBytes
      return this.#memory?.subarray(start, start + length) ?? Buffer.alloc(0)
    }
    const bytes = Buffer.allocUnsafe(Math.min(length, this.#fileBytes - at))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at)
    return bytes.subarray(0, bytesRead)
  }

  #push(stream: StreamName, bytes: Buffer): void {
    if (stream !== this.#lastStream) this.#pending.push(markers[stream])
    this.#lastStream = stream
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
  }

  #startStoring(): void {
    if (this.#storing !== null || this.#pending.length === 0) return
    this.#storing = this.#store().finally(() => {
      this.#storing = null
      this.#startStoring() // what came between the last look and now
    })
  }

  async #store(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = Buffer.concat(this.#pending)
      this.#pending = []
      this.#pendingBytes = 0
      if (this.#memory === null) await this.#storeInFile(batch)
      else this.#storeInMemory(batch)
      this.#wake()
    }
  }

  async #storeInFile(batch: Buffer): Promise<void> {
    let rest = batch
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600)
      while (rest.length > 0) {
        const { bytesWritten } = await this.#file.write(rest, 0, rest.length, this.#fileBytes)
        rest = rest.subarray(bytesWritten)
        this.#fileBytes += bytesWritten
        this.size += bytesWritten
      }
    } catch {
      // No room, or the folder was removed: the end of a log is worth more in memory than nowhere.
      this.#memory = Buffer.alloc(0)
      this.#storeInMemory(rest)
    }
  }

  #storeInMemory(batch: Buffer): void {
    const memory = this.#memory ?? Buffer.alloc(0)
    const room = memoryLimit - memory.length
    if (room <= 0) return
    const parts = [memory, batch.subarray(0, room)]
    if (batch.length >= room) {
      parts.push(markers.stderr, Buffer.from('\n[log truncated: it could not be written to the disk of the sandbox]\n'))
    }
    this.#memory = Buffer.concat(parts)
    this.size = this.#fileBytes + this.#memory.length
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
