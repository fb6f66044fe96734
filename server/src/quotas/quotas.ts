import { limits, PlatformError, type Resources, unlimited } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { ServerConfig } from '../options.ts'
import type { Guard } from '../store/guard.ts'
import {
  countHeld,
  countSecrets,
  countSnapshots,
  countVolumes,
  type LimitStore,
  lockOrganization,
  type OrganizationLimits,
  organizationLimits,
  type RegionQuotaRecord,
  regionQuota,
} from '../store/limits.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { Tables } from '../store/tables.ts'
import { sumUse } from '../store/usage.ts'
import { noUse, useOf } from './use.ts'

/** Limits as they hold: what is set for an organization, or the platform's own. Null: no limit. */
export interface Limits {
  /** one sandbox */
  readonly perSandbox: Resources
  /** a sandbox that outlives its stop, GiB */
  readonly persistentDiskGib: number | null
  readonly totalCpu: number | null
  readonly totalMemoryGib: number | null
  readonly totalDiskGib: number | null
  readonly snapshots: number | null
  readonly snapshotSizeGb: number | null
  readonly volumes: number | null
  readonly secrets: number | null
}

/** The limits of organizations. A guard that a store call gets throws BAD_REQUEST, and then nothing was written. */
export interface Quotas {
  /** For a sandbox that is made (`before` is null) or changed. What takes no more than before always passes. */
  sandbox(before: SandboxRecord | null, after: SandboxRecord): Guard
  /** For sandboxes made ahead: counted as if they were started. */
  madeAhead(organizationId: string, resources: Resources): Guard
  /** For one more snapshot that is in use; with what its sandboxes are to get, where that is asked for. */
  snapshot(organizationId: string, resources?: Resources): Guard
  /** For one more volume. */
  volume(organizationId: string): Guard
  /** For one more secret. */
  secret(organizationId: string): Guard
  /** Why the organization may have no snapshot of this size; `null` when it may. */
  refusalOfSize(organizationId: string, sizeBytes: number): Promise<string | null>
}

type Config = Pick<ServerConfig, 'capacity' | 'quotas' | 'publicUrl' | 'region'>

const gb = 1024 ** 3
/** Snapshots that may lie on the disks, as a multiple of those that may be in use. */
const heldFactor = 3

/** Makes the checks. */
export function createQuotas(config: Config, store: Pick<LimitStore, 'organization'>): Quotas {
  const help = `Need higher resource limits? See ${config.publicUrl}/limits or ask the administrator of this platform.`
  const refuse = (message: string): never => {
    throw new PlatformError('BAD_REQUEST', `${message}\n${help}`)
  }

  function checkSize({ cpu, memoryGib, diskGib }: Resources, { perSandbox }: Limits): void {
    const over = (request: string, most: string) => refuse(`${request} exceeds maximum allowed per sandbox (${most}).`)
    if (cpu > perSandbox.cpu) over(`CPU request ${cpu}`, `${perSandbox.cpu}`)
    if (memoryGib > perSandbox.memoryGib) over(`Memory request ${memoryGib}GB`, `${perSandbox.memoryGib}GB`)
    if (diskGib > perSandbox.diskGib) over(`Disk request ${diskGib}GB`, `${perSandbox.diskGib}GB`)
  }

  function checkDisk({ diskGib }: Resources, { persistentDiskGib }: Limits): void {
    if (persistentDiskGib === null) return
    if (persistentDiskGib === 0) refuse('Only ephemeral sandboxes are permitted in this region')
    if (diskGib > persistentDiskGib) {
      refuse(`Disk request ${diskGib}GB exceeds maximum allowed per non-ephemeral sandbox (${persistentDiskGib}GB).`)
    }
  }

  async function checkTotals(db: Kysely<Tables>, where: Where, own: Limits, more: Resources): Promise<void> {
    const { totalCpu, totalMemoryGib, totalDiskGib } = own
    if (totalCpu === null && totalMemoryGib === null && totalDiskGib === null) return
    await lockOrganization(db, where.organizationId)
    const sum = (await sumUse(db, where.organizationId)).get(where.region) ?? noUse
    const isOver = (name: keyof Resources, most: number | null) => most !== null && more[name] > 0 && sum[name] > most
    if (isOver('cpu', totalCpu)) refuse(`Total CPU limit exceeded. Maximum allowed: ${totalCpu}.`)
    if (isOver('memoryGib', totalMemoryGib)) {
      refuse(`Total memory limit exceeded. Maximum allowed: ${totalMemoryGib}GiB.`)
    }
    if (isOver('diskGib', totalDiskGib)) refuse(`Total disk limit exceeded. Maximum allowed: ${totalDiskGib}GiB.`)
  }

  /** What counts as no snapshot takes room all the same, and so it may only be a few times as much as counts. */
  async function checkHeld(db: Kysely<Tables>, organizationId: string, most: number | null): Promise<void> {
    if (most === null) return
    const heldMost = heldFactor * most + limits.buildsKept
    if ((await countHeld(db, organizationId)) <= heldMost) return
    refuse(
      `Snapshot quota exceeded. Maximum allowed: ${most}, and ${heldMost} with those that are inactive or that were deleted while a sandbox stands on them`,
    )
  }

  return {
    sandbox(before, after) {
      const isLarger = before === null || outgrows(after, before) || losesItsEnd(before, after)
      const [use, earlier] = [useOf(after), before === null ? noUse : useOf(before)]
      const more = {
        cpu: use.cpu - earlier.cpu,
        memoryGib: use.memoryGib - earlier.memoryGib,
        diskGib: use.diskGib - earlier.diskGib,
      }
      const takesMore = more.cpu > 0 || more.memoryGib > 0 || more.diskGib > 0
      return async (db) => {
        if (!isLarger && !takesMore) return
        const own = await readLimits(db, config, after)
        if (isLarger) checkSize(largest(after), own)
        if (isLarger && after.autoDeleteMinutes !== 0) checkDisk(largest(after), own)
        if (takesMore) await checkTotals(db, after, own, more)
        if (before === null && after.buildInfo !== null) await checkHeld(db, after.organizationId, own.snapshots)
      }
    },
    madeAhead(organizationId, { cpu, memoryGib, diskGib }) {
      return async (db) => {
        const where = { organizationId, region: config.region.id, sandboxClass: 'container' }
        await checkTotals(db, where, await readLimits(db, config, where), { cpu, memoryGib, diskGib })
      }
    },
    snapshot(organizationId, resources) {
      return async (db) => {
        if (resources !== undefined) {
          const where = { organizationId, region: config.region.id, sandboxClass: 'container' }
          checkSize(resources, await readLimits(db, config, where))
        }
        const most = limit((await organizationLimits(db, organizationId)).snapshotQuota, config.quotas.snapshots)
        if (most === null) return
        await lockOrganization(db, organizationId)
        if ((await countSnapshots(db, organizationId)) > most) {
          refuse(`Snapshot quota exceeded. Maximum allowed: ${most}`)
        }
        await checkHeld(db, organizationId, most)
      }
    },
    volume(organizationId) {
      return async (db) => {
        const most = limit((await organizationLimits(db, organizationId)).volumeQuota, config.quotas.volumes)
        if (most === null) return
        await lockOrganization(db, organizationId)
        if ((await countVolumes(db, organizationId)) > most) refuse(`Volume quota exceeded. Maximum allowed: ${most}`)
      }
    },
    secret(organizationId) {
      return async (db) => {
        const most = limit((await organizationLimits(db, organizationId)).secretQuota, config.quotas.secrets)
        if (most === null) return
        await lockOrganization(db, organizationId)
        if ((await countSecrets(db, organizationId)) > most) refuse(`Secret quota exceeded. Maximum allowed: ${most}`)
      }
    },
    async refusalOfSize(organizationId, sizeBytes) {
      const own = await store.organization(organizationId)
      const most = limit(own.maxSnapshotSize, config.quotas.snapshotSizeGb)
      if (most === null || sizeBytes <= most * gb) return null
      return `Snapshot size (${(sizeBytes / gb).toFixed(2)}GB) exceeds maximum allowed size of ${most}GB`
    },
  }
}

