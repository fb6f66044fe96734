import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid, limits, PlatformError } from '@sandyard/protocol'
import type { Log } from '../log.ts'

/** Where one build, or one run of a preview environment, writes what it tells. */
export interface LogWriter {
  /** Adds a text; what is over the limit is left out, and the log says so. */
  write(text: string): void
  close(): void
}

/** What builds tell, or runs of preview environments, a file each. */
export interface BuildLogs {
  /** Goes on with the log of a build, or begins it. */
  writer(id: string): LogWriter
  /**
   * The log from its beginning. With `isOver` it goes on, until that says that the build has ended and all is read.
   * While `isBegun` says no, what is there is an older log. Throws TOO_MANY_REQUESTS when too many read, in all or of
   * this owner.
   */
  read(
    id: string,
    owner: string,
    isOver?: () => Promise<boolean>,
    isBegun?: () => Promise<boolean>,
  ): ReadableStream<Uint8Array>
  /** Tells followers that the build has ended, or will at once. */
  wake(id: string): void
  remove(id: string): Promise<void>
  /** Whose logs are there. */
  ids(): Promise<string[]>
  /** Ends all followers. */
  close(): void
}

const chunkBytes = 64 * 1024
/** Followers look again after this time even when nobody has woken them, ms. */
const lookMs = 5_000

/** What logs are of, and where they lie. */
interface Room {
  readonly folder: string
  /** folder in the folder */
  readonly name: string
  /** for people: who tells */
  readonly what: string
  /** of one log */
  readonly mostBytes: number
  readonly log: Log
}

/** Makes the logs of builds, in `build-logs` of the folder. */
export function createBuildLogs({ folder, log }: Pick<Room, 'folder' | 'log'>): BuildLogs {
  return createLogs({ folder, name: 'build-logs', what: 'build', mostBytes: limits.buildLogBytes, log })
}

/** Makes logs. */
export function createLogs({ folder, name, what, mostBytes, log }: Room): BuildLogs {
  const root = join(folder, name)
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const waiting = new Map<string, Set<() => void>>()
  let readers = 0
  const readersOf = new Map<string, number>()
  let isClosed = false

  function fileOf(id: string): string {
    if (!isUuid(id)) throw new Error(`${id} is not the id of a ${what}`)
    return join(root, `${id}.log`)
  }

  function wake(id: string): void {
    for (const look of waiting.get(id) ?? []) look()
  }

  /** Notices the next change of the log from here on, or that a while has passed, or that the reader leaves. */
  function watch(id: string, leaving: AbortSignal): { readonly changed: Promise<void>; stop(): void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const looks = waiting.get(id) ?? new Set()
    waiting.set(id, looks.add(resolve))
    const timer = setTimeout(resolve, lookMs)
    leaving.addEventListener('abort', () => resolve(), { once: true })
    return {
      changed: promise,
      stop() {
        clearTimeout(timer)
        looks.delete(resolve)
        if (looks.size === 0 && waiting.get(id) === looks) waiting.delete(id)
      },
    }
  }

  return {
    wake,
    writer(id) {
      const file = openSync(fileOf(id), 'a', 0o600)
      let room = mostBytes - fstatSync(file).size
      let isOpen = true
      return {
        write(text) {
          if (!isOpen || room <= 0) return
          const bytes = Buffer.from(text)
          const fits = bytes.length <= room
          const cut = `\n[the log is longer than ${mostBytes} bytes; the rest is left out]\n`
          try {
            writeAll(file, fits ? bytes : Buffer.concat([bytes.subarray(0, room), Buffer.from(cut)]))
          } catch (error) {
            // Nothing fails because its log does.
            log.warn({ error, id }, `the log of a ${what} could not be written`)
          }
          room -= bytes.length
          wake(id)
        },
        close() {
          if (isOpen) closeSync(file)
          isOpen = false
        },
      }
    },

    read(id, owner, isOver, isBegun) {
      if ((readersOf.get(owner) ?? 0) >= limits.buildLogReadersOfOrganization) {
        const most = `${limits.buildLogReadersOfOrganization} ${what} logs`
        throw new PlatformError('TOO_MANY_REQUESTS', `More than ${most} are being read by one organization`)
      }
      if (readers >= limits.buildLogReaders) {
        throw new PlatformError('TOO_MANY_REQUESTS', `More than ${limits.buildLogReaders} ${what} logs are being read`)
      }
      const path = fileOf(id)
      const leaving = new AbortController()
      let file: FileHandle | undefined
      /** nothing is written any more */
      let isWhole = false
      let hasEnded = false
      readers += 1
      readersOf.set(owner, (readersOf.get(owner) ?? 0) + 1)

      async function end(): Promise<void> {
        if (hasEnded) return
        hasEnded = true
        readers -= 1
        const others = (readersOf.get(owner) ?? 1) - 1
        if (others === 0) readersOf.delete(owner)
        else readersOf.set(owner, others)
        leaving.abort()
        await file?.close()
      }

      async function next(): Promise<Uint8Array | undefined> {
        while (!isClosed && !leaving.signal.aborted) {
          // Watched before it is read: what is written meanwhile is not missed.
          const watched = watch(id, leaving.signal)
          try {
            isWhole ||= (await isOver?.()) ?? true
            if (file === undefined && ((await isBegun?.()) ?? true)) file = await openIfThere(path)
            const chunk = file === undefined ? undefined : await readChunk(file)
            if (chunk !== undefined || isWhole) return chunk
            await watched.changed
          } finally {
            watched.stop()
          }
        }
        return undefined
      }

      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              const chunk = await next()
              if (chunk !== undefined) return controller.enqueue(chunk)
              await end()
              controller.close()
            } catch (error) {
              await end()
              throw error
            }
          },
          cancel: end,
        },
        { highWaterMark: 0 },
      )
    },

    async remove(id) {
      await rm(fileOf(id), { force: true })
      wake(id)
    },

    async ids() {
      const names = await readdir(root)
      return names.flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -'.log'.length)] : [])).filter(isUuid)
    },

    close() {
      isClosed = true
      for (const id of [...waiting.keys()]) wake(id)
    },
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What comes next in the file; `undefined` at its end. */
async function readChunk(file: FileHandle): Promise<Uint8Array | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes)
  return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
}
