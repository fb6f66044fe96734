import { PlatformError, type SnapshotState } from '@sandyard/protocol'
import type { Quotas } from '../quotas/quotas.ts'
import type { Feed, SnapshotChange } from '../sandboxes/feed.ts'
import type { BuildRecord, BuildStore } from '../store/builds.ts'
import type { SnapshotPatch, SnapshotRecord, SnapshotStore } from '../store/snapshots.ts'

/** The only way in which snapshots are written: the store first, then the feed. Saved ones are born with a sandbox's change. */
export interface SnapshotChanges {
  /**
   * Writes a new snapshot with the build that makes it, one that is there or `wanted`. Throws CONFLICT when its name is
   * taken, BAD_REQUEST when it passes a limit.
   */
  insertBuilt(wanted: BuildRecord, snapshot: (build: BuildRecord) => SnapshotRecord): Promise<SnapshotRecord>
  /** Takes a snapshot from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile. */
  move(snapshot: SnapshotRecord, to: SnapshotState, patch?: SnapshotPatch): Promise<SnapshotRecord>
  /** Removes the row; a second time does nothing. */
  remove(snapshot: SnapshotRecord): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly snapshots: SnapshotStore
  readonly builds: Pick<BuildStore, 'join'>
  readonly quotas: Pick<Quotas, 'snapshot'>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly clock: () => number
}

/** Makes the writer. */
export function createSnapshotChanges({ snapshots, builds, quotas, snapshotFeed, clock }: Parts): SnapshotChanges {
  return {
    async insertBuilt(wanted, snapshot) {
      const born = (build: BuildRecord) => ({ snapshot: snapshot(build) })
      const joined = await builds.join(wanted, born, quotas.snapshot(wanted.organizationId))
      if (joined === 'taken') {
        throw new PlatformError('CONFLICT', `Snapshot with name ${snapshot(wanted).name} already exists`)
      }
      snapshotFeed.publish({ before: null, after: joined.newborn.snapshot })
      return joined.newborn.snapshot
    },
    async move(snapshot, to, patch = {}) {
      const change = { id: snapshot.id, from: snapshot.state, to, patch, nowMs: clock() }
      const after = await snapshots.changeState(change)
      if (after === undefined) throw new PlatformError('CONFLICT', 'Snapshot was modified by another operation')
      snapshotFeed.publish({ before: snapshot, after })
      return after
    },
    async remove(snapshot) {
      if (await snapshots.delete(snapshot.id, clock())) snapshotFeed.publish({ before: snapshot, after: null })
    },
  }
}
