import { basename } from 'node:path'
import { mustRun } from '../host/run.ts'
import type { Layout } from '../layout.ts'

/**
 * Bytes that each disk refers to, metadata included, by disk id; what it shares with others counts in full. Two programs
 * for all disks together. What was written lately may be missing until the file system commits, which it does every 30 s.
 */
export async function diskUses({ disks }: Pick<Layout, 'disks'>): Promise<ReadonlyMap<string, number>> {
  const [subvolumes, groups] = await Promise.all([
    mustRun('btrfs', ['subvolume', 'list', disks]),
    mustRun('btrfs', ['qgroup', 'show', '--raw', disks]),
  ])
  return joinDiskUses(subvolumes, groups)
}

/** The same, of what the two programs print. */
export function joinDiskUses(subvolumes: string, groups: string): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>()
  for (const [, id = '', referred] of groups.matchAll(/^0\/(\d+)\s+(\d+)/gm)) bytes.set(id, Number(referred))
  const uses = new Map<string, number>()
  for (const [, id = '', path = ''] of subvolumes.matchAll(/^ID (\d+) .*? path (.+)$/gm)) {
    uses.set(basename(path), bytes.get(id) ?? 0)
  }
  return uses
}
