import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '@sandyard/protocol'
import { etagOf } from './object-folder.ts'
import { type ObjectKey, parseKey } from './object-key.ts'
import { S3Error } from './s3-error.ts'
import type { NamedPart } from './xml.ts'

/** An upload in parts that is under way. */
export interface Upload {
  readonly id: string
  readonly key: ObjectKey
  readonly createdAtMs: number
}

/** A part that is there, whole. */
export interface Part {
  readonly number: number
  readonly file: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
  readonly etag: string
}

/** Uploads in parts, as folders: they outlive the process. */
export interface Uploads {
  begin(key: ObjectKey, nowMs: number): Upload
  /** Throws NoSuchUpload; also for one of another key. */
  require(id: string, key: ObjectKey): Upload
  list(organizationId: string): Upload[]
  all(): Upload[]
  /** Makes the file the part of this number, and gives what was it before. */
  addPart(
    upload: Upload,
    part: { readonly number: number; readonly file: string },
    nowMs: number,
  ): { part: Part; replaced: Part | null }
  /** Sorted by number. */
  parts(upload: Upload): Part[]
  /** ms of its last change */
  changedAtMs(upload: Upload): number
  /** Forgets the upload with its parts. */
  remove(upload: Upload): void
}

const description = 'upload.json'

/** Opens the folder; what cannot be read in it is removed. */
export function openUploads(folder: string): Uploads {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const uploads = new Map<string, Upload>()
  for (const id of readdirSync(folder)) {
    const upload = readUpload(folder, id)
    if (upload === null) rmSync(join(folder, id), { recursive: true, force: true })
    else uploads.set(id, upload)
  }
  const note = (id: string, nowMs: number) => utimesSync(join(folder, id), nowMs / 1000, nowMs / 1000)
  const partFile = (upload: Upload, number: number) => join(folder, upload.id, String(number).padStart(5, '0'))

  function look(upload: Upload, number: number): Part | null {
    const file = partFile(upload, number)
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats === undefined ? null : describe(number, file, stats)
  }

  return {
    begin(key, nowMs) {
      const upload = { id: randomBytes(16).toString('hex'), key, createdAtMs: nowMs }
      mkdirSync(join(folder, upload.id), { mode: 0o700 })
      writeFileSync(join(folder, upload.id, description), JSON.stringify({ ...key, createdAtMs: nowMs }), {
        mode: 0o600,
      })
      note(upload.id, nowMs)
      uploads.set(upload.id, upload)
      return upload
    },
    require(id, key) {
      const upload = uploads.get(id)
      const isIts =
        upload?.key.organizationId === key.organizationId &&
        upload.key.hash === key.hash &&
        upload.key.name === key.name
      if (upload === undefined || !isIts)
        throw new S3Error('NoSuchUpload', 'There is no such upload; it may have been completed or aborted')
      return upload
    },
    list: (organizationId) => [...uploads.values()].filter(({ key }) => key.organizationId === organizationId),
    all: () => [...uploads.values()],
    addPart(upload, { number, file }, nowMs) {
      // Aborted while the part was on its way.
      if (!uploads.has(upload.id)) throw new S3Error('NoSuchUpload', 'The upload has ended')
      const replaced = look(upload, number)
      renameSync(file, partFile(upload, number))
      note(upload.id, nowMs)
      const part = look(upload, number)
      if (part === null) throw new Error(`Part ${number} of upload ${upload.id} is gone right after it got its name`)
      return { part, replaced }
    },
    parts(upload) {
      return readdirSync(join(folder, upload.id))
        .filter((name) => /^\d{5}$/.test(name))
        .map((name) => look(upload, Number(name)))
        .filter((part) => part !== null)
        .sort((one, other) => one.number - other.number)
    },
    changedAtMs: ({ id }) => statSync(join(folder, id)).mtimeMs,
    remove({ id }) {
      uploads.delete(id)
      rmSync(join(folder, id), { recursive: true, force: true })
    },
  }
}

/**
 * The parts that the completion of an upload names, checked. Throws InvalidPart for those that are not there,
 * InvalidPartOrder, EntityTooSmall for a small one that is not the last, EntityTooLarge.
 */
export function chooseParts(found: readonly Part[], named: readonly NamedPart[]): Part[] {
  const byNumber = new Map(found.map((part) => [part.number, part]))
  const chosen = named.map(({ number, etag }, index) => {
    if (index > 0 && number <= (named[index - 1]?.number ?? 0))
      throw new S3Error('InvalidPartOrder', 'The parts are not in ascending order')
    const part = byNumber.get(number)
    if (part === undefined || part.etag !== etag)
      throw new S3Error('InvalidPart', `Part ${number} is not there, or is another one than named`)
    return part
  })
  if (chosen.slice(0, -1).some(({ sizeBytes }) => sizeBytes < limits.objectPartBytes)) {
    throw new S3Error('EntityTooSmall', 'Each part but the last must have 5 MiB or more')
  }
  const total = chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (total > limits.objectBytes) throw new S3Error('EntityTooLarge', 'The object would be larger than is allowed')
  return chosen
}

const copyBytes = 4 * 1024 * 1024

/** Writes the parts one after the other into a new file, which is on disk when this resolves. */
export async function joinParts(parts: readonly Part[], file: string): Promise<void> {
  const target = await open(file, 'wx', 0o600)
  try {
    const buffer = Buffer.allocUnsafe(copyBytes)
    for (const part of parts) {
      const source = await open(part.file, 'r')
      try {
        await copyInto(source, target, buffer)
      } finally {
        await source.close()
      }
    }
    await target.datasync()
  } finally {
    await target.close()
  }
}

async function copyInto(source: FileHandle, target: FileHandle, buffer: Buffer): Promise<void> {
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return
    await target.writeFile(buffer.subarray(0, bytesRead))
  }
}

function readUpload(folder: string, id: string): Upload | null {
  const file = join(folder, id, description)
  if (!existsSync(file)) return null
  try {
    const { organizationId, hash, name, createdAtMs } = JSON.parse(readFileSync(file, 'utf8')) as ObjectKey & {
      createdAtMs: number
    }
    return { id, key: parseKey(`${organizationId}/${hash}/${name}`, organizationId), createdAtMs }
  } catch {
    return null // Its writing was cut off, so its maker was never told of it.
  }
}

function describe(number: number, file: string, stats: Stats): Part {
  return { number, file, sizeBytes: stats.size, modifiedAtMs: Math.round(stats.mtimeMs), etag: etagOf(stats) }
}
