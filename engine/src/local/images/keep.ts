import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { SnapshotInfo } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { deleteDisk, diskPaths, makeDisk } from '../disk/disks.ts'
import { writeDurably } from '../records/durable-file.ts'
import { infoOf, publishSaved, readTables } from '../snapshots/save.ts'
import { removeTables, type SavedSnapshot, snapshotOfSaved, tablesFolder, writeSaved } from '../snapshots/saved.ts'
import { findUser, tableNames } from '../snapshots/snapshot.ts'
import type { Image } from './image.ts'

/** How a snapshot differs from its image. */
export interface KeepOptions {
  /** instead of the image's own program; `null` keeps that */
  readonly entrypoint: readonly string[] | null
}

/**
 * Writes the record of a snapshot made of the image and makes it known: from here on it is there after any crash. Throws
 * BAD_REQUEST when the image's user is none.
 */
export async function keepImage(
  context: Context,
  name: string,
  image: Image,
  { entrypoint }: KeepOptions,
): Promise<SnapshotInfo> {
  const { layout } = context
  const { config, disks, rootfs, sizeBytes } = image
  const program = entrypoint ?? [...config.entrypoint, ...config.cmd]
  const saved: SavedSnapshot = {
    id: randomUUID(),
    name,
    disks: [...disks],
    rootfs,
    // Of `user:group` the user: its groups are those of the tables.
    user: config.user.split(':')[0] || 'root',
    workDir: config.workDir,
    env: { ...config.env },
    entrypoint: program.length === 0 ? null : [...program],
    sizeBytes,
    createdAtMs: Date.now(),
  }
  try {
    await writeTables(context, saved)
    findUser(snapshotOfSaved(layout, saved), saved.user)
    await writeSaved(layout, saved)
  } catch (error) {
    await removeTables(layout, saved)
    throw error
  }
  publishSaved(context, saved)
  context.log.info({ snapshot: name, layers: disks.length, sizeBytes }, 'snapshot made')
  return infoOf(snapshotOfSaved(layout, saved))
}

/** The tables of users as its sandboxes will find them: which layer has them only the overlay knows. */
async function writeTables({ layout }: Context, saved: SavedSnapshot): Promise<void> {
  const below = [
    ...saved.disks.map((disk) => diskPaths(layout, disk).upper),
    ...(saved.rootfs === null ? [] : [saved.rootfs]),
  ]
  const diskId = await makeDisk(layout, 1)
  try {
    const tables = await readTables(layout, diskId, below)
    for (const name of tableNames) await writeDurably(join(tablesFolder(layout, saved), name), tables[name])
  } finally {
    await deleteDisk(layout, diskId)
  }
}
