import type { DesiredState, Resources, SandboxState, VolumeMount } from '@sandyard/protocol'
import type { SandboxTable } from './tables.ts'

/** A change that the engine was ordered and has not confirmed: it is ordered again after a crash. */
export type WantedChange =
  | ({ readonly kind: 'resources' } & Resources)
  | ({ readonly kind: 'network' } & NetworkSettings)

/** The settings of a sandbox that concern its network. */
export type NetworkSettings = Pick<
  SandboxSummary,
  'networkBlockAll' | 'networkAllowList' | 'domainAllowList' | 'networkDenyList' | 'domainDenyList'
>

/** What a sandbox was built from, when it was not made from a snapshot; the build itself has another row. */
export interface SandboxBuild {
  readonly dockerfileContent: string
  readonly contextHashes: readonly string[]
  /** wire name of what is built */
  readonly snapshotRef: string
  /** epoch ms */
  readonly createdAtMs: number
}

/** A secret in a sandbox, by the variable that has its placeholder. A deleted one is taken from all rows. */
export interface SecretMount {
  readonly env: string
  readonly secretId: string
  /** which a secret keeps for ever */
  readonly name: string
}

/** A sandbox without its environment, as listings read it. */
export interface SandboxSummary {
  readonly id: string
  readonly organizationId: string
  readonly region: string
  readonly sandboxClass: string
  readonly name: string
  readonly snapshot: string
  /** works inside and owns the agent */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
  /** previews need no token */
  readonly isPublic: boolean
  readonly networkBlockAll: boolean
  /** IPv4 CIDRs, comma separated; empty is none, null is no limit */
  readonly networkAllowList: string | null
  /** names, comma separated, with `*.` for all below; empty is none, null is no limit */
  readonly domainAllowList: string | null
  /** IPv4 CIDRs that are closed, comma separated; null is none */
  readonly networkDenyList: string | null
  /** names that are not known, comma separated, with `*.` for all below; null is none */
  readonly domainDenyList: string | null
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
  readonly state: SandboxState
  readonly desiredState: DesiredState
  /** why it failed, or why it stopped by itself */
  readonly errorReason: string | null
  readonly isRecoverable: boolean
  /** opens all its ports; another one after each start */
  readonly previewToken: string
  /** minutes without activity, 0 is never */
  readonly autoStopMinutes: number
  /** minutes without activity, 0 is never; at most one of the two is set */
  readonly autoPauseMinutes: number
  readonly autoArchiveMinutes: number
  /** minutes after stop, negative is never */
  readonly autoDeleteMinutes: number
  /** when it is deleted whatever its state, null is never */
  readonly autoDestroyAtMs: number | null
  /** a request starts it when it rests; null: when it rests because nobody used it */
  readonly autoWake: boolean | null
  /** it was stopped or paused because nobody used it, and nobody has said since that it shall rest */
  readonly isIdle: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly lastActivityAtMs: number
}

/** A sandbox. */
export interface SandboxRecord extends SandboxSummary {
  /** as the user gave it */
  readonly env: Readonly<Record<string, string>>
  /** signs URLs of file calls; null until somebody asks for it */
  readonly signingKey: string | null
  /** what the engine calls the snapshot */
  readonly snapshotRef: string
  /** null for one that was made from a snapshot; its `snapshot` has a name then, and is empty otherwise */
  readonly buildInfo: SandboxBuild | null
  /** the sandbox it was forked from; its row may be gone */
  readonly parentId: string | null
  /** the sandbox that it is linked to and goes with; its row may be gone */
  readonly linkedSandboxId: string | null
  readonly wanted: WantedChange | null
  /** what is mounted in it, for its whole life */
  readonly volumes: readonly VolumeMount[]
  /** what its programs use without having it */
  readonly secrets: readonly SecretMount[]
}

/** What can change during a sandbox's life, besides its state. */
export type SandboxPatch = Partial<
  Pick<
    SandboxRecord,
    | 'name'
    | 'user'
    | 'labels'
    | 'isPublic'
    | 'networkBlockAll'
    | 'networkAllowList'
    | 'domainAllowList'
    | 'networkDenyList'
    | 'domainDenyList'
    | 'cpu'
    | 'memoryGib'
    | 'diskGib'
    | 'wanted'
    | 'secrets'
    | 'isRecoverable'
    | 'desiredState'
    | 'errorReason'
    | 'previewToken'
    | 'signingKey'
    | 'autoStopMinutes'
    | 'autoPauseMinutes'
    | 'autoArchiveMinutes'
    | 'autoDeleteMinutes'
    | 'autoDestroyAtMs'
    | 'autoWake'
    | 'isIdle'
    | 'lastActivityAtMs'
  >
