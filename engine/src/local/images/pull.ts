import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlatformError, type RegistryLogin } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { deleteDisk, makeDisk } from '../disk/disks.ts'
import type { RunResult } from '../host/run.ts'
import { fetchLayers, inMb, type LayerGroup } from './fetch.ts'
import type { Image } from './image.ts'
import { collect, keepKnown, useDisks } from './layers.ts'
import { digestOf, readConfig, readManifest } from './manifest.ts'
import { type ImageReference, parseReference, showReference } from './reference.ts'
import { openRegistry, type Registry } from './registry.ts'
import { readFault } from './registry-faults.ts'
import { inTurn } from './turns.ts'
import type { KnownImage, Layer } from './work.ts'

/** Layers of an image; of one with more the lowest are one together, so that others fit on top. */
const mostImageLayers = 40

const askTimeoutMs = 60_000
const copyTimeoutMs = 3_600_000
/** pauses before it is tried again, ms */
const pausesMs = [1000, 4000]

/** What is to be pulled. */
export interface Pull {
  /** name of an image as people write it, such as `python:3.12` or `registry.example:5000/team/app@sha256:…` */
  readonly image: string
  readonly logins: readonly RegistryLogin[]
  /** most that it may unpack to, GiB */
  readonly maxGib: number
  /** told what is being done: lines with their ends */
  readonly tell: (text: string) => void
  /** ends it; nothing is left then but layers that are whole */
  readonly signal: AbortSignal
}

/**
 * Brings an image onto this machine, unpacked. What is here already is neither fetched nor unpacked again. Throws
 * BAD_REQUEST when it cannot be had or used, SERVICE_UNAVAILABLE when its registry does not answer now.
 */
export async function pullImage(context: Context, pull: Pull): Promise<Image> {
  const { signal, maxGib } = pull
  const tell = (line: string): void => pull.tell(`${line}\n`)
  const reference = parseReference(pull.image)
  signal.throwIfAborted()
  tell(`Pulling ${showReference(reference)}`)
  const scratchId = await makeDisk(context.layout, maxGib)
  try {
    const registry = await openRegistry(context, { ...pull, reference, scratchId })
    try {
      const image = await resolve(context, { reference, registry, pull })
      const groups = groupLayers(image)
      touch(context, groups)
      const missing = groups.filter(({ key }) => !context.images.layers.has(key))
      const bytes = missing.flatMap(({ parts }) => parts).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      tell(
        `${image.layers.length} layers, ${missing.length === 0 ? 'all' : groups.length - missing.length} here already`,
      )
      if (missing.length > 0) {
        tell(`Fetching ${inMb(bytes)} MB`)
        if (bytes > maxGib * 1024 ** 3) {
          throw new PlatformError('BAD_REQUEST', `The image is larger than ${maxGib} GiB, which the snapshot may have`)
        }
        const name = { ...reference, version: `@${image.manifest}` }
        const copy = (folder: string, until: AbortSignal): Promise<RunResult> => {
          const order = ['copy', '--dest-oci-accept-uncompressed-layers', source(name), `oci:/tmp/${folder}:image`]
          return askAgain({ reference, registry, pull: { ...pull, signal: until } }, order, copyTimeoutMs)
        }
        const fetch = { scratchId, groups, maxGib, tell, signal, copy }
        const wait = (): void => tell('Waiting for other pulls')
        // Of two that pull the same the second finds all of it there.
        await context.images.turns.run(signal, wait, () =>
          inTurn(context.locks, `image ${image.manifest}`, signal, () => fetchLayers(context, fetch)),
        )
      }
      return imageOf(context, image, groups, maxGib)
    } finally {
      registry.close()
    }
  } catch (error) {
    // Whatever an ended program complains of.
    signal.throwIfAborted()
    throw error
  } finally {
    await deleteDisk(context.layout, scratchId)
    collect(context)
  }
}

interface Asking {
  readonly reference: ImageReference
  readonly registry: Registry
  readonly pull: Pull
}

