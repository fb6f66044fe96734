import { join } from 'node:path'
import { findUser, readTableIn, type Snapshot, type SnapshotUser } from '../snapshots/snapshot.ts'
import type { Root } from './ground.ts'
import { refuse } from './refuse.ts'

/** Who does things inside, or owns them. */
export type BuildUser = Pick<SnapshotUser, 'uid' | 'gid' | 'groups' | 'home'>

/** Root inside. */
export const root: BuildUser = { uid: 0, gid: 0, groups: [], home: '/root' }

/** Looks up `user`, `user:group` or ids in the tables of a stage as it is now; `''` is root. */
export function findBuildUser(stage: Root, text: string, line: number): BuildUser {
  if (text === '') return root
  const [name = '', group] = text.split(':')
  const user = findIn(stage, name, line)
  if (group === undefined) return user
  return { ...user, gid: findGroup(stage, group, line), groups: [] }
}

/** The same for `--chown`, where a user without a group is followed by the group of the same name or number. */
export function findOwner(stage: Root, text: string, line: number): { uid: number; gid: number } {
  const { uid, gid } = findBuildUser(stage, text, line)
  return /^\d+$/.test(text) ? { uid, gid: uid } : { uid, gid }
}

function findIn(stage: Root, name: string, line: number): BuildUser {
  const nothing = { layers: [], user: '', workDir: null, env: {}, entrypoint: null, sizeBytes: 0, createdAtMs: 0 }
  const snapshot: Snapshot = { name: 'being built', tables: join(stage.path, 'etc'), ...nothing }
  try {
    return findUser(snapshot, name)
  } catch (error) {
    refuse(line, `unable to find user ${name.slice(0, 100)}: ${(error as Error).message}`)
  }
}

function findGroup(stage: Root, name: string, line: number): number {
  const lines = readTableIn(join(stage.path, 'etc'), 'group').toString('utf8').split('\n')
  const row = lines.map((text) => text.split(':')).find((fields) => fields[0] === name)
  const id = /^\d+$/.test(name) ? name : (row?.[2] ?? (name === 'root' ? '0' : ''))
  if (!/^\d{1,5}$/.test(id) || Number(id) > 65_534) refuse(line, `unable to find group ${name.slice(0, 100)}`)
  return Number(id)
}
