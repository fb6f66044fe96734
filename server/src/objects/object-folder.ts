import { hash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { limits } from '@sandyard/protocol'
import { keyText, type ObjectKey } from './object-key.ts'
import { S3Error } from './s3-error.ts'

/** An object that is there, whole. */
export interface StoredObject {
  readonly key: ObjectKey
  readonly file: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
  readonly usedAtMs: number
  readonly etag: string
}

/**
 * Objects as files. The time of a file's last change is when it was put, that of its last access when it was last used.
 * What changes names does so at once, within one turn of the loop, so nothing comes between a look and the act.
 */
export interface ObjectFolder {
  /** A place for a file that is being written; what is left of such at the start is removed. */
  newFile(): string
  /** Gives the file, which is on disk, its name; what had it before is gone. */
  commit(file: string, key: ObjectKey, nowMs: number): Promise<StoredObject>
  find(key: ObjectKey): StoredObject | null
  /** Notes a use, which keeps it for longer. */
  touch(object: StoredObject, nowMs: number): void
  /** Those of an organization, sorted by key; only those of one hash when it is given. */
  list(organizationId: string, hash?: string): StoredObject[]
  organizations(): string[]
  remove(object: StoredObject): void
  discard(file: string): Promise<void>
  /** Throws InsufficientStorage when the file system would be left with too little for everything else. */
  requireRoom(bytes: number): Promise<void>
}

/** Opens the folder, and removes what a crash has left half-written. */
export function openObjectFolder(folder: string): ObjectFolder {
  const unfinished = join(folder, '.new')
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true, mode: 0o700 })
  const pathOf = ({ organizationId, hash: context, name }: ObjectKey) => join(folder, organizationId, context, name)

  function look(key: ObjectKey): StoredObject | null {
    const file = pathOf(key)
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats?.isFile() === true ? describe(key, file, stats) : null
  }
  const read = (path: string) => (existsSync(path) ? readdirSync(path) : [])

  return {
    newFile: () => join(unfinished, randomUUID()),
    async commit(file, key, nowMs) {
      const target = pathOf(key)
      utimesSync(file, nowMs / 1000, nowMs / 1000)
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
      renameSync(file, target)
      const object = look(key)
      if (object === null) throw new Error(`${target} is gone right after it got its name`)
      for (const path of [dirname(target), dirname(dirname(target)), folder]) await syncFolder(path)
      return object
    },
    find: look,
    touch: ({ file, modifiedAtMs }, nowMs) => utimesSync(file, nowMs / 1000, modifiedAtMs / 1000),
    list(organizationId, only) {
      const place = join(folder, organizationId)
      const hashes = only === undefined ? read(place) : [only]
      return hashes
        .flatMap((context) => read(join(place, context)).map((name) => look({ organizationId, hash: context, name })))
        .filter((object) => object !== null)
        .sort((one, other) => (keyText(one.key) < keyText(other.key) ? -1 : 1))
    },
    organizations: () => read(folder).filter((name) => !name.startsWith('.')),
    remove({ file }) {
      unlinkSync(file)
      for (const path of [dirname(file), dirname(dirname(file))]) {
        if (readdirSync(path).length > 0) return
        rmdirSync(path)
      }
    },
    discard: (file) => rm(file, { force: true }),
    async requireRoom(bytes) {
      const { bavail, bsize } = await statfs(folder)
      if (bavail * bsize - bytes < limits.objectSpareBytes) {
        throw new S3Error('InsufficientStorage', 'The machine has no room for this now')
      }
    },
  }
}

/** Told apart from every other content by where and when it was written; no MD5, which its dash tells clients. */
export function etagOf({ ino, size, mtimeMs }: Pick<Stats, 'ino' | 'size' | 'mtimeMs'>): string {
  return `${hash('sha256', `${ino}:${size}:${Math.round(mtimeMs)}`).slice(0, 32)}-1`
}

function describe(key: ObjectKey, file: string, stats: Stats): StoredObject {
  return {
    key,
    file,
    sizeBytes: stats.size,
    modifiedAtMs: Math.round(stats.mtimeMs),
    usedAtMs: Math.max(stats.atimeMs, stats.mtimeMs),
    etag: etagOf(stats),
  }
}

/** Puts the names in a folder on disk; one that was removed meanwhile needs none. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (handle === null) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
