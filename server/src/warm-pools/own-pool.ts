import type { SandboxSpec } from '@sandyard/protocol'
import type { ServerConfig } from '../options.ts'
import type { WarmPoolRecord, WarmSandbox } from '../store/warm-pools.ts'
import { nobody } from '../store/warm-pools.ts'

/** Id of the platform's own pool, which is in no table. */
const ownPoolId = 'own'

/** Sandboxes of the default snapshot that are ready for whoever asks first. */
export interface OwnPool {
  /** As it is to be now; `null` when there is none, or when its sandboxes could become nobody's. */
  pool(entrypoint: readonly string[] | null | undefined): WarmPoolRecord | null
  /** Notes one that this process makes. */
  made(id: string): void
  /** True for one of this pool that this process did not make: it has an earlier agent, or stands on an earlier snapshot. */
  isOld(warm: WarmSandbox): boolean
  /** Forgets what is there no more. */
  retain(ids: ReadonlySet<string>): void
  /** Why none can be made. */
  note(errorReason: string | null): void
}

/** True for a pool, or a sandbox in one, that is the platform's own. */
export function isOwn({ organizationId }: Pick<WarmSandbox, 'organizationId'>): boolean {
  return organizationId === nobody
}

/** Makes the pool. What is in it lives as long as the process that made it, and does not outlive a change of settings. */
export function createOwnPool({ readySandboxes, defaultSnapshot, region }: ServerConfig): OwnPool {
  const mine = new Set<string>()
  let errorReason: string | null = null
  return {
    pool(entrypoint) {
      // A program of the snapshot's own would have been started without its organization's variables.
      if (readySandboxes === 0 || entrypoint !== null) return null
      return {
        id: ownPoolId,
        organizationId: nobody,
        snapshot: defaultSnapshot,
        region: region.id,
        size: readySandboxes,
        errorReason,
        createdAtMs: 0,
        updatedAtMs: 0,
      }
    },
    made: (id) => void mine.add(id),
    isOld: (warm) => isOwn(warm) && !mine.has(warm.id),
    retain(ids) {
      for (const id of mine) if (!ids.has(id)) mine.delete(id)
    },
    note(reason) {
      errorReason = reason
    },
  }
}

/** The same for nobody yet: its organization comes with the claim. */
export function withoutOrganization(spec: SandboxSpec): SandboxSpec {
  const { DAYTONA_ORGANIZATION_ID: _, ...env } = spec.env
  return { ...spec, env }
}
