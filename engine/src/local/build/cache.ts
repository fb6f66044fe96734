import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { copyDisk, deleteDisk, diskPaths, sealDisk } from '../disk/disks.ts'
import type { Layout } from '../layout.ts'
import { removeDurably, writeDurably } from '../records/durable-file.ts'
import { buildLimits } from './limits.ts'
import type { CachedStep } from './work.ts'

const Stored = z.object({ key: z.string(), diskId: z.string(), usedAtMs: z.number() })

/** part of the disks' file system that must be free, or half of all is given up */
const wantedFree = 0.15
/** use is noted again after this time, ms: it counts in days */
const noteUseMs = 60 * 60_000

/** Takes in what is on disk. What cannot be read goes: it can be built again. */
export function loadCache({ layout, builds }: Context): void {
  const folder = cacheFolder(layout)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) {
    const step = read(join(folder, name))
    if (step !== null && name === `${step.key}.json` && existsSync(diskPaths(layout, step.diskId).upper)) {
      builds.cached.set(step.key, step)
    } else rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** Disks that must stay. */
export function cachedDisks({ builds }: Context): string[] {
  return [...builds.cached.values()].map(({ diskId }) => diskId)
}

/** A copy of the disk after this step, or `null` when it is not there any more. */
export async function takeCached(context: Context, key: string): Promise<string | null> {
  const { builds, layout } = context
  const step = builds.cached.get(key)
  if (step === undefined) return null
  builds.held.set(key, (builds.held.get(key) ?? 0) + 1)
  try {
    if (Date.now() - step.usedAtMs > noteUseMs) await keep(context, { ...step, usedAtMs: Date.now() })
    return await copyDisk(layout, step.diskId)
  } finally {
    const others = (builds.held.get(key) ?? 1) - 1
    if (others === 0) builds.held.delete(key)
    else builds.held.set(key, others)
  }
}

/** Keeps a copy of the disk, as it is now, under a key. */
export async function cacheStep(context: Context, key: string, diskId: string): Promise<void> {
  const { builds, layout } = context
  if (builds.cached.has(key)) return
  const copy = await copyDisk(layout, diskId)
  try {
    await sealDisk(layout, copy)
    // Another build of the same may have been quicker.
    if (builds.cached.has(key)) await deleteDisk(layout, copy)
    else await keep(context, { key, diskId: copy, usedAtMs: Date.now() })
  } catch (error) {
    if (builds.cached.get(key)?.diskId === copy) builds.cached.delete(key)
    await removeDurably(fileOf(layout, key))
    await deleteDisk(layout, copy)
    throw error
  }
}

/** Gives up what is too old or too much. */
export function trimCache(context: Context): void {
  const { builds, layout, trash } = context
  const { bavail, blocks } = statfsSync(layout.disks)
  const isShort = bavail / blocks < wantedFree
  const most = isShort ? Math.floor(builds.cached.size / 2) : buildLimits.cachedSteps
  const steps = [...builds.cached.values()].sort((first, second) => second.usedAtMs - first.usedAtMs)
  const oldest = Date.now() - buildLimits.cachedMs
  for (const [at, step] of steps.entries()) {
    if ((at < most && step.usedAtMs >= oldest) || builds.held.has(step.key)) continue
    builds.cached.delete(step.key)
    trash.add(`step ${step.key}`, async () => {
      // Unless it was made anew meanwhile.
      if (!builds.cached.has(step.key)) await removeDurably(fileOf(layout, step.key))
      await deleteDisk(layout, step.diskId)
    })
  }
}

/** Where the records are. */
export function cacheFolder(layout: Layout): string {
  return join(layout.data, 'build-cache')
}

async function keep({ layout, builds }: Context, step: CachedStep): Promise<void> {
  // Known before it is written: what is swept meanwhile must see it.
  builds.cached.set(step.key, step)
  await writeDurably(fileOf(layout, step.key), JSON.stringify(step))
}

function read(file: string): CachedStep | null {
  try {
    return Stored.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null // What a crash cut off, or what is none of ours.
  }
}

function fileOf(layout: Layout, key: string): string {
  return join(cacheFolder(layout), `${key}.json`)
}
