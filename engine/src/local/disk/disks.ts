import { randomUUID } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import { containerRootId } from '../records/ids.ts'
import { mountMappedOverlay } from './mapped-overlay.ts'
import { listMounts } from './pool.ts'

const GiB = 1024 ** 3

/**
 * A disk is a btrfs subvolume with a size limit: `upper` holds what the sandbox changed of its snapshot, `work` is
 * the overlay's own, `etc` the few files that are mounted over the snapshot's. All of it counts against the limit.
 */
export interface DiskPaths {
  readonly subvolume: string
  readonly upper: string
  readonly work: string
  readonly etc: string
  /** where its overlay is mounted while the sandbox runs */
  readonly root: string
}

/** Paths of a disk. */
export function diskPaths(layout: Layout, diskId: string): DiskPaths {
  const subvolume = join(layout.disks, diskId)
  return {
    subvolume,
    upper: join(subvolume, 'upper'),
    work: join(subvolume, 'work'),
    etc: join(subvolume, 'etc'),
    root: join(layout.runtime, 'roots', diskId),
  }
}

/** Makes an empty disk of this size and gives its id. A failure leaves nothing behind. */
export async function makeDisk(layout: Layout, sizeGib: number): Promise<string> {
  const diskId = randomUUID()
  const paths = diskPaths(layout, diskId)
  try {
    await mustRun('btrfs', ['subvolume', 'create', paths.subvolume])
    for (const folder of [paths.upper, paths.work, paths.etc]) mkdirSync(folder, { mode: 0o755 })
    chownSync(paths.upper, containerRootId, containerRootId)
    await limitDisk(layout, diskId, sizeGib)
    return diskId
  } catch (error) {
    await deleteDisk(layout, diskId)
    throw error
  }
}

/**
 * Makes a disk that begins as a copy of another, as that is at this moment: all that was written to it before is in the
 * copy, on the disk of the machine. Blocks are shared until one of the two changes them. Until `limitDisk` the copy has
 * no limit. A failure leaves nothing behind.
 */
export async function copyDisk(layout: Layout, sourceId: string): Promise<string> {
  const diskId = randomUUID()
  const paths = diskPaths(layout, diskId)
  try {
    await mustRun('btrfs', ['subvolume', 'snapshot', diskPaths(layout, sourceId).subvolume, paths.subvolume])
    // It has the limit of the source, and may be as full.
    await mustRun('btrfs', ['qgroup', 'limit', 'none', paths.subvolume])
    // What belongs to the mount and the start of the source.
    for (const folder of [paths.work, paths.etc]) {
      await rm(folder, { recursive: true, force: true })
      mkdirSync(folder, { mode: 0o755 })
    }
    await rm(join(paths.subvolume, 'agent.log'), { force: true })
    return diskId
  } catch (error) {
    await deleteDisk(layout, diskId)
    throw error
  }
}

/** From here on nothing of the disk changes: a layer for others. */
export async function sealDisk(layout: Layout, diskId: string): Promise<void> {
  const paths = diskPaths(layout, diskId)
  await rm(paths.work, { recursive: true, force: true })
  await mustRun('btrfs', ['property', 'set', '-ts', paths.subvolume, 'ro', 'true'])
}

/** Bytes that the disk refers to, metadata included; what it shares with others counts in full. */
export async function diskUse(layout: Layout, diskId: string): Promise<number> {
  const { subvolume } = diskPaths(layout, diskId)
  const id = (await mustRun('btrfs', ['inspect-internal', 'rootid', subvolume])).trim()
  const groups = await mustRun('btrfs', ['qgroup', 'show', '-f', '--raw', subvolume])
  return Number(new RegExp(`^0/${id}\\s+(\\d+)`, 'm').exec(groups)?.[1] ?? 0)
}

/** A number that is the same as long as nothing at all is written to the disk. What was written before is on disk then. */
export async function diskGeneration(layout: Layout, diskId: string): Promise<number> {
  const { subvolume } = diskPaths(layout, diskId)
  // The number belongs to what is on disk, so that must be all.
  await mustRun('btrfs', ['filesystem', 'sync', subvolume])
  const shown = await mustRun('btrfs', ['subvolume', 'show', subvolume])
  const generation = /^\s*Generation:\s+(\d+)$/m.exec(shown)?.[1]
  if (generation === undefined) throw new Error(`btrfs tells no generation of ${subvolume}`)
  return Number(generation)
}

/** Sets how much may be written to the disk, metadata included. `extraBytes` come on top of its size. */
export async function limitDisk(layout: Layout, diskId: string, sizeGib: number, extraBytes = 0): Promise<void> {
  const { subvolume } = diskPaths(layout, diskId)
  await mustRun('btrfs', ['qgroup', 'limit', String(sizeGib * GiB + extraBytes), subvolume])
}

/**
 * Mounts the disk over the layers of its snapshot, with its files owned by the ids of a range. Does nothing when it is
 * mounted.
 * @param rootId host id of root inside, see ids.ts
 */
export async function mountDisk(
  layout: Layout,
  diskId: string,
  layers: readonly string[],
  rootId: number,
): Promise<void> {
  const paths = diskPaths(layout, diskId)
  mkdirSync(paths.root, { recursive: true, mode: 0o711 })
  if (listMounts().includes(paths.root)) return
  await mountMappedOverlay({ root: paths.root, layers, disk: paths.subvolume, rootId })
}

/** Unmounts the disk. Does nothing when it is not mounted. */
export async function unmountDisk(layout: Layout, diskId: string): Promise<void> {
  const { root } = diskPaths(layout, diskId)
  if (!existsSync(root)) return
  if (listMounts().includes(root)) {
    const gentle = await run('umount', [root])
    // Something on the host looks into it just now: hide it at once, it goes when the last one leaves.
    if (gentle.exitCode !== 0) await mustRun('umount', ['--lazy', root])
  }
  rmdirSync(root)
}

/** Removes the disk with everything on it, and its quota group. Does nothing when it is gone. */
export async function deleteDisk(layout: Layout, diskId: string): Promise<void> {
  await unmountDisk(layout, diskId)
  await deleteSubvolume(layout, diskPaths(layout, diskId).subvolume)
}

/** Removes a subvolume of the disks' file system for good, and its quota group. Does nothing when it is gone. */
export async function deleteSubvolume(layout: Layout, subvolume: string): Promise<void> {
  if (!existsSync(subvolume)) return
  const subvolumeId = (await mustRun('btrfs', ['inspect-internal', 'rootid', subvolume])).trim()
  await mustRun('btrfs', ['subvolume', 'delete', subvolume])
  // The kernel keeps the empty group of a deleted subvolume; it can be busy until the cleaner has passed.
  await run('btrfs', ['qgroup', 'destroy', `0/${subvolumeId}`, layout.disks])
}

/** Ids of all disks that exist. */
export function listDisks(layout: Layout): string[] {
  return readdirSync(layout.disks).filter((name) => statSync(join(layout.disks, name)).ino === 256)
}
