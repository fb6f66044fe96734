import { type Engine, isUuid, PlatformError, type SnapshotState } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import type { ServerConfig } from '../options.ts'
import { digest } from '../random.ts'
import type { SnapshotRecord, SnapshotStore } from '../store/snapshots.ts'

/** A snapshot that an organization can see: one of its own, or a general one of the platform. */
export interface AnySnapshot {
  readonly id: string
  /** null for a general one */
  readonly organizationId: string | null
  readonly name: string
  /** what the engine calls it */
  readonly ref: string
  readonly state: SnapshotState
  readonly sourceSandboxId: string | null
  readonly imageName: string | null
  /** what made it, if it was not saved from a sandbox */
  readonly buildId: string | null
  /** who works in a sandbox of it that names nobody */
  readonly user: string
  readonly entrypoint: readonly string[] | null
  readonly sizeBytes: number | null
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
  readonly errorReason: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly lastUsedAtMs: number | null
}

/** What looking for snapshots needs. */
export interface SnapshotSources {
  readonly engine: Pick<Engine, 'snapshots'>
  readonly snapshots: Pick<SnapshotStore, 'byIdOrName'>
  readonly config: Pick<ServerConfig, 'defaults' | 'defaultSnapshot'>
}

/** A snapshot by id or name: the organization's own before a general one. Throws NOT_FOUND. */
export async function findSnapshot(
  sources: SnapshotSources,
  organizationId: string,
  idOrName: string,
): Promise<AnySnapshot> {
  const found = await lookUp(sources, organizationId, idOrName)
  if (found !== undefined) return found
  throw notFound('Snapshot with ID or name', idOrName)
}

/** The snapshot for a new sandbox, the default one when none is named. Throws BAD_REQUEST. */
export async function snapshotFor(
  sources: SnapshotSources,
  organizationId: string,
  wanted: string = sources.config.defaultSnapshot,
): Promise<AnySnapshot> {
  const found = await lookUp(sources, organizationId, wanted)
  if (found === undefined) throw new PlatformError('BAD_REQUEST', `Snapshot ${wanted} not found`)
  if (found.state !== 'active') throw new PlatformError('BAD_REQUEST', `Snapshot ${wanted} is ${found.state}`)
  return found
}

/** The general snapshots: those that the engine has and no organization. Those of organizations it knows by ids. */
export function generalSnapshots({ engine, config }: Pick<SnapshotSources, 'engine' | 'config'>): AnySnapshot[] {
  return engine
    .snapshots()
    .filter(({ name }) => !isUuid(name))
    .map(({ name, sizeBytes, createdAtMs, user, entrypoint }) => ({
      id: generalId(name),
      organizationId: null,
      name,
      ref: name,
      state: 'active',
      sourceSandboxId: null,
      imageName: null,
      buildId: null,
      user,
      entrypoint,
      sizeBytes,
      ...config.defaults,
      errorReason: null,
      createdAtMs,
      updatedAtMs: createdAtMs,
      lastUsedAtMs: null,
    }))
}

/** A snapshot of an organization, as all are seen. */
export function own(snapshot: SnapshotRecord): AnySnapshot {
  return { ...snapshot, ref: snapshot.buildId ?? snapshot.id }
}

async function lookUp(sources: SnapshotSources, organizationId: string, idOrName: string) {
  const saved = await sources.snapshots.byIdOrName(organizationId, idOrName)
  if (saved !== undefined) return own(saved)
  const general = generalSnapshots(sources)
  return general.find(({ name }) => name === idOrName) ?? general.find(({ id }) => id === idOrName)
}

/** Id of a general snapshot, made of its name: the engine knows snapshots by name only. */
function generalId(name: string): string {
  const hex = digest(`snapshot:${name}`)
  // The form of a UUID version 8, whose bits are free for uses like this one.
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
