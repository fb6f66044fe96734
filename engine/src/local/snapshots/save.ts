import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError, type SnapshotInfo } from '@sandyard/protocol'
import { snapshotOf } from '../bundle.ts'
import type { Context } from '../context.ts'
import { copyDisk, deleteDisk, diskPaths, diskUse, mountDisk, sealDisk, unmountDisk } from '../disk/disks.ts'
import { mostLayers } from '../disk/mapped-overlay.ts'
import { looseDisks } from '../images/layers.ts'
import type { Layout } from '../layout.ts'
import { refuseUnless, requireRecord } from '../orders/life.ts'
import { containerRootId } from '../records/ids.ts'
import { removeSaved, type SavedSnapshot, snapshotOfSaved, writeSaved } from './saved.ts'
import { readTableIn, type Snapshot, tableNames } from './snapshot.ts'

/**
 * Saves the disk of a sandbox, as it is at this moment, as a snapshot under a new name. Throws CONFLICT when the name is
 * taken, UNPROCESSABLE_ENTITY when it would stand on too many others.
 */
export async function saveSnapshot(context: Context, sandboxId: string, name: string): Promise<SnapshotInfo> {
  const { layout } = context
  const record = requireRecord(context, sandboxId)
  refuseUnless(record, ['running', 'paused', 'stopped'])
  if (context.snapshots.has(name) || context.images.makings.has(name))
    throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
  const parent = snapshotOf(context, record.spec)
  if (parent.layers.length >= mostLayers) {
    throw new PlatformError(
      'UNPROCESSABLE_ENTITY',
      `The snapshot would be saved on top of ${parent.layers.length - 1} others; not more than that are possible`,
    )
  }
  const id = await copyDisk(layout, record.diskId)
  try {
    await keepTables(context, id, parent)
    await sealDisk(layout, id)
    const below = context.saved.get(parent.name)
    const { workDir, env, entrypoint } = parent
    const saved: SavedSnapshot = {
      id,
      name,
      disks: [id, ...(below?.disks ?? [])],
      rootfs: below === undefined ? (parent.layers.at(-1) ?? null) : below.rootfs,
      user: record.spec.user,
      workDir,
      env: { ...env },
      entrypoint: entrypoint === null ? null : [...entrypoint],
      sizeBytes: parent.sizeBytes + (await diskUse(layout, id)),
      createdAtMs: Date.now(),
    }
    await writeSaved(layout, saved)
    publishSaved(context, saved)
    context.log.info({ sandboxId, snapshot: name, layers: saved.disks.length + 1 }, 'snapshot saved')
    return infoOf(snapshotOfSaved(layout, saved))
  } catch (error) {
    await deleteDisk(layout, id)
    throw error
  }
}

/**
 * Removes a snapshot that was saved or made. Does nothing when there is none of the name. Throws CONFLICT while a sandbox
 * stands on it, and for those that came with the platform. What other snapshots have of its layers stays.
 */
export async function removeSnapshot(context: Context, name: string): Promise<void> {
  const saved = context.saved.get(name)
  if (saved === undefined) {
    if (!context.snapshots.has(name)) return
    throw new PlatformError('CONFLICT', `The snapshot ${name} came with the platform and cannot be removed`)
  }
  const specs = [...[...context.records.values()].map(({ spec }) => spec), ...context.making]
  const sandboxes = new Set(specs.filter((spec) => spec.snapshot === name).map((spec) => spec.id)).size
  if (sandboxes > 0) {
    const things = sandboxes === 1 ? 'sandbox' : 'sandboxes'
    throw new PlatformError('CONFLICT', `The snapshot ${name} is in use by ${sandboxes} ${things}; delete them first`)
  }
  // Before anything is waited for: nobody may begin to stand on it now.
  context.saved.delete(name)
  context.snapshots.delete(name)
  try {
    await removeSaved(context.layout, saved)
  } catch (error) {
    publishSaved(context, saved)
    throw error
  }
  looseDisks(context, saved.disks)
}

/** Makes it known to all verbs. */
export function publishSaved(context: Context, saved: SavedSnapshot): void {
  context.saved.set(saved.name, saved)
  context.snapshots.set(saved.name, snapshotOfSaved(context.layout, saved))
}

/** What others are told of a snapshot. */
export function infoOf({ name, sizeBytes, createdAtMs, user, entrypoint }: Snapshot): SnapshotInfo {
  return { name, sizeBytes, createdAtMs, user, entrypoint }
}

/**
 * Keeps the tables of users as sandboxes of the snapshot will find them, beside its layer. What of them lies in which
 * layer, or was deleted in one, only the overlay knows.
 */
async function keepTables({ layout }: Context, diskId: string, parent: Snapshot): Promise<void> {
  const tables = await readTables(layout, diskId, parent.layers)
  for (const name of tableNames) writeFileSync(join(diskPaths(layout, diskId).etc, name), tables[name])
}

/** The tables of users in a disk over layers. The disk must not be mounted. */
export async function readTables(
  layout: Layout,
  diskId: string,
  layers: readonly string[],
): Promise<Record<(typeof tableNames)[number], Buffer>> {
  const etc = join(diskPaths(layout, diskId).root, 'etc')
  await mountDisk(layout, diskId, layers, containerRootId)
  try {
    return { passwd: readTableIn(etc, 'passwd'), group: readTableIn(etc, 'group') }
  } finally {
    await unmountDisk(layout, diskId)
  }
}
