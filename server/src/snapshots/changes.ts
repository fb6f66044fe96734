import { PlatformError, type SnapshotState } from '@sandyard/protocol'
import type { Quotas } from '../quotas/quotas.ts'
import type { Feed, SnapshotChange } from '../sandboxes/feed.ts'
import type { BuildRecord, BuildStore } from '../store/builds.ts'
import type { SnapshotPatch, SnapshotRecord, SnapshotStore } from '../store/snapshots.ts'

/**
 * The only way in which snapshots are written: the store first, then the feed. Saved ones are born with a sandbox's
 * change.
 */
export interface SnapshotChanges {
  /**
   * Writes a new snapshot with the build that makes it, one that is there or `wanted`. Throws CONFLICT when its name is
   * taken, BAD_REQUEST when it passes a limit.
   */
  insertBuilt(wanted: BuildRecord, snapshot: (build: BuildRecord) => SnapshotRecord): Promise<SnapshotRecord>
  /**
   * Takes a snapshot from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile, BAD_REQUEST
   * when it was not in use and passes a limit.
   */
  move(snapshot: SnapshotRecord, to: SnapshotState, patch?: SnapshotPatch): Promise<SnapshotRecord>
  /** Removes the row; a second time does nothing. */
  remove(snapshot: SnapshotRecord): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly snapshots: SnapshotStore
  readonly builds: Pick<BuildStore, 'join'>
  readonly quotas: Pick<Quotas, 'snapshot' | 'refusalOfSize'>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly clock: () => number
}

/** Makes the writer. */
export function createSnapshotChanges({ snapshots, builds, quotas, snapshotFeed, clock }: Parts): SnapshotChanges {
  /** Where a snapshot goes: one that turns out to be larger than it may be ends in error. */
  async function sized({ organizationId }: SnapshotRecord, to: SnapshotState, patch: SnapshotPatch) {
    const { sizeBytes } = patch
    if (to !== 'active' || typeof sizeBytes !== 'number') return { to, patch }
    const errorReason = await quotas.refusalOfSize(organizationId, sizeBytes)
    return errorReason === null ? { to, patch } : { to: 'error' as const, patch: { ...patch, errorReason } }
  }

  return {
    async insertBuilt(wanted, snapshot) {
      const born = (build: BuildRecord) => ({ snapshot: snapshot(build) })
      const joined = await builds.join(wanted, born, quotas.snapshot(wanted.organizationId, snapshot(wanted)))
      if (joined === 'taken') {
        throw new PlatformError('CONFLICT', `Snapshot with name ${snapshot(wanted).name} already exists`)
      }
      snapshotFeed.publish({ before: null, after: joined.newborn.snapshot })
      return joined.newborn.snapshot
    },
    async move(snapshot, to, patch = {}) {
      const change = { id: snapshot.id, from: snapshot.state, ...(await sized(snapshot, to, patch)), nowMs: clock() }
      // One that was not in use counts from now on.
      const isTakenUp = snapshot.state === 'inactive' && to !== 'removing'
      const guard = isTakenUp ? quotas.snapshot(snapshot.organizationId) : undefined
      const after = await snapshots.changeState(change, guard)
      if (after === undefined) throw new PlatformError('CONFLICT', 'Snapshot was modified by another operation')
      snapshotFeed.publish({ before: snapshot, after })
      return after
    },
    async remove(snapshot) {
      if (await snapshots.delete(snapshot.id, clock())) snapshotFeed.publish({ before: snapshot, after: null })
    },
  }
}
