import { chownSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { deleteDisk, diskPaths, diskUse, limitDisk, makeDisk, sealDisk } from '../disk/disks.ts'
import { mustRun, type RunResult } from '../host/run.ts'
import { keepLayer } from './layers.ts'
import { fetcherId } from './registry.ts'
import { inTurn } from './turns.ts'
import { LayerTooLarge, unpackLayer } from './unpack.ts'
import type { KnownImage, Layer } from './work.ts'

const GiB = 1024 ** 3
const pollMs = 50
const tellEveryMs = 5000

/** One disk of an image: a layer, or several that are unpacked one over the other. */
export interface LayerGroup {
  readonly key: string
  /** the lowest first */
  readonly parts: KnownImage['layers']
}

/** What is fetched, and where to. */
export interface Fetch {
  /** disk whose `upper` takes what skopeo fetches */
  readonly scratchId: string
  /** all of the image, the lowest first */
  readonly groups: readonly LayerGroup[]
  readonly maxGib: number
  readonly tell: (text: string) => void
  readonly signal: AbortSignal
  /** copies the image to the folder of this name on the scratch disk */
  readonly copy: (folder: string, signal: AbortSignal) => Promise<RunResult>
}

const folder = 'image'

/** Fetches what is missing of an image and unpacks each layer as soon as it is there. */
export async function fetchLayers(context: Context, fetch: Fetch): Promise<void> {
  const upper = diskPaths(context.layout, fetch.scratchId).upper
  const blobs = join(upper, folder, 'blobs/sha256')
  for (const path of [join(upper, folder), join(upper, folder, 'blobs'), blobs]) {
    mkdirSync(path, { recursive: true, mode: 0o755 })
    chownSync(path, fetcherId, fetcherId)
  }
  // By way of the open folder, and no link at the end: who writes there has spoken with a stranger.
  const held = await open(blobs, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await fetchTo(context, fetch, { upper, blobs: `/proc/self/fd/${held.fd}` })
  } finally {
    await held.close()
  }
}

interface Place {
  readonly upper: string
  /** where a blob is found by its digest */
  readonly blobs: string
}

async function fetchTo(context: Context, fetch: Fetch, { upper, blobs }: Place): Promise<void> {
  const { layers } = context.images
  if (fetch.groups.every(({ key }) => layers.has(key))) return
  const blob = (digest: string): string => join(blobs, digest.replace('sha256:', ''))
  const missing = new Set(
    fetch.groups.filter(({ key }) => !layers.has(key)).flatMap(({ parts }) => parts.map(({ digest }) => digest)),
  )
  // What lies there already skopeo does not fetch.
  for (const { parts } of fetch.groups) {
    for (const { digest } of parts) if (!missing.has(digest)) writeEmpty(blob(digest))
  }
  const stop = new AbortController()
  const signal = AbortSignal.any([fetch.signal, stop.signal])
  let result: RunResult | null = null
  const copying = fetch.copy(folder, signal).then((ended) => {
    result = ended
  })
  copying.catch(() => {}) // Awaited below.
  const total = totalBytes(fetch.groups, missing)
  const until = async (file: string): Promise<void> => {
    let toldAt = performance.now()
    while (!existsSync(file) && result === null) {
      await Promise.race([copying, sleep(pollMs, undefined, { signal })])
      if (performance.now() - toldAt < tellEveryMs) continue
      toldAt = performance.now()
      fetch.tell(
        `Fetching: ${inMb(Math.min(total, bytesIn(join(upper, folder)) + unpackedBytes))} of ${inMb(total)} MB`,
      )
    }
  }
  let unpackedBytes = 0
  try {
    for (const [at, group] of fetch.groups.entries()) {
      if (layers.has(group.key)) continue
      await makeLayer(context, group, fetch, async (digest, use) => {
        await until(blob(digest))
        if (!existsSync(blob(digest))) throw new PlatformError('SERVICE_UNAVAILABLE', 'The image was not fetched whole')
        const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK
        await using file = await open(blob(digest), flags)
        await use(file)
        unpackedBytes += (await file.stat()).size
        // It stays for skopeo to see, but takes no room.
        await file.truncate()
      })
      const sizeBytes = layers.get(group.key)?.sizeBytes ?? 0
      fetch.tell(`Unpacked layer ${at + 1} of ${fetch.groups.length}: ${inMb(sizeBytes)} MB`)
    }
    await copying
  } catch (error) {
    stop.abort()
    await copying.catch(() => {}) // It was ended, or is what brought us here.
    throw error
  }
}

type WithBlob = (digest: string, use: (file: FileHandle) => Promise<void>) => Promise<void>

async function makeLayer(context: Context, group: LayerGroup, fetch: Fetch, withBlob: WithBlob): Promise<void> {
  const { layout, images, locks } = context
  const { maxGib, signal, tell } = fetch
  await inTurn(locks, `layer ${group.key}`, signal, async () => {
    // Another pull may have made it meanwhile.
    if (images.layers.has(group.key)) return
    const used = fetch.groups.reduce((sum, { key }) => sum + (images.layers.get(key)?.sizeBytes ?? 0), 0)
    const diskId = await makeDisk(layout, maxGib)
    try {
      await limitDisk(layout, diskId, 0, Math.max(1024 ** 2, Math.ceil(maxGib * GiB - used)))
      for (const [at, { digest, diffId }] of group.parts.entries()) {
        await withBlob(digest, async (file) => {
          const target = { file, folder: diskPaths(layout, diskId).upper, isApplied: at > 0 }
          const unpacked = await unpackLayer({ ...target, maxBytes: 2 * maxGib * GiB + GiB / 4, signal })
          if (unpacked.diffId !== diffId) {
            throw new PlatformError(
              'BAD_REQUEST',
              `A layer of the image is ${unpacked.diffId}, but ought to be ${diffId}`,
            )
          }
          for (const note of unpacked.notes) tell(`Note: ${note}`)
        })
      }
      await keepLayer(context, await sealLayer(context, group.key, diskId))
    } catch (error) {
      await deleteDisk(layout, diskId)
      if (!(error instanceof LayerTooLarge)) throw error
      throw new PlatformError('BAD_REQUEST', `The image is larger than ${maxGib} GiB, which the snapshot may have`)
    }
  })
}

/** When this resolves the layer is on the disk of the machine and does not change any more. */
async function sealLayer({ layout }: Context, key: string, diskId: string): Promise<Layer> {
  await mustRun('btrfs', ['filesystem', 'sync', diskPaths(layout, diskId).subvolume], { timeoutMs: 600_000 })
  await sealDisk(layout, diskId)
  return { key, diskId, sizeBytes: await diskUse(layout, diskId) }
}

function writeEmpty(file: string): void {
  rmSync(file, { force: true })
  writeFileSync(file, '', { mode: 0o644 })
  chownSync(file, fetcherId, fetcherId)
}

function totalBytes(groups: readonly LayerGroup[], digests: ReadonlySet<string>): number {
  const sizes = new Map(groups.flatMap(({ parts }) => parts.map(({ digest, sizeBytes }) => [digest, sizeBytes])))
  return [...digests].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0)
}

/** Bytes of the files in a folder; those that are being written have names of their own. */
function bytesIn(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => {
    return sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0)
  }, 0)
}

/** Bytes as people read them. */
export function inMb(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
