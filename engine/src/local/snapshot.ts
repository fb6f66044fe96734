import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'

/** An unpacked snapshot on this host, and what its image says of how to work in it. */
export interface Snapshot {
  readonly name: string
  /** folder with the root file system, owned by the shifted ids of sandboxes; never written to */
  readonly rootfs: string
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

/**
 * A snapshot's files are a stranger's: no links are followed, nothing but a plain file of sane size is read. What
 * cannot be read counts as empty.
 */
function readTable(snapshot: Snapshot, name: string): string[][] {
  const folder = openPlain(join(snapshot.rootfs, 'etc'), constants.O_DIRECTORY)
  if (folder === null) return []
  try {
    // By way of the open folder, so that it cannot be a link either.
    const file = openPlain(`/proc/self/fd/${folder}/${name}`, constants.O_NONBLOCK)
    if (file === null) return []
    try {
      return fstatSync(file).isFile() ? parseTable(file) : []
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

function parseTable(file: number): string[][] {
  const buffer = Buffer.alloc(tableLimitBytes)
  const length = readSync(file, buffer, 0, tableLimitBytes, 0)
  const lines = buffer.toString('utf8', 0, length).split('\n')
  // The last line of a table that is cut off may be half of one.
  if (length === tableLimitBytes) lines.pop()
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
