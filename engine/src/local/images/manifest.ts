import { createHash } from 'node:crypto'
import { limits, PlatformError } from '@sandyard/protocol'
import * as z from 'zod/mini'
import type { ImageConfig } from './image.ts'

/*
 * What registries say of images: the OCI image specification 1.1 (manifest, index, config) and Docker's schema 2, which
 * differ in their media types only.
 */

const Digest = z.string().check(z.regex(/^sha256:[a-f0-9]{64}$/))
const Size = z.number().check(z.int(), z.minimum(0))
const Platform = z.object({
  os: z._default(z.string(), ''),
  architecture: z._default(z.string(), ''),
  variant: z.optional(z.string()),
})
const Index = z.object({
  manifests: z.array(z.object({ digest: Digest, platform: z.optional(z.nullable(Platform)) })),
})
const Descriptor = z.object({ mediaType: z._default(z.string(), ''), digest: Digest, size: Size })
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) })

const optionalText = z.optional(z.nullable(z.string()))
const optionalTexts = z.optional(z.nullable(z.array(z.string())))
const Config = z.object({
  os: optionalText,
  architecture: optionalText,
  config: z.optional(
    z.nullable(
      z.object({
        User: optionalText,
        WorkingDir: optionalText,
        Env: optionalTexts,
        Entrypoint: optionalTexts,
        Cmd: optionalTexts,
      }),
    ),
  ),
  rootfs: z.object({ diff_ids: z.array(Digest) }),
})

/** A layer as a registry has it. */
export interface PackedLayer {
  /** of what the registry has */
  readonly digest: string
  readonly sizeBytes: number
}

/** What a manifest names. */
export interface ImageManifest {
  readonly configDigest: string
  /** the lowest first */
  readonly layers: readonly PackedLayer[]
}

/** This machine's name for its processor, as images have it. */
export const machine: string = process.arch === 'x64' ? 'amd64' : process.arch

/** Digest of a text as registries name it. */
export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/**
 * Reads what a registry has for a name: a manifest, or a list of them, of which the one for this machine is named.
 * Throws BAD_REQUEST for what cannot be used.
 */
export function readManifest(text: string): ImageManifest | { readonly chosen: string } {
  const json = parseJson(text, 'manifest')
  if (isObject(json) && json.schemaVersion === 1) {
    throw new PlatformError('BAD_REQUEST', 'The image is of the old kind "schema 1"; push it anew with a newer Docker')
  }
  if (isObject(json) && Array.isArray(json.manifests))
    return { chosen: choose(check(Index, json, 'list of manifests')) }
  const { config, layers } = check(Manifest, json, 'manifest')
  if (layers.length === 0 || !/container\.image|oci\.image/.test(config.mediaType)) {
    throw new PlatformError('BAD_REQUEST', 'This is not an image of a root file system, but something else')
  }
  if (layers.length > limits.imageLayers) {
    throw new PlatformError('BAD_REQUEST', `The image has ${layers.length} layers; ${limits.imageLayers} are possible`)
  }
  const odd = layers.find(({ mediaType }) => /foreign|encrypted/.test(mediaType))
  if (odd !== undefined) throw new PlatformError('BAD_REQUEST', `Layers of the kind ${odd.mediaType} cannot be used`)
  return {
    configDigest: config.digest,
    layers: layers.map(({ digest, size }) => ({ digest, sizeBytes: size })),
  }
}

function choose({ manifests }: z.output<typeof Index>): string {
  const known = manifests.flatMap(({ digest, platform }) => (platform ? [{ digest, ...platform }] : []))
  const found = known.find(({ os, architecture }) => os === 'linux' && architecture === machine)
  if (found !== undefined) return found.digest
  const names = known
    .map(({ os, architecture, variant }) => [os, architecture, ...(variant ? [variant] : [])].join('/'))
    .filter((name) => !name.startsWith('unknown'))
  throw new PlatformError(
    'BAD_REQUEST',
    `There is no image for linux/${machine}, only for ${[...new Set(names)].join(', ').slice(0, 500) || 'nothing'}`,
  )
}

/** How an image is worked in, and the digests of its unpacked layers, the lowest first. */
export interface ReadConfig {
  readonly config: ImageConfig
  readonly diffIds: readonly string[]
}

/** Reads the configuration of an image with so many layers. Throws BAD_REQUEST for one that cannot be used. */
export function readConfig(text: string, layerCount: number): ReadConfig {
  const { os, architecture, config, rootfs } = check(Config, parseJson(text, 'configuration'), 'configuration')
  if ((os || 'linux') !== 'linux' || (architecture || machine) !== machine) {
    throw new PlatformError('BAD_REQUEST', `The image is for ${os}/${architecture}; this machine is linux/${machine}`)
  }
  if (rootfs.diff_ids.length !== layerCount) {
    throw new PlatformError(
      'BAD_REQUEST',
      `The image is broken: its manifest has ${layerCount} layers, its configuration ${rootfs.diff_ids.length}`,
    )
  }
  const workDir = config?.WorkingDir || null
  return {
    diffIds: rootfs.diff_ids,
    config: {
      user: config?.User ?? '',
      workDir: workDir === null || workDir.startsWith('/') ? workDir : `/${workDir}`,
      env: readEnv(config?.Env ?? []),
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
    },
  }
}

function readEnv(lines: readonly string[]): Record<string, string> {
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
  if (lines.length > limits.envCount || bytes > limits.envBytes) {
    throw new PlatformError('BAD_REQUEST', 'The image has too many environment variables, or too long ones')
  }
  const pairs = lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)] as const)
  return Object.fromEntries(pairs.filter(([name], at) => name !== '' && lines[at]?.includes('=') === true))
}

function parseJson(text: string, what: string): unknown {
  try {
    if (text.length <= limits.imageManifestBytes) return JSON.parse(text)
  } catch {
    // Told below.
  }
  throw new PlatformError('BAD_REQUEST', `The image is broken: its ${what} is no JSON, or too long`)
}

function check<T extends z.ZodMiniType>(schema: T, value: unknown, what: string): z.output<T> {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const at = read.error.issues[0]?.path.join('.') ?? ''
  throw new PlatformError(
    'BAD_REQUEST',
    `The image is broken: its ${what} is not what it should be${at && ` at ${at}`}`,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
