import type { DesiredState, SandboxState, SnapshotState } from '@sandyard/protocol'

/** Tables as they are stored. Truth values are 0 or 1, times epoch ms, maps JSON text: the same in every dialect. */
export interface Tables {
  migrations: { name: string; appliedAtMs: number }
  users: { id: string; name: string; createdAtMs: number }
  organizations: { id: string; name: string; createdBy: string; createdAtMs: number }
  apiKeys: ApiKeyTable
  sandboxes: SandboxTable
  /** the labels of `sandboxes.labels` again, one a row, for filters */
  sandboxLabels: { sandboxId: string; key: string; value: string }
  snapshots: SnapshotTable
  warmPools: WarmPoolTable
  warmSandboxes: WarmSandboxTable
  signedPreviewTokens: { hash: string; sandboxId: string; port: number; expiresAtMs: number }
}

/** A key: its value is never stored, only the hash and the masked form. */
export interface ApiKeyTable {
  id: string
  organizationId: string
  userId: string
  name: string
  /** hex SHA-256 of the value */
  hash: string
  masked: string
  /** JSON array */
  permissions: string
  /** 1 for the key from the configuration */
  isAdmin: number
  createdAtMs: number
  lastUsedAtMs: number | null
  expiresAtMs: number | null
}

/** A sandbox, one row for its whole life and a day after. */
export interface SandboxTable {
  id: string
  organizationId: string
  region: string
  sandboxClass: string
  name: string
  /** lower case, for prefix search */
  nameFolded: string
  snapshot: string
  /** what the engine calls the snapshot */
  snapshotRef: string
  /** the sandbox it was forked from; its row may be gone */
  parentId: string | null
  user: string
  env: string
  labels: string
  isPublic: number
  networkBlockAll: number
  networkAllowList: string | null
  cpu: number
  memoryGib: number
  diskGib: number
  state: SandboxState
  desiredState: DesiredState
  errorReason: string | null
  isRecoverable: number
  previewToken: string
  signingKey: string | null
  /** JSON; see WantedChange */
  wanted: string | null
  autoStopMinutes: number
  autoPauseMinutes: number
  autoArchiveMinutes: number
  autoDeleteMinutes: number
  autoDestroyAtMs: number | null
  createdAtMs: number
  updatedAtMs: number
  lastActivityAtMs: number
}

/** A snapshot that an organization has saved; the engine knows it by its id. */
export interface SnapshotTable {
  id: string
  organizationId: string
  name: string
  state: SnapshotState
  sourceSandboxId: string
  sizeBytes: number | null
  cpu: number
  memoryGib: number
  diskGib: number
  errorReason: string | null
  createdAtMs: number
  updatedAtMs: number
  lastUsedAtMs: number | null
}

/** So many sandboxes of a snapshot are to be ready. */
export interface WarmPoolTable {
  id: string
  organizationId: string
  /** name of the snapshot */
  snapshot: string
  region: string
  size: number
  /** why none can be made */
  errorReason: string | null
  createdAtMs: number
  updatedAtMs: number
}

/** A sandbox that was made ahead and is nobody's yet; its pool may be gone. */
export interface WarmSandboxTable {
  id: string
  poolId: string
  organizationId: string
  state: 'making' | 'ready' | 'leaving'
  /** what the engine calls its snapshot */
  snapshotRef: string
  /** JSON; what the engine was told */
  spec: string
  createdAtMs: number
}