>

/** Columns of a listing: all but the environment, which may be large. */
export const summaryColumns = [
  'id',
  'organizationId',
  'region',
  'sandboxClass',
  'name',
  'snapshot',
  'user',
  'labels',
  'isPublic',
  'networkBlockAll',
  'networkAllowList',
  'domainAllowList',
  'networkDenyList',
  'domainDenyList',
  'cpu',
  'memoryGib',
  'diskGib',
  'state',
  'desiredState',
  'errorReason',
  'isRecoverable',
  'previewToken',
  'autoStopMinutes',
  'autoPauseMinutes',
  'autoArchiveMinutes',
  'autoDeleteMinutes',
  'autoDestroyAtMs',
  'autoWake',
  'isIdle',
  'createdAtMs',
  'updatedAtMs',
  'lastActivityAtMs',
] as const satisfies readonly (keyof SandboxTable)[]

/** Parses a row of a listing. */
export function toSummary(row: Pick<SandboxTable, (typeof summaryColumns)[number]>): SandboxSummary {
  return {
    ...row,
    labels: parseMap(row.labels),
    isPublic: row.isPublic === 1,
    networkBlockAll: row.networkBlockAll === 1,
    isRecoverable: row.isRecoverable === 1,
    autoWake: row.autoWake === null ? null : row.autoWake === 1,
    isIdle: row.isIdle === 1,
  }
}

/** Parses a whole row. */
export function toRecord(row: SandboxTable): SandboxRecord {
  const { signingKey, snapshotRef, parentId, linkedSandboxId } = row
  const wanted = row.wanted === null ? null : (JSON.parse(row.wanted) as WantedChange)
  const buildInfo = row.buildInfo === null ? null : (JSON.parse(row.buildInfo) as SandboxBuild)
  const volumes = JSON.parse(row.volumes) as VolumeMount[]
  const secrets = JSON.parse(row.secrets) as SecretMount[]
  const own = { signingKey, snapshotRef, parentId, linkedSandboxId, wanted, volumes, secrets, buildInfo }
  return { ...toSummary(row), env: parseMap(row.env), ...own }
}

/** The row of a new sandbox. */
export function toRow(sandbox: SandboxRecord): SandboxTable {
  return {
    ...sandbox,
    nameFolded: sandbox.name.toLowerCase(),
    env: JSON.stringify(sandbox.env),
    labels: JSON.stringify(sandbox.labels),
    wanted: formatWanted(sandbox.wanted),
    buildInfo: sandbox.buildInfo === null ? null : JSON.stringify(sandbox.buildInfo),
    volumes: JSON.stringify(sandbox.volumes),
    secrets: JSON.stringify(sandbox.secrets),
    isPublic: Number(sandbox.isPublic),
    networkBlockAll: Number(sandbox.networkBlockAll),
    isRecoverable: Number(sandbox.isRecoverable),
    autoWake: sandbox.autoWake === null ? null : Number(sandbox.autoWake),
    isIdle: Number(sandbox.isIdle),
  }
}

/** The columns of a change. */
export function toColumns(patch: SandboxPatch): Partial<SandboxTable> {
  const { name, labels, wanted, secrets, isPublic, networkBlockAll, isRecoverable, autoWake, isIdle, ...plain } = patch
  return {
    ...plain,
    ...(name === undefined ? {} : { name, nameFolded: name.toLowerCase() }),
    ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
    ...(wanted === undefined ? {} : { wanted: formatWanted(wanted) }),
    ...(secrets === undefined ? {} : { secrets: JSON.stringify(secrets) }),
    ...(isPublic === undefined ? {} : { isPublic: Number(isPublic) }),
    ...(networkBlockAll === undefined ? {} : { networkBlockAll: Number(networkBlockAll) }),
    ...(isRecoverable === undefined ? {} : { isRecoverable: Number(isRecoverable) }),
    ...(autoWake === undefined ? {} : { autoWake: autoWake === null ? null : Number(autoWake) }),
    ...(isIdle === undefined ? {} : { isIdle: Number(isIdle) }),
  }
}

function formatWanted(wanted: WantedChange | null): string | null {
  return wanted === null ? null : JSON.stringify(wanted)
}

function parseMap(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>
}
