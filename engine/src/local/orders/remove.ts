import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openArchives } from '../archive/open.ts'
import type { S3Place } from '../archive/s3-bucket.ts'
import { cacheFolder } from '../build/cache.ts'
import { listChildren, removeCgroup } from '../cgroup/cgroup.ts'
import { deleteDisk, listDisks, unmountDisk } from '../disk/disks.ts'
import { removeDiskPool } from '../disk/pool.ts'
import { endStrays } from '../host/processes.ts'
import { archiveFolder, archiveIdFile, createLayout, type Layout } from '../layout.ts'
import { planAddresses } from '../network/addresses.ts'
import { removeFirewall } from '../network/firewall.ts'
import { closeHostNetwork } from '../network/host.ts'
import { listSlots, removeSlot } from '../network/slots.ts'
import { claimInstance, forgetInstance } from '../records/instance.ts'
import { removeContainer } from '../runtime/runc.ts'
import { savedFolder } from '../snapshots/saved.ts'
import { unstageAll } from '../volumes/stage.ts'
import { deleteVolumes } from '../volumes/volumes.ts'

/** What `removeLocalEngine` needs to know. */
export interface RemoveOptions {
  readonly data: string
  readonly network: string
  readonly archiveStore?: S3Place | null
}

/**
 * Removes all that the local engine with this data folder ever made on the machine: processes, mounts, network,
 * firewall rules, cgroups, and all disks. Throws CONFLICT when a platform runs with the folder. Safe to repeat.
 */
export async function removeLocalEngine({ data, network, archiveStore = null }: RemoveOptions): Promise<void> {
  const instance = await claimInstance(data)
  try {
    const layout = createLayout(data, instance.index)
    const plan = planAddresses(instance.network ?? network, instance.index)
    // First, as it alone may not be possible now, and nothing is lost then.
    await removeArchives(layout, archiveStore)
    await endStrays()
    const containers = [
      ...listFolder(layout.runc),
      ...listFolder(join(layout.runtime, 'sandboxes')),
      ...listChildren(layout.cgroup),
    ]
    for (const id of new Set(containers)) await removeContainer(layout, id)
    removeCgroup(layout.cgroup)
    for (const slot of listSlots(layout)) await removeSlot(layout, plan, slot)
    await closeHostNetwork(layout, plan)
    await removeFirewall(layout)
    for (const diskId of listFolder(join(layout.runtime, 'roots'))) await unmountDisk(layout, diskId)
    await unstageAll(layout)
    await removeDisks(layout)
    rmSync(join(layout.data, 'sandboxes'), { recursive: true, force: true })
    rmSync(archiveFolder(layout), { recursive: true, force: true })
    rmSync(archiveIdFile(layout), { force: true })
    rmSync(savedFolder(layout), { recursive: true, force: true })
    rmSync(cacheFolder(layout), { recursive: true, force: true })
    rmSync(layout.runtime, { recursive: true, force: true })
    forgetInstance(data, instance.index)
  } finally {
    await instance.release()
  }
}

/** What a bucket keeps of ours; a folder goes with the others. */
async function removeArchives(layout: Layout, place: S3Place | null): Promise<void> {
  if (place === null) return
  const archives = openArchives(layout, place)
  for (const name of await archives.list()) await archives.remove(name)
}

/** A pool of our own goes as a whole; on a btrfs of the machine's each disk is deleted. */
async function removeDisks(layout: ReturnType<typeof createLayout>): Promise<void> {
  if (!existsSync(layout.disks)) return
  const isOwnPool = existsSync(layout.diskPool)
  if (!isOwnPool) {
    for (const diskId of listDisks(layout)) await deleteDisk(layout, diskId)
    await deleteVolumes(layout)
  }
  await removeDiskPool(layout)
}

function listFolder(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : []
}
