import { PlatformError, type RouteInput, type sandboxRoutes } from '@sandyard/protocol'
import type { ServerConfig } from '../options.ts'
import { regionFor } from '../region.ts'
import type { AnySnapshot } from '../snapshots/find.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import {
  archiveMinutes,
  checkPauseMinutes,
  checkStopMinutes,
  checkTogether,
  checkTtlMinutes,
  storedMinutes,
} from './intervals.ts'
import { checkLists } from './network-lists.ts'

/** Body of a create call, its shape checked. */
export type CreateBody = RouteInput<(typeof sandboxRoutes)['createSandbox']>['body']

/** A sandbox as asked for, complete and allowed, before it has an id. */
export interface SandboxPlan
  extends Pick<
    SandboxRecord,
    | 'snapshot'
    | 'snapshotRef'
    | 'buildInfo'
    | 'user'
    | 'env'
    | 'labels'
    | 'volumes'
    | 'secrets'
    | 'isPublic'
    | 'networkBlockAll'
    | 'networkAllowList'
    | 'domainAllowList'
    | 'networkDenyList'
    | 'domainDenyList'
    | 'linkedSandboxId'
    | 'cpu'
    | 'memoryGib'
    | 'diskGib'
    | 'autoStopMinutes'
    | 'autoPauseMinutes'
    | 'autoArchiveMinutes'
    | 'autoDeleteMinutes'
    | 'autoWake'
  > {
  /** absent: the id becomes the name */
  readonly name: string | undefined
  /** 0 is for ever */
  readonly ttlMinutes: number
}

/** Fields of the wire that this version cannot serve; one that asks for something is refused, never ignored. */
const notYet = [
  'gpuType',
  'spot',
  'kvm',
  'queueTimeout',
  'outboundProxyUrl',
  'otelEndpointOverride',
] as const satisfies readonly (keyof CreateBody)[]

/** What a sandbox is made from: a snapshot, or what is built for it. */
export type SandboxGround = Pick<AnySnapshot, 'name' | 'ref' | 'user' | 'cpu' | 'memoryGib' | 'diskGib'>

/** What a sandbox is given from outside. */
export type Mounts = Partial<Pick<SandboxRecord, 'volumes' | 'secrets'>>

/** Applies the rules and defaults of api.md 2.3. Throws BAD_REQUEST, NOT_FOUND or NOT_IMPLEMENTED. */
export function planSandbox(
  config: ServerConfig,
  snapshot: SandboxGround,
  body: CreateBody,
  { volumes = [], secrets = [] }: Mounts = {},
): SandboxPlan {
  checkExclusions(body)
  regionFor(config, body.target || null)
  checkLists(body)
  const resources = {
    cpu: body.cpu ?? snapshot.cpu,
    memoryGib: body.memory ?? snapshot.memoryGib,
    diskGib: body.disk ?? snapshot.diskGib,
  }
  const autoPauseMinutes = checkPauseMinutes(body.autoPauseInterval ?? 0)
  const intervals = {
    autoStopMinutes: checkStopMinutes(body.autoStopInterval ?? (autoPauseMinutes > 0 ? 0 : 15)),
    autoPauseMinutes,
    autoArchiveMinutes: archiveMinutes(body.autoArchiveInterval ?? 10_080),
    autoDeleteMinutes: storedMinutes(body.autoDeleteInterval ?? -1),
  }
  checkTogether(intervals)
  return {
    name: body.name,
    snapshot: snapshot.name,
    snapshotRef: snapshot.ref,
    buildInfo: null,
    user: body.user ?? snapshot.user,
    env: body.env ?? {},
    labels: body.labels ?? {},
    volumes,
    secrets,
    isPublic: body.public ?? false,
    networkBlockAll: body.networkBlockAll ?? false,
    // A list that is there and empty lets nothing through (runtime.md 1.7).
    networkAllowList: body.networkAllowList?.trim() ?? null,
    domainAllowList: body.domainAllowList?.trim() ?? null,
    networkDenyList: body.networkDenyList?.trim() || null,
    domainDenyList: body.domainDenyList?.trim() || null,
    linkedSandboxId: null,
    ...resources,
    ...intervals,
    autoWake: body.autoWake ?? null,
    ttlMinutes: checkTtlMinutes(body.ttlMinutes ?? 0),
  }
}

function checkExclusions(body: CreateBody): void {
  if (body.buildInfo !== undefined) {
    if (body.snapshot !== undefined) {
      throw new PlatformError('BAD_REQUEST', 'Cannot specify a snapshot when using a build info entry')
    }
    if (asksForSomething(body.linkedSandbox)) {
      throw new PlatformError('BAD_REQUEST', 'Cannot specify a linked sandbox when using a build info entry')
    }
  }
  if (body.gpu !== undefined && body.gpu > 0) {
    throw new PlatformError('BAD_REQUEST', `GPU request ${body.gpu} exceeds maximum allowed per sandbox (0).`)
  }
  const field = notYet.find((name) => asksForSomething(body[name]))
  if (field !== undefined) throw new PlatformError('NOT_IMPLEMENTED', `${field} is not supported yet`)
}

function asksForSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  if (typeof value === 'string') return value.trim() !== ''
  return Boolean(value)
}
