import type { Engine } from '@sandyard/protocol'
import type { AuditLog } from '../audit/audit.ts'
import type { Builds } from '../builds/builds.ts'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import type { SecretWork } from '../secrets/work.ts'
import type { SnapshotChanges } from '../snapshots/changes.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import type { SecretStore } from '../store/secrets.ts'
import type { SnapshotStore } from '../store/snapshots.ts'
import type { VolumeParts } from '../volumes/parts.ts'
import type { Changes } from './changes.ts'
import type { Orders } from './orders.ts'

/** Where sandboxes come from that were made ahead. */
export interface WarmClaims {
  /** Takes one that fits what is asked for; `null` when there is none. Throws CONFLICT for a taken name. */
  claim(wanted: {
    readonly organizationId: string
    readonly snapshotRef: string
    record(id: string): SandboxRecord
  }): Promise<SandboxRecord | null>
}

/** What the verbs on sandboxes work with. */
export interface SandboxParts extends VolumeParts {
  readonly engine: Engine
  readonly sandboxes: SandboxStore
  readonly changes: Changes
  readonly secrets: SecretStore
  readonly secretWork: SecretWork
  readonly snapshots: SnapshotStore
  readonly snapshotChanges: SnapshotChanges
  readonly orders: Orders
  readonly auditLog: Pick<AuditLog, 'note'>
  readonly builds: Builds
  readonly warm: WarmClaims
  readonly config: ServerConfig
  /** epoch ms */
  readonly clock: () => number
  readonly log: Log
}
