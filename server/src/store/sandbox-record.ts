import type { DesiredState, SandboxState } from '@sandyard/protocol'
import type { SandboxTable } from './tables.ts'

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
  /** IPv4 CIDRs, comma separated */
  readonly networkAllowList: string | null
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
  readonly autoArchiveMinutes: number
  /** minutes after stop, negative is never */
  readonly autoDeleteMinutes: number
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
}

/** What can change during a sandbox's life, besides its state. */
export type SandboxPatch = Partial<
  Pick<
    SandboxRecord,
    | 'name'
    | 'labels'
    | 'isPublic'
    | 'desiredState'
    | 'errorReason'
    | 'previewToken'
    | 'signingKey'
    | 'autoStopMinutes'
    | 'autoArchiveMinutes'
    | 'autoDeleteMinutes'
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
  'cpu',
  'memoryGib',
  'diskGib',
  'state',
  'desiredState',
  'errorReason',
  'isRecoverable',
  'previewToken',
  'autoStopMinutes',
  'autoArchiveMinutes',
  'autoDeleteMinutes',
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
  }
}

/** Parses a whole row. */
export function toRecord(row: SandboxTable): SandboxRecord {
  return { ...toSummary(row), env: parseMap(row.env), signingKey: row.signingKey }
}

/** The row of a new sandbox. */
export function toRow(sandbox: SandboxRecord): SandboxTable {
  return {
    ...sandbox,
    nameFolded: sandbox.name.toLowerCase(),
    env: JSON.stringify(sandbox.env),
    labels: JSON.stringify(sandbox.labels),
    isPublic: Number(sandbox.isPublic),
    networkBlockAll: Number(sandbox.networkBlockAll),
    isRecoverable: Number(sandbox.isRecoverable),
  }
}

/** The columns of a change. */
export function toColumns(patch: SandboxPatch): Partial<SandboxTable> {
  const { labels, isPublic, ...plain } = patch
  return {
    ...plain,
    ...(patch.name === undefined ? {} : { nameFolded: patch.name.toLowerCase() }),
    ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
    ...(isPublic === undefined ? {} : { isPublic: Number(isPublic) }),
  }
}

function parseMap(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>
}
