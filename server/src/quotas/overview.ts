import { type quotaRoutes, type Resources, type RouteOutput, unlimited } from '@sandyard/protocol'
import type { RegionQuotaRecord } from '../store/limits.ts'
import type { Limits } from './quotas.ts'
import { noUse } from './use.ts'

/** What there is of an organization in a region. */
interface Standing {
  readonly limits: Limits
  /** what is set for it there */
  readonly own: RegionQuotaRecord | undefined
  readonly use: Resources | undefined
  readonly snapshots: number
  readonly volumes: number
}

type Overview = RouteOutput<(typeof quotaRoutes)['getOrganizationUsageOverview']>
type WireQuota = RouteOutput<(typeof quotaRoutes)['adminGetOrganizationRegionQuota']>

/** What an organization has and may have, in the form of api.md 5. */
export function toWireOverview(regionId: string, { limits, own, use = noUse, snapshots, volumes }: Standing): Overview {
  return {
    regionUsage: [
      {
        regionId,
        sandboxClass: 'container',
        totalCpuQuota: limits.totalCpu ?? unlimited,
        currentCpuUsage: use.cpu,
        totalMemoryQuota: limits.totalMemoryGib ?? unlimited,
        currentMemoryUsage: use.memoryGib,
        totalDiskQuota: limits.totalDiskGib ?? unlimited,
        currentDiskUsage: use.diskGib,
        totalGpuQuota: 0,
        currentGpuUsage: 0,
        ...maxima(own),
        maxDiskPerNonEphemeralSandbox: limits.persistentDiskGib,
      },
    ],
    totalSnapshotQuota: limits.snapshots ?? unlimited,
    currentSnapshotUsage: snapshots,
    totalVolumeQuota: limits.volumes ?? unlimited,
    currentVolumeUsage: volumes,
  }
}

/** Limits of an organization in a region, in the form of the appendix of api.md. */
export function toWireQuota(quota: RegionQuotaRecord, limits: Limits): WireQuota {
  const { organizationId, regionId, sandboxClass } = quota
  return {
    organizationId,
    regionId,
    sandboxClass,
    totalCpuQuota: limits.totalCpu ?? unlimited,
    totalMemoryQuota: limits.totalMemoryGib ?? unlimited,
    totalDiskQuota: limits.totalDiskGib ?? unlimited,
    totalGpuQuota: 0,
    ...maxima(quota),
    maxSandboxLifespan: null,
  }
}

function maxima(own: RegionQuotaRecord | undefined) {
  return {
    maxCpuPerSandbox: own?.maxCpuPerSandbox ?? null,
    maxMemoryPerSandbox: own?.maxMemoryPerSandbox ?? null,
    maxDiskPerSandbox: own?.maxDiskPerSandbox ?? null,
    maxDiskPerNonEphemeralSandbox: own?.maxDiskPerNonEphemeralSandbox ?? null,
    maxCpuPerGpu: null,
    maxMemoryPerGpu: null,
    maxDiskPerGpu: null,
  }
}
