import type { RouteOutput, SandboxState, sandboxRoutes } from '@sandyard/protocol'
import { version } from '@sandyard/protocol'
import { toWireBuild } from '../builds/wire.ts'
import { type Site, toolboxUrl } from '../previews/site.ts'
import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { toWireMounts } from '../volumes/wire.ts'
import { wireDate } from '../wire-date.ts'

/** A sandbox as answered. */
export type WireSandbox = RouteOutput<(typeof sandboxRoutes)['getSandbox']>

/** A sandbox as listed. */
export type WireSandboxItem = RouteOutput<(typeof sandboxRoutes)['listSandboxes']>['items'][number]

/** A sandbox in the form of api.md 2.2, with links for one client. */
export function toWire(sandbox: SandboxRecord, site: Site): WireSandbox {
  const { buildInfo, linkedSandboxId, secrets } = sandbox
  return {
    ...toWireItem(sandbox, site),
    env: { ...sandbox.env },
    volumes: toWireMounts(sandbox.volumes),
    kvm: false,
    ...(linkedSandboxId === null ? {} : { linkedSandboxId }),
    ...(secrets.length === 0 ? {} : { secrets: secrets.map(({ env, name }) => ({ [env]: name })) }),
    ...(buildInfo === null ? {} : { buildInfo: toWireBuild(buildInfo) }),
  }
}

/** A sandbox in the form of a listing. */
export function toWireItem(sandbox: SandboxSummary, site: Site): WireSandboxItem {
  const { networkAllowList, domainAllowList, networkDenyList, domainDenyList, errorReason, autoDestroyAtMs, autoWake } =
    sandbox
  return {
    id: sandbox.id,
    organizationId: sandbox.organizationId,
    name: sandbox.name,
    // Of one that was built there is no snapshot with a name (api.md 2.2).
    ...(sandbox.snapshot === '' ? {} : { snapshot: sandbox.snapshot }),
    user: sandbox.user,
    labels: { ...sandbox.labels },
    public: sandbox.isPublic,
    networkBlockAll: sandbox.networkBlockAll,
    ...(networkAllowList === null ? {} : { networkAllowList }),
    ...(domainAllowList === null ? {} : { domainAllowList }),
    ...(networkDenyList === null ? {} : { networkDenyList }),
    ...(domainDenyList === null ? {} : { domainDenyList }),
    target: sandbox.region,
    cpu: sandbox.cpu,
    gpu: 0,
    memory: sandbox.memoryGib,
    disk: sandbox.diskGib,
    state: sandbox.state,
    desiredState: sandbox.desiredState,
    ...(errorReason === null ? {} : { errorReason }),
    recoverable: sandbox.isRecoverable,
    backupState: backupStates[sandbox.state] ?? 'None',
    autoStopInterval: sandbox.autoStopMinutes,
    autoPauseInterval: sandbox.autoPauseMinutes,
    autoArchiveInterval: sandbox.autoArchiveMinutes,
    autoDeleteInterval: sandbox.autoDeleteMinutes,
    ...(autoWake === null ? {} : { autoWake }),
    ...(autoDestroyAtMs === null ? {} : { autoDestroyAt: wireDate(autoDestroyAtMs) }),
    createdAt: wireDate(sandbox.createdAtMs),
    updatedAt: wireDate(sandbox.updatedAtMs),
    lastActivityAt: wireDate(sandbox.lastActivityAtMs),
    sandboxClass: sandbox.sandboxClass,
    daemonVersion: version,
    toolboxProxyUrl: toolboxUrl(site),
  }
}

/** An archive is the one backup there is (api.md 2.12). */
const backupStates: Partial<Record<SandboxState, string>> = {
  archiving: 'InProgress',
  archived: 'Completed',
  restoring: 'Completed',
}
