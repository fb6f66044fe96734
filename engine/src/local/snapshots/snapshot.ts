import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'

/** A snapshot on this host, and what its image says of how to work in it. */
export interface Snapshot {
  readonly name: string
  /**
   * folders that make the root file system together, the topmost first; the last is a whole one. Owned by the shifted
   * ids of sandboxes, never written to
   */
  readonly layers: readonly string[]
  /** folder with the tables of users and groups, as sandboxes of it begin with them */
  readonly tables: string
  /** user when a sandbox names none */
  readonly user: string
  /** folder that relative paths start from; `null` is the user's home */
  readonly workDir: string | null
  readonly env: Readonly<Record<string, string>>
  /** program and arguments that every sandbox of it runs beside the agent; `null` is nothing */
  readonly entrypoint: readonly string[] | null
  readonly sizeBytes: number
  readonly createdAtMs: number
}

/** A snapshot that lies unpacked in one folder. */
export interface UnpackedSnapshot extends Omit<Snapshot, 'layers' | 'tables'> {
  /** folder with the root file system, owned by the shifted ids of sandboxes; never written to */
  readonly rootfs: string
}

/** The snapshot that lies in one folder. */
export function snapshotIn({ rootfs, ...rest }: UnpackedSnapshot): Snapshot {
  return { ...rest, layers: [rootfs], tables: join(rootfs, 'etc') }
}

/** A user of a snapshot. */
export interface SnapshotUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** further groups */
  readonly groups: readonly number[]
  readonly home: string
  readonly shell: string
}

const tableLimitBytes = 1024 * 1024

/**
 * Looks the user up in the snapshot's own tables: by name, or by id as images may name their user, with or without an
 * entry. Throws BAD_REQUEST when it has no such user, or a broken one.
 */
export function findUser(snapshot: Snapshot, wanted: string): SnapshotUser {
  const isId = /^\d+$/.test(wanted)
  const row = readTable(snapshot, 'passwd').find((fields) => fields[isId ? 2 : 0] === wanted)
  const name = isId ? (row?.[0] ?? wanted) : wanted
  if (row === undefined) {
    if (name === 'root' || isId) {
      const id = isId ? parseId(snapshot, wanted) : 0
      return { name, uid: id, gid: 0, groups: [], home: id === 0 ? '/root' : '/', shell: '/bin/sh' }
    }
    throw new PlatformError('BAD_REQUEST', `The snapshot ${snapshot.name} has no user ${wanted}`)
  }
  const groups = readTable(snapshot, 'group').filter((fields) => fields[3]?.split(',').includes(name) === true)
  return {
    name,
    uid: parseId(snapshot, row[2]),
    gid: parseId(snapshot, row[3]),
    groups: groups.map((fields) => parseId(snapshot, fields[2])),
    home: row[5]?.startsWith('/') === true ? row[5] : '/',
    shell: row[6] || '/bin/sh',
  }
}

/** Tables that say which users and groups there are. */
export const tableNames = ['passwd', 'group'] as const

/**
 * The text of a table in a folder, cut off where it is too long. The files are a stranger's: no links are followed,
 * nothing but a plain file of sane size is read. What cannot be read counts as empty.
 */
export function readTableIn(tables: string, name: (typeof tableNames)[number]): Buffer {
  const nothing = Buffer.alloc(0)
  const folder = openPlain(tables, constants.O_DIRECTORY)
  if (folder === null) return nothing
  try {
    // By way of the open folder, so that it cannot be a link either.
    const file = openPlain(`/proc/self/fd/${folder}/${name}`, constants.O_NONBLOCK)
    if (file === null) return nothing
    try {
      if (!fstatSync(file).isFile()) return nothing
      const buffer = Buffer.alloc(tableLimitBytes)
      return buffer.subarray(0, readSync(file, buffer, 0, tableLimitBytes, 0))
    } finally {
      closeSync(file)
    }
  } finally {
    closeSync(folder)
  }
}

function openPlain(path: string, flags: number): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | flags)
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

function readTable({ tables }: Snapshot, name: (typeof tableNames)[number]): string[][] {
  const content = readTableIn(tables, name)
  const lines = content.toString('utf8').split('\n')
  // The last line of a table that is cut off may be half of one.
  if (content.length === tableLimitBytes) lines.pop()
  return lines.map((line) => line.split(':')).filter((fields) => fields.length > 3)
}

function parseId(snapshot: Snapshot, text: string | undefined): number {
  const id = Number(text)
  if (text === undefined || !/^\d{1,5}$/.test(text) || id > 65_534) {
    throw new PlatformError(
      'BAD_REQUEST',
      `The snapshot ${snapshot.name} has a user or group with a broken id: ${text}`,
    )
  }
  return id
}
