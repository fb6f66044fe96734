import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'
import { mustRun } from '../host/run.ts'
import { syncFolder } from '../records/durable-file.ts'

/** Time for one pass over an archive, ms. */
export const passTimeoutMs = 3_600_000

/** What was put into a store, and how it is told from anything else. */
export interface ArchiveEntry {
  readonly name: string
  /** hex */
  readonly sha256: string
  readonly sizeBytes: number
}

/** Keeps archives: in a folder, or in a bucket of S3. */
export interface ArchiveStore {
  /** tells this place from others; what was put elsewhere is not found here */
  readonly place: string
  /** Keeps what is written to the file under a new name, for good once this resolves. A failure leaves nothing behind. */
  put(name: string, write: (file: string) => Promise<void>): Promise<ArchiveEntry>
  /** Has the archive read. Throws INTERNAL_SERVER_ERROR when it is not what was put, and leaves it as it is. */
  get(entry: ArchiveEntry, read: (file: string) => Promise<void>): Promise<void>
  /** Does nothing when there is none of the name. */
  remove(name: string): Promise<void>
  /** Names of all that is there, half-written ones too. */
  list(): Promise<string[]>
}

/** `place` of the folder of this machine. */
export const folderPlace = 'folder'

/** Archives in a folder of this machine. */
export function createFolderStore(folder: string): ArchiveStore {
  return {
    place: folderPlace,
    async put(name, write) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const temporary = join(folder, `${name}.new`)
      try {
        await write(temporary)
        const handle = await open(temporary, 'r')
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
        const entry = { name, sha256: await digestOf(temporary), sizeBytes: statSync(temporary).size }
        await rename(temporary, join(folder, name))
        await syncFolder(folder)
        return entry
      } catch (error) {
        rmSync(temporary, { force: true })
        throw error
      }
    },
    async get({ name, sha256, sizeBytes }, read) {
      const file = join(folder, name)
      const isWhole = existsSync(file) && statSync(file).size === sizeBytes && (await digestOf(file)) === sha256
      if (!isWhole) throw damaged(name)
      await read(file)
    },
    async remove(name) {
      await rm(join(folder, name), { force: true })
    },
    list: async () => (existsSync(folder) ? readdirSync(folder) : []),
  }
}

/** What is there is not what was put. */
export function damaged(name: string): PlatformError {
  return new PlatformError('INTERNAL_SERVER_ERROR', `The archive ${name} is missing or damaged; it is left as it is`)
}

/** Hex SHA-256 of a file. */
export async function digestOf(file: string): Promise<string> {
  return (await mustRun('sha256sum', ['--', file], { timeoutMs: passTimeoutMs })).slice(0, 64)
}
