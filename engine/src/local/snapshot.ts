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

/** Looks the user up in the snapshot's own tables. Throws BAD_REQUEST when it has no such user. */
export function findUser(snapshot: Snapshot, name: string): SnapshotUser {
  const row = readTable(snapshot, 'passwd').find((fields) => fields[0] === name)
  if (row === undefined) {
    if (name === 'root') return { name, uid: 0, gid: 0, groups: [], home: '/root', shell: '/bin/sh' }
    throw new PlatformError('BAD_REQUEST', `The snapshot ${snapshot.name} has no user ${name}`)
  }
  const groups = readTable(snapshot, 'group').filter((fields) => fields[3]?.split(',').includes(name) === true)
  return {
    name,
    uid: parseId(row[2]),
    gid: parseId(row[3]),
    groups: groups.map((fields) => parseId(fields[2])),
    home: row[5]?.startsWith('/') === true ? row[5] : '/',
    shell: row[6] || '/bin/sh',
  }
}

/** A snapshot's files are a stranger's: no links are followed, nothing but a plain file of sane size is read. */
function readTable(snapshot: Snapshot, name: string): string[][] {
  let fd: number
  try {
    fd = openSync(join(snapshot.rootfs, 'etc', name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
  try {
    if (!fstatSync(fd).isFile()) return []
    const buffer = Buffer.alloc(tableLimitBytes)
    const length = readSync(fd, buffer, 0, tableLimitBytes, 0)
    const lines = buffer.toString('utf8', 0, length).split('\n')
    return lines.map((line) => line.split(':')).filter((fields) => fields.length > 3)
  } finally {
    closeSync(fd)
  }
}

function parseId(text: string | undefined): number {
  const id = Number(text)
  if (text === undefined || !/^\d{1,5}$/.test(text) || id > 65_534) throw new Error(`Not a user or group id: ${text}`)
  return id
}
