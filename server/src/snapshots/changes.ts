import { PlatformError, type SnapshotState } from '@sandyard/protocol'
import type { Feed, SnapshotChange } from '../sandboxes/feed.ts'
import type { SnapshotPatch, SnapshotRecord, SnapshotStore } from '../store/snapshots.ts'

/** The only way in which snapshots are written: the store first, then the feed. They are born with a sandbox's change. */
export interface SnapshotChanges {
  /** Takes a snapshot from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile. */
  move(snapshot: SnapshotRecord, to: SnapshotState, patch?: SnapshotPatch): Promise<SnapshotRecord>
  /** Removes the row; a second time does nothing. */
  remove(snapshot: SnapshotRecord): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly snapshots: SnapshotStore
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly clock: () => number
}

/** Makes the writer. */
export function createSnapshotChanges({ snapshots, snapshotFeed, clock }: Parts): SnapshotChanges {
  return {
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
