import type { DesiredState, SandboxState, SnapshotState, VolumeState } from '@sandyard/protocol'
import type { DomainTable } from './domain-tables.ts'
import type { EnvironmentTables } from './environment-tables.ts'
import type { SecretTables } from './secret-tables.ts'
import type { WebhookDeliveryTable, WebhookEndpointTable } from './webhook-tables.ts'

/** Tables as they are stored. Truth values are 0 or 1, times epoch ms, maps JSON text: the same in every dialect. */
export interface Tables extends SecretTables, EnvironmentTables {
  migrations: { name: string; appliedAtMs: number }
  users: UserTable
  /** who the OIDC issuer says a user is */
  userIdentities: { issuer: string; subject: string; userId: string }
  sessions: SessionTable
  loginTokens: { hash: string; userId: string; method: SessionTable['method']; expiresAtMs: number }
  organizations: OrganizationTable
  organizationMembers: MemberTable
  organizationRoles: RoleTable
  organizationInvitations: InvitationTable
  apiKeys: ApiKeyTable
  sandboxes: SandboxTable
  /** the labels of `sandboxes.labels` again, one a row, for filters */
  sandboxLabels: { sandboxId: string; key: string; value: string }
  snapshots: SnapshotTable
  builds: BuildTable
  dockerRegistries: RegistryTable
  volumes: VolumeTable
  /** the volumes of `sandboxes.volumes` again, one a row */
  sandboxVolumes: { sandboxId: string; volumeId: string }
  warmPools: WarmPoolTable
  warmSandboxes: WarmSandboxTable
  organizationLimits: OrganizationLimitTable
  regionQuotas: RegionQuotaTable
  usagePeriods: UsagePeriodTable
  auditLog: AuditTable
  webhookEndpoints: WebhookEndpointTable
  webhookDeliveries: WebhookDeliveryTable
  sshAccesses: SshAccessTable
  signedPreviewTokens: SignedTokenTable
  customDomains: DomainTable
}

/** A token that opens one port for a while. */
export interface SignedTokenTable extends MadeBy {
  /** hex SHA-256 */
  hash: string
  sandboxId: string
  port: number
  expiresAtMs: number
}

/** Who made a token; both null: it was made before that was kept. */
export interface MadeBy {
  userId: string | null
  /** the API key it was made with; null: by a user who has signed in */
  keyId: string | null
}

/** A token for SSH. */
export interface SshAccessTable extends MadeBy {
  id: string
  sandboxId: string
  /** hex SHA-256 of the token */
  hash: string
  createdAtMs: number
  expiresAtMs: number
}

/** Somebody who may sign in. */
export interface UserTable {
  id: string
  name: string
  email: string | null
  isEmailVerified: number
  /** what is typed beside the password, folded; null for users of the OIDC issuer */
  login: string | null
  passwordHash: string | null
  /** 1 for an administrator of the platform */
  isAdmin: number
  createdAtMs: number
}

/** A signed-in user: the token is never stored, only its hash. */
export interface SessionTable {
  id: string
  userId: string
  /** hex SHA-256 of the token */
  hash: string
  method: 'password' | 'link' | 'oidc'
  createdAtMs: number
  /** of the token; a refresh makes another */
  expiresAtMs: number
  /** no refresh goes past this */
  endsAtMs: number
}

/** An organization; the row stays when it is deleted. */
export interface OrganizationTable {
  id: string
  name: string
  createdBy: string
  /** 1 for the one that each user has from the start */
  isPersonal: number
  defaultRegionId: string | null
  createdAtMs: number
  updatedAtMs: number
  suspendedAtMs: number | null
  /** null: until somebody ends it */
  suspendedUntilMs: number | null
  suspensionReason: string | null
  /** time from the suspension until sandboxes are stopped */
  suspensionGraceHours: number
  /** whether browsers are warned before previews; null: as the platform does */
  previewWarning: number | null
  deletedAtMs: number | null
}

/** A user in an organization. */
export interface MemberTable {
  organizationId: string
  userId: string
  role: 'owner' | 'member'
  /** JSON array */
  roleIds: string
  createdAtMs: number
  updatedAtMs: number
}

/** A role that an organization has made. */
export interface RoleTable {
  id: string
  organizationId: string
  name: string
  description: string
  /** JSON array */
  permissions: string
  createdAtMs: number
  updatedAtMs: number
}