/** Finds out what the image consists of: one request when it is known, whoever has pulled it before under any name. */
async function resolve(context: Context, asking: Asking): Promise<KnownImage> {
  const { reference } = asking
  const inspect = async (name: ImageReference, ...options: string[]): Promise<string> => {
    return (await askAgain(asking, ['inspect', '--raw', ...options, source(name)], askTimeoutMs)).stdout
  }
  const told = await inspect(reference)
  const digest = digestOf(told)
  const known = context.images.known.get(digest)
  if (known !== undefined) return known
  const first = readManifest(told)
  const manifestDigest = 'chosen' in first ? first.chosen : digest
  const name = { ...reference, version: `@${manifestDigest}` }
  const manifest = 'chosen' in first ? readManifest(expect(await inspect(name), manifestDigest)) : first
  if ('chosen' in manifest) throw new PlatformError('BAD_REQUEST', 'The image is broken: a list of images in a list')
  const text = expect(await inspect(name, '--config'), manifest.configDigest)
  const { config, diffIds } = readConfig(text, manifest.layers.length)
  const layers = manifest.layers.map((layer, at) => ({ ...layer, diffId: diffIds[at] ?? '' }))
  const image = { digest, manifest: manifestDigest, config, layers }
  await keepKnown(context, image)
  return image
}

function expect(text: string, digest: string): string {
  if (digestOf(text) === digest) return text
  throw new PlatformError('BAD_REQUEST', `The image is broken: ${digest} is not what the registry sends for it`)
}

/** Asks, and asks again when that may help. */
async function askAgain(
  { reference, registry, pull }: Asking,
  args: readonly string[],
  timeoutMs: number,
): Promise<RunResult> {
  for (const pauseMs of [...pausesMs, null]) {
    const result = await registry.ask(args, timeoutMs, pull.signal)
    pull.signal.throwIfAborted()
    if (result.exitCode === 0) return result
    const { error, isPassing } = readFault(reference, registry, result)
    if (!isPassing || pauseMs === null) throw error
    pull.tell(`${error.message}; trying again\n`)
    await sleep(pauseMs, undefined, { signal: pull.signal })
  }
  throw new Error('never')
}

function source({ registry, repository, version }: ImageReference): string {
  return `docker://${registry}/${repository}${version}`
}

/** The disks that the image is to be. A layer that comes twice counts where it comes last: there it covers itself. */
function groupLayers({ layers }: KnownImage): LayerGroup[] {
  const distinct = layers.filter(({ diffId }, at) => !layers.slice(at + 1).some((above) => above.diffId === diffId))
  const merged = distinct.length > mostImageLayers ? distinct.slice(0, distinct.length - mostImageLayers + 1) : []
  const single = distinct.slice(merged.length).map((part) => ({ key: part.diffId, parts: [part] }))
  if (merged.length === 0) return single
  const key = createHash('sha256').update(merged.map(({ diffId }) => diffId).join('\n'))
  return [{ key: `sha256:${key.digest('hex')}`, parts: merged }, ...single]
}

function touch(context: Context, groups: readonly LayerGroup[]): void {
  const layers = groups.map(({ key }) => context.images.layers.get(key)).filter((layer) => layer !== undefined)
  useDisks(
    context,
    layers.map(({ diskId }) => diskId),
  )
}

function imageOf(context: Context, { config }: KnownImage, groups: readonly LayerGroup[], maxGib: number): Image {
  touch(context, groups)
  const layers = groups.map(({ key }): Layer => {
    const layer = context.images.layers.get(key)
    if (layer === undefined) throw new Error(`The layer ${key} is gone while the image was pulled`)
    return layer
  })
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0)
  if (sizeBytes > maxGib * 1024 ** 3) {
    throw new PlatformError('BAD_REQUEST', `The image is larger than ${maxGib} GiB, which the snapshot may have`)
  }
  return { disks: layers.map(({ diskId }) => diskId).reverse(), rootfs: null, config, sizeBytes }
}