/** Where limits hold. */
type Where = Pick<SandboxRecord, 'organizationId' | 'region' | 'sandboxClass'>

/** The limits that hold for an organization in a region. */
async function readLimits(
  db: Kysely<Tables>,
  config: Pick<ServerConfig, 'capacity' | 'quotas'>,
  where: Where,
): Promise<Limits> {
  const { organizationId, region: regionId, sandboxClass } = where
  const own = await organizationLimits(db, organizationId)
  return mergeLimits(config, own, await regionQuota(db, { organizationId, regionId, sandboxClass }))
}

/** The region's limits before the organization's before the platform's. */
export function mergeLimits(
  { capacity, quotas }: Pick<ServerConfig, 'capacity' | 'quotas'>,
  own: Partial<OrganizationLimits>,
  there: RegionQuotaRecord | undefined,
): Limits {
  return {
    perSandbox: {
      cpu: there?.maxCpuPerSandbox ?? own.maxCpuPerSandbox ?? capacity.cpu,
      memoryGib: there?.maxMemoryPerSandbox ?? own.maxMemoryPerSandbox ?? capacity.memoryGib,
      diskGib: there?.maxDiskPerSandbox ?? own.maxDiskPerSandbox ?? capacity.diskGib,
    },
    persistentDiskGib: limit(there?.maxDiskPerNonEphemeralSandbox, quotas.persistentDiskGib),
    totalCpu: limit(there?.totalCpuQuota, quotas.totalCpu),
    totalMemoryGib: limit(there?.totalMemoryQuota, quotas.totalMemoryGib),
    totalDiskGib: limit(there?.totalDiskQuota, quotas.totalDiskGib),
    snapshots: limit(own.snapshotQuota, quotas.snapshots),
    snapshotSizeGb: limit(own.maxSnapshotSize, quotas.snapshotSizeGb),
    volumes: limit(own.volumeQuota, quotas.volumes),
    secrets: limit(own.secretQuota, quotas.secrets),
  }
}

function limit(own: number | null | undefined, fallback: number | null): number | null {
  const most = own ?? fallback
  return most === null || most >= unlimited ? null : most
}

function outgrows(after: SandboxRecord, before: SandboxRecord): boolean {
  const wanted = largest(after)
  return wanted.cpu > before.cpu || wanted.memoryGib > before.memoryGib || wanted.diskGib > before.diskGib
}

/** What a sandbox has, or is to have after a resize. */
function largest({ wanted, cpu, memoryGib, diskGib }: SandboxRecord): Resources {
  return wanted?.kind === 'resources' ? wanted : { cpu, memoryGib, diskGib }
}

function losesItsEnd(before: SandboxRecord, after: SandboxRecord): boolean {
  return before.autoDeleteMinutes === 0 && after.autoDeleteMinutes !== 0
}
