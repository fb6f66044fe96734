import type { ServerConfig } from '../options.ts'
import { createQuotas, type Quotas } from '../quotas/quotas.ts'
import { type Changes, createChanges } from '../sandboxes/changes.ts'
import { createFeed, type Feed, type SandboxChange, type SnapshotChange, type VolumeChange } from '../sandboxes/feed.ts'
import { createSnapshotChanges, type SnapshotChanges } from '../snapshots/changes.ts'
import type { Store } from '../store/store.ts'
import { createVolumeChanges, type VolumeChanges } from '../volumes/changes.ts'

/** Where it is told what was written. */
export interface Feeds {
  readonly feed: Feed<SandboxChange>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly volumeFeed: Feed<VolumeChange>
}

/** The writers of sandboxes, snapshots and volumes, with the limits that they keep. */
export interface Writers {
  readonly quotas: Quotas
  readonly changes: Changes
  readonly snapshotChanges: SnapshotChanges
  readonly volumeChanges: VolumeChanges
}

/** What they need. */
interface Parts {
  readonly store: Store
  readonly config: ServerConfig
  readonly clock: () => number
}

/** Makes the feeds. */
export function createFeeds(): Feeds {
  return {
    feed: createFeed<SandboxChange>(),
    snapshotFeed: createFeed<SnapshotChange>(),
    volumeFeed: createFeed<VolumeChange>(),
  }
}

/** Makes the writers: each change goes to the store first, then to its feed. */
export function createWriters(feeds: Feeds, { store, config, clock }: Parts): Writers {
  const quotas = createQuotas(config, store.limits)
  const parts = { ...store, ...feeds, quotas, clock }
  return {
    quotas,
    changes: createChanges(parts),
    snapshotChanges: createSnapshotChanges(parts),
    volumeChanges: createVolumeChanges(parts),
  }
}