/** An invitation, by email. */
export interface InvitationTable {
  id: string
  organizationId: string
  /** folded */
  email: string
  invitedBy: string
  role: 'owner' | 'member'
  /** JSON array */
  roleIds: string
  status: 'pending' | 'accepted' | 'declined' | 'cancelled'
  expiresAtMs: number
  createdAtMs: number
  updatedAtMs: number
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
  /** JSON; see SandboxBuild */
  buildInfo: string | null
  /** the sandbox it was forked from; its row may be gone */
  parentId: string | null
  /** the sandbox that it is linked to; its row may be gone */
  linkedSandboxId: string | null
  user: string
  env: string
  labels: string
  isPublic: number
  networkBlockAll: number
  networkAllowList: string | null
  domainAllowList: string | null
  networkDenyList: string | null
  domainDenyList: string | null
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
  /** JSON array; see VolumeMount */
  volumes: string
  /** JSON array; see SecretMount */
  secrets: string
  autoStopMinutes: number
  autoPauseMinutes: number
  autoArchiveMinutes: number
  autoDeleteMinutes: number
  autoDestroyAtMs: number | null
  autoWake: number | null
  isIdle: number
  createdAtMs: number
  updatedAtMs: number
  lastActivityAtMs: number
}

/** A snapshot of an organization: saved from a sandbox, or made by a build. */
export interface SnapshotTable {
  id: string
  organizationId: string
  name: string
  state: SnapshotState
  /** whose disk it was; null for one that was built */
  sourceSandboxId: string | null
  /** what made it; the engine knows it by this id, or by its own when it was saved */
  buildId: string | null
  /** the image it is of, as it was asked for */
  imageName: string | null
  /** who works in a sandbox of it that names nobody */
  user: string
  /** JSON array of what runs in every sandbox of it */
  entrypoint: string | null
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
  state: 'making' | 'ready' | 'leaving' | 'gone'
  /** what the engine calls its snapshot */
  snapshotRef: string
  /** JSON; what the engine was told */
  spec: string
  createdAtMs: number
}

/** Limits of one organization; null: the platform's own holds. */
export interface OrganizationLimitTable {
  organizationId: string
  /** counts changes under the limits, so that two of them wait for each other in every database */
  revision: number
  maxCpuPerSandbox: number | null
  maxMemoryPerSandbox: number | null
  maxDiskPerSandbox: number | null
  snapshotQuota: number | null
  maxSnapshotSize: number | null
  volumeQuota: number | null
  secretQuota: number | null
  snapshotDeactivationTimeoutMinutes: number | null
  authenticatedRateLimit: number | null
  authenticatedRateLimitTtlSeconds: number | null
  sandboxCreateRateLimit: number | null
  sandboxCreateRateLimitTtlSeconds: number | null
  sandboxLifecycleRateLimit: number | null
  sandboxLifecycleRateLimitTtlSeconds: number | null
}

/** Limits of one organization in one region; null: the organization's or the platform's own holds. */
export interface RegionQuotaTable {
  organizationId: string
  regionId: string
  sandboxClass: string
  totalCpuQuota: number | null
  totalMemoryQuota: number | null
  totalDiskQuota: number | null
  totalGpuQuota: number | null
  maxCpuPerSandbox: number | null
  maxMemoryPerSandbox: number | null
  maxDiskPerSandbox: number | null
  maxDiskPerNonEphemeralSandbox: number | null
}

/** A time in which a sandbox took the same; `endAtMs` is null while it goes on. */
export interface UsagePeriodTable {
  sandboxId: string
  startAtMs: number
  endAtMs: number | null
  organizationId: string
  region: string
  cpu: number
  memoryGib: number
  diskGib: number
}

/** An entry of the audit log. */
export interface AuditTable {
  id: string
  createdAtMs: number
  organizationId: string | null
  actorId: string
  actorEmail: string
  actorApiKeyPrefix: string | null
  actorApiKeySuffix: string | null
  action: string
  targetType: string
  targetId: string | null
  statusCode: number
  errorMessage: string | null
  ipAddress: string | null
  userAgent: string | null
  source: string | null
  /** JSON */
  metadata: string | null
}

/** A volume of an organization; the engine knows it by its id. */
export interface VolumeTable {
  id: string
  organizationId: string
  name: string
  state: VolumeState
  errorReason: string | null
  createdAtMs: number
  updatedAtMs: number
  /** when a sandbox was made with it last */
  lastUsedAtMs: number | null
}

/** `pending`: nobody works on it yet; `removing`: nobody wants it any more. */
export type BuildState = 'pending' | 'making' | 'ready' | 'failed' | 'removing'

/** The making of a snapshot from an image or a Dockerfile. */
export interface BuildTable {
  id: string
  organizationId: string
  key: string | null
  /** JSON; see BuildSource */
  source: string
  state: BuildState
  uses: number
  sizeBytes: number | null
  user: string | null
  /** JSON array */
  entrypoint: string | null
  errorReason: string | null
  createdAtMs: number
  updatedAtMs: number
  lastUsedAtMs: number | null
}

/** Login at an image registry. */
export interface RegistryTable {
  id: string
  organizationId: string
  name: string
  /** host, with its port and a path if any */
  url: string
  username: string
  /** sealed; see Cipher */
  password: string
  /** empty for none */
  project: string
  createdAtMs: number
  updatedAtMs: number
}
