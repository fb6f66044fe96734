import type { ImageConfig } from './image.ts'
import { createTurns, pullsAtOnce, type Turns } from './turns.ts'

/** A layer of images that lies unpacked on a sealed disk. */
export interface Layer {
  /** `diffId` of the layer; of several in one, a digest over theirs */
  readonly key: string
  readonly diskId: string
  readonly sizeBytes: number
}

/** What a registry has told of an image, so that it need not be asked again. */
export interface KnownImage {
  /** of the manifest or list that the registry answers with */
  readonly digest: string
  /** of the manifest for this machine */
  readonly manifest: string
  readonly config: ImageConfig
  /** the lowest first */
  readonly layers: readonly { readonly digest: string; readonly sizeBytes: number; readonly diffId: string }[]
}

/** A snapshot that is being made. */
export interface Making {
  /** `performance.now()` */
  readonly startedAt: number
  readonly cancel: AbortController
  /** resolves when nothing of it is under way any more, whatever came of it */
  readonly ended: Promise<void>
}

/** What the pulls and builds of one engine share. */
export interface ImageWork {
  /** registries, `host[:port]`, that are reached from the host itself, also without HTTPS */
  readonly insecureRegistries: readonly string[]
  /** IPv4 CIDRs that are reached although they are private */
  readonly openRanges: readonly string[]
  /** how long a layer that no snapshot has is kept for the next pull, ms */
  readonly restMs: number
  /** by name of the snapshot */
  readonly makings: Map<string, Making>
  /** by key: the same as on disk */
  readonly layers: Map<string, Layer>
  /** by digest: the same as on disk */
  readonly known: Map<string, KnownImage>
  /** when the disk of a layer was last asked for, `performance.now()` */
  readonly uses: Map<string, number>
  /** disks of removed snapshots that may be in use still */
  readonly loose: Set<string>
  /** pulls that fetch at a time */
  readonly turns: Turns
  timer: NodeJS.Timeout | null
}

/** Begins with nothing; `recover` takes in what is on disk. */
export function createImageWork(options: Pick<ImageWork, 'insecureRegistries' | 'openRanges' | 'restMs'>): ImageWork {
  const nothing = { makings: new Map(), layers: new Map(), known: new Map(), uses: new Map(), loose: new Set<string>() }
  return { ...options, ...nothing, turns: createTurns(pullsAtOnce), timer: null }
}
