import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { diskPaths } from '../disk/disks.ts'
import type { Layout } from '../layout.ts'
import { removeDurably, writeDurably } from '../records/durable-file.ts'
import type { Snapshot } from './snapshot.ts'

const Stored = z.object({
  id: z.string(),
  name: z.string(),
  disks: z.array(z.string()),
  rootfs: z.nullable(z.string()),
  user: z.string(),
  workDir: z.nullable(z.string()),
  env: z.record(z.string(), z.string()),
  entrypoint: z.nullable(z.array(z.string())),
  sizeBytes: z.number(),
  createdAtMs: z.number(),
})

/**
 * What is on disk of a snapshot that was saved from a sandbox or made of an image. Its layers are the sealed disks
 * `disks`, the topmost first, and below them the folder `rootfs` unless it is `null`. Of one that was saved the first disk
 * is its own and has its `id`; all others may be layers of other snapshots too. A layer without such a record is litter,
 * but that one of images is kept for a while, see images/layers.ts.
 */
export type SavedSnapshot = Readonly<z.output<typeof Stored>>

/** Writes the record so that after any crash the snapshot is there or not. */
export async function writeSaved(layout: Layout, saved: SavedSnapshot): Promise<void> {
  await writeDurably(fileOf(layout, saved.id), JSON.stringify(saved))
}

/** Removes the record; layers that only it had are litter from here on. */
export async function removeSaved(layout: Layout, saved: SavedSnapshot): Promise<void> {
  await removeDurably(fileOf(layout, saved.id))
  await removeTables(layout, saved)
}

/** Removes the tables of users that lie beside the record, if there are any. */
export async function removeTables(layout: Layout, { id }: SavedSnapshot): Promise<void> {
  await rm(join(savedFolder(layout), id), { recursive: true, force: true })
}

/** Folder of its tables of users: on its own disk, else beside its record. */
export function tablesFolder(layout: Layout, { id, disks }: SavedSnapshot): string {
  return disks[0] === id ? diskPaths(layout, id).etc : join(savedFolder(layout), id)
}

/**
 * All that were saved or made. One that cannot be read is given to `onFault` and left alone; what a crash cut off is
 * removed.
 */
export function listSaved(layout: Layout, onFault: (file: string, fault: unknown) => void): SavedSnapshot[] {
  const folder = savedFolder(layout)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = readdirSync(folder)
  // Tables without a record are what a crash left.
  const isLeft = (name: string): boolean => !name.endsWith('.json') && !names.includes(`${name}.json`)
  for (const name of names) if (isLeft(name)) rmSync(join(folder, name), { recursive: true })
  return names
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      try {
        return [Stored.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))]
      } catch (fault) {
        onFault(join(folder, name), fault)
        return []
      }
    })
}

/** The snapshot as sandboxes are made from it. */
export function snapshotOfSaved(layout: Layout, saved: SavedSnapshot): Snapshot {
  const { id: _, disks, rootfs, ...rest } = saved
  const layers = [...disks.map((disk) => diskPaths(layout, disk).upper), ...(rootfs === null ? [] : [rootfs])]
  return { ...rest, layers, tables: tablesFolder(layout, saved) }
}

/** Where the records are. */
export function savedFolder(layout: Layout): string {
  return join(layout.data, 'snapshots')
}

function fileOf(layout: Layout, id: string): string {
  return join(savedFolder(layout), `${id}.json`)
}
