import type { Engine } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import type { SnapshotChanges } from '../snapshots/changes.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import type { SnapshotStore } from '../store/snapshots.ts'
import type { Changes } from './changes.ts'
import type { Orders } from './orders.ts'

/** What the verbs on sandboxes work with. */
export interface SandboxParts {
  readonly engine: Engine
  readonly sandboxes: SandboxStore
  readonly changes: Changes
  readonly snapshots: SnapshotStore
  readonly snapshotChanges: SnapshotChanges
  readonly orders: Orders
  readonly config: ServerConfig
  /** epoch ms */
  readonly clock: () => number
  readonly log: Log
}
