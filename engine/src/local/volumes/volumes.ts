import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { isUuid, PlatformError } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { deleteSubvolume } from '../disk/disks.ts'
import { mustRun } from '../host/run.ts'
import { type Layout, volumesFolder } from '../layout.ts'
import { syncFolder } from '../records/durable-file.ts'
import { containerRootId } from '../records/ids.ts'

const GiB = 1024 ** 3

/**
 * A volume is a btrfs subvolume beside the disks, with a size limit that counts files and what describes them. Its files
 * are owned on disk like those of disks; root inside owns its first folder, in which every user may write.
 */
export function volumePath(layout: Layout, volumeId: string): string {
  return join(volumesFolder(layout), volumeId)
}

/** Makes an empty volume, or finds it there. Throws BAD_REQUEST for an id that is no UUID. */
export async function makeVolume({ layout, volumeSizeGib }: Context, volumeId: string): Promise<void> {
  if (!isUuid(volumeId)) throw new PlatformError('BAD_REQUEST', `${volumeId.slice(0, 100)} is no id of a volume`)
  const path = volumePath(layout, volumeId)
  if (existsSync(path)) return
  mkdirSync(volumesFolder(layout), { recursive: true, mode: 0o700 })
  const unfinished = join(volumesFolder(layout), `.new-${randomUUID()}`)
  try {
    await mustRun('btrfs', ['subvolume', 'create', unfinished])
    chownSync(unfinished, containerRootId, containerRootId)
    chmodSync(unfinished, 0o777)
    await limitVolume(unfinished, volumeSizeGib)
    // It gets its name when it is whole, and whoever is told of it finds it again after a loss of power.
    renameSync(unfinished, path)
    await syncFolder(volumesFolder(layout))
    await syncFolder(path)
  } catch (error) {
    await deleteSubvolume(layout, unfinished)
    throw error
  }
}

/** Removes a volume with all that is in it. Throws CONFLICT while a sandbox has it, running or not. */
export async function removeVolume(context: Context, volumeId: string): Promise<void> {
  const { layout } = context
  if (!isUuid(volumeId) || !existsSync(volumePath(layout, volumeId))) return
  const specs = [...[...context.records.values()].map(({ spec }) => spec), ...context.making]
  const user = specs.find((spec) => spec.volumes.some((mount) => mount.volumeId === volumeId))
  if (user !== undefined) {
    throw new PlatformError('CONFLICT', `The volume ${volumeId} is in use by the sandbox ${user.id}`)
  }
  // Before anything is waited for: no sandbox may begin to have it now.
  const removed = join(volumesFolder(layout), `.old-${randomUUID()}`)
  renameSync(volumePath(layout, volumeId), removed)
  await deleteSubvolume(layout, removed)
  await syncFolder(volumesFolder(layout))
}

/** Removes what a crash has left of volumes that were being made or removed, and gives all others today's limit. */
export function tidyVolumes({ layout, volumeSizeGib, trash }: Context): void {
  for (const name of listVolumes(layout)) {
    const path = volumePath(layout, name)
    if (isUuid(name)) {
      trash.add(`limit of volume ${name}`, async () => {
        // One that is removed meanwhile needs none.
        await limitVolume(path, volumeSizeGib).catch((error) => {
          if (existsSync(path)) throw error
        })
      })
    }
    if (!isUuid(name)) trash.add(`volume ${name}`, () => deleteSubvolume(layout, path))
  }
}

/** Removes all volumes. */
export async function deleteVolumes(layout: Layout): Promise<void> {
  for (const name of listVolumes(layout)) await deleteSubvolume(layout, volumePath(layout, name))
}

async function limitVolume(path: string, sizeGib: number): Promise<void> {
  await mustRun('btrfs', ['qgroup', 'limit', String(Math.floor(sizeGib * GiB)), path])
}

function listVolumes(layout: Layout): string[] {
  return existsSync(volumesFolder(layout)) ? readdirSync(volumesFolder(layout)) : []
}
