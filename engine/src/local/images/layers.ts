import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { deleteDisk, diskPaths } from '../disk/disks.ts'
import type { Layout } from '../layout.ts'
import { removeDurably, writeDurably } from '../records/durable-file.ts'
import type { KnownImage, Layer } from './work.ts'

const StoredLayer = z.object({ key: z.string(), diskId: z.string(), sizeBytes: z.number() })
const StoredImage = z.object({
  digest: z.string(),
  manifest: z.string(),
  config: z.object({
    user: z.string(),
    workDir: z.nullable(z.string()),
    env: z.record(z.string(), z.string()),
    entrypoint: z.array(z.string()),
    cmd: z.array(z.string()),
  }),
  layers: z.array(z.object({ digest: z.string(), sizeBytes: z.number(), diffId: z.string() })),
})

/** Takes in what is on disk. What cannot be read is of no use to anybody, and goes: it can be fetched again. */
export function loadLayers({ layout, images }: Context): void {
  for (const layer of readAll(layerFolder(layout), (json) => StoredLayer.parse(json))) {
    if (existsSync(diskPaths(layout, layer.diskId).upper)) images.layers.set(layer.key, layer)
    else rmSync(layerFile(layout, layer.key))
    images.uses.set(layer.diskId, performance.now())
  }
  for (const image of readAll(imageFolder(layout), (json) => StoredImage.parse(json)))
    images.known.set(image.digest, image)
}

/** Writes down that the layer is there, which it must be, on the disk of the machine, and sealed. */
export async function keepLayer({ layout, images }: Context, layer: Layer): Promise<void> {
  await writeDurably(layerFile(layout, layer.key), JSON.stringify(layer))
  images.layers.set(layer.key, layer)
  images.uses.set(layer.diskId, performance.now())
}

/** Writes down what a registry told. */
export async function keepKnown({ layout, images }: Context, image: KnownImage): Promise<void> {
  await writeDurably(imageFile(layout, image.digest), JSON.stringify(image))
  images.known.set(image.digest, image)
}

/** Says that a making stands on these disks: until it has ended they stay, whoever else gives them up. */
export function useDisks({ images }: Context, disks: readonly string[]): void {
  for (const disk of disks) images.uses.set(disk, performance.now())
}

/** Disks that must stay: of sandboxes and what they were unpacked from, and layers of snapshots. */
export function promisedDisks(context: Context): Set<string> {
  const records = [...context.records.values()].filter(({ phase }) => phase !== 'archived')
  const layers = [...context.saved.values()].flatMap(({ disks }) => disks)
  const bases = records.flatMap(({ base }) => (base === undefined ? [] : [base.diskId]))
  return new Set([...records.map(({ diskId }) => diskId), ...bases, ...layers])
}

/** Gives up the disks of a snapshot whose record is gone: each goes when nothing else stands on it. */
export function looseDisks(context: Context, disks: readonly string[]): void {
  const shared = new Set([...context.images.layers.values()].map(({ diskId }) => diskId))
  for (const disk of disks) if (!shared.has(disk)) context.images.loose.add(disk)
  collect(context)
}

/** Removes layers that nothing stands on, once nobody has asked for them for a while, and looks again then. */
export function collect(context: Context): void {
  const { images, trash, layout } = context
  const promised = promisedDisks(context)
  const oldest = Math.min(...[...images.makings.values()].map(({ startedAt }) => startedAt))
  const isFree = (disk: string): boolean => !promised.has(disk) && (images.uses.get(disk) ?? 0) < oldest
  for (const disk of images.loose) {
    if (promised.has(disk)) images.loose.delete(disk)
    if (!isFree(disk)) continue
    forget(context, disk)
    trash.add(`layer ${disk}`, () => deleteDisk(layout, disk))
  }
  let waiting = images.loose.size
  for (const layer of images.layers.values()) {
    if (promised.has(layer.diskId)) continue
    const hasRested = performance.now() - (images.uses.get(layer.diskId) ?? 0) >= images.restMs
    if (!hasRested || !isFree(layer.diskId)) {
      waiting += 1
      continue
    }
    images.layers.delete(layer.key)
    forget(context, layer.diskId)
    trash.add(`layer ${layer.key}`, () => removeLayer(context, layer))
  }
  forgetImages(context)
  if (waiting > 0) lookAgain(context)
}

function forget({ images }: Context, disk: string): void {
  images.loose.delete(disk)
  images.uses.delete(disk)
}

function lookAgain(context: Context): void {
  const { images } = context
  if (images.timer !== null) return
  images.timer = setTimeout(() => {
    images.timer = null
    collect(context)
  }, images.restMs + 1000)
  images.timer.unref()
}

async function removeLayer(context: Context, layer: Layer): Promise<void> {
  const { layout, images, locks } = context
  await locks.run(`layer ${layer.key}`, async () => {
    // Unless it was made anew meanwhile.
    if (!images.layers.has(layer.key)) await removeDurably(layerFile(layout, layer.key))
    await deleteDisk(layout, layer.diskId)
  })
}

/** What is known of images of which nothing is here any more. */
function forgetImages({ images, layout }: Context): void {
  if (images.makings.size > 0) return
  for (const image of images.known.values()) {
    if (image.layers.some(({ diffId }) => images.layers.has(diffId))) continue
    images.known.delete(image.digest)
    rmSync(imageFile(layout, image.digest), { force: true })
  }
}

function readAll<T>(folder: string, parse: (json: unknown) => T): T[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name)
    try {
      if (name.endsWith('.json')) return [parse(JSON.parse(readFileSync(file, 'utf8')))]
    } catch {
      // Removed below.
    }
    rmSync(file, { recursive: true })
    return []
  })
}

function layerFolder(layout: Layout): string {
  return join(layout.data, 'layers')
}

function layerFile(layout: Layout, key: string): string {
  return join(layerFolder(layout), `${hexOf(key)}.json`)
}

function imageFolder(layout: Layout): string {
  return join(layout.data, 'images')
}

function imageFile(layout: Layout, digest: string): string {
  return join(imageFolder(layout), `${hexOf(digest)}.json`)
}

function hexOf(digest: string): string {
  return digest.replace('sha256:', '')
}
