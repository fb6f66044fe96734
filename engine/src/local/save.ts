import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError, type SnapshotInfo } from '@sandyard/protocol'
import { snapshotOf } from './bundle.ts'
import type { Context } from './context.ts'
import { copyDisk, deleteDisk, diskPaths, diskUse, mountDisk, sealDisk, unmountDisk } from './disk/disks.ts'
import { mostLayers } from './disk/mapped-overlay.ts'
import { containerRootId } from './ids.ts'
import { refuseUnless, requireRecord } from './life.ts'
import { removeSaved, type SavedSnapshot, snapshotOfSaved, writeSaved } from './saved-snapshot.ts'
import { readTableIn, type Snapshot, tableNames } from './snapshot.ts'

/**
 * Saves the disk of a sandbox, as it is at this moment, as a snapshot under a new name. Throws CONFLICT when the name is
 * taken, UNPROCESSABLE_ENTITY when it would stand on too many others.
 */
export async function saveSnapshot(context: Context, sandboxId: string, name: string): Promise<SnapshotInfo> {
  const { layout } = context
  const record = requireRecord(context, sandboxId)
  refuseUnless(record, ['running', 'paused', 'stopped'])
  if (context.snapshots.has(name)) throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
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
      rootfs: parent.layers.at(-1) ?? '',
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
 * Removes a saved snapshot. Does nothing when there is none of the name. Throws CONFLICT while a sandbox or another
 * snapshot stands on it, and for those that came with the platform.
 */
export async function removeSnapshot(context: Context, name: string): Promise<void> {
  const saved = context.saved.get(name)
  if (saved === undefined) {
    if (!context.snapshots.has(name)) return
    throw new PlatformError('CONFLICT', `The snapshot ${name} was not saved from a sandbox and cannot be removed`)
  }
  const refuse = (count: number, things: string): never => {
    throw new PlatformError('CONFLICT', `The snapshot ${name} is in use by ${count} ${things}; delete them first`)
  }
  const specs = [...[...context.records.values()].map(({ spec }) => spec), ...context.making]
  const sandboxes = new Set(specs.filter((spec) => spec.snapshot === name).map((spec) => spec.id)).size
  if (sandboxes > 0) refuse(sandboxes, sandboxes === 1 ? 'sandbox' : 'sandboxes')
  const above = [...context.saved.values()].filter((other) => other !== saved && other.disks.includes(saved.id)).length
  if (above > 0)
    refuse(above, above === 1 ? 'snapshot that was saved on top of it' : 'snapshots that were saved on top of it')
  // Before anything is waited for: nobody may begin to stand on it now.
  context.saved.delete(name)
  context.snapshots.delete(name)
  try {
    await removeSaved(context.layout, saved)
  } catch (error) {
    publishSaved(context, saved)
    throw error
  }
  context.trash.add(`snapshot ${name}`, () => deleteDisk(context.layout, saved.id))
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
  const { root, etc } = diskPaths(layout, diskId)
  await mountDisk(layout, diskId, parent.layers, containerRootId)
  try {
    for (const name of tableNames) writeFileSync(join(etc, name), readTableIn(join(root, 'etc'), name))
  } finally {
    await unmountDisk(layout, diskId)
  }
}
