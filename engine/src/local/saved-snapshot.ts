import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { diskPaths } from './disk/disks.ts'
import { removeDurably, writeDurably } from './durable-file.ts'
import type { Layout } from './layout.ts'
import type { Snapshot } from './snapshot.ts'

const Stored = z.object({
  id: z.string(),
  name: z.string(),
  disks: z.array(z.string()),
  rootfs: z.string(),
  user: z.string(),
  workDir: z.nullable(z.string()),
  env: z.record(z.string(), z.string()),
  entrypoint: z.nullable(z.array(z.string())),
  sizeBytes: z.number(),
  createdAtMs: z.number(),
})

/**
 * What is on disk of a snapshot that was saved from a sandbox. Its own layer is the sealed disk `id`, the first of
 * `disks`; the others, the topmost first, are those of the saved snapshots it stands on; below all of them is the folder
 * `rootfs`. A layer without such a record is litter.
 */
export type SavedSnapshot = Readonly<z.output<typeof Stored>>

/** Writes the record so that after any crash the snapshot is there or not. */
export async function writeSaved(layout: Layout, saved: SavedSnapshot): Promise<void> {
  await writeDurably(fileOf(layout, saved.id), JSON.stringify(saved))
}

/** Removes the record; the layer is litter from here on. */
export async function removeSaved(layout: Layout, saved: SavedSnapshot): Promise<void> {
  await removeDurably(fileOf(layout, saved.id))
}

/** All that were saved. One that cannot be read is given to `onFault` and left alone; what a crash cut off is removed. */
export function listSaved(layout: Layout, onFault: (file: string, fault: unknown) => void): SavedSnapshot[] {
  const folder = savedFolder(layout)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = readdirSync(folder)
  for (const name of names) if (name.endsWith('.new')) rmSync(join(folder, name))
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
  const { id, disks, rootfs, ...rest } = saved
  const layers = [...disks.map((disk) => diskPaths(layout, disk).upper), rootfs]
  return { ...rest, layers, tables: diskPaths(layout, id).etc }
}

/** Where the records are. */
export function savedFolder(layout: Layout): string {
  return join(layout.data, 'snapshots')
}

function fileOf(layout: Layout, id: string): string {
  return join(savedFolder(layout), `${id}.json`)
}
