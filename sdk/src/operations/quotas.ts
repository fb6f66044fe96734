// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/quotas.ts: change that, and run it again. */

import type { Sandbox } from './sandboxes.ts'

export interface RegionQuota {
  organizationId: string
  regionId: string
  sandboxClass: string
  totalCpuQuota: number
  totalMemoryQuota: number
  totalDiskQuota: number
  totalGpuQuota: number
  maxCpuPerSandbox: number | null
  maxMemoryPerSandbox: number | null
  maxDiskPerSandbox: number | null
  maxDiskPerNonEphemeralSandbox: number | null
  maxCpuPerGpu: number | null
  maxMemoryPerGpu: number | null
  maxDiskPerGpu: number | null
  maxSandboxLifespan: number | null
}

export interface UpdateOrganizationQuota {
  maxCpuPerSandbox?: number | null
  maxMemoryPerSandbox?: number | null
  maxDiskPerSandbox?: number | null
  snapshotQuota?: number | null
  maxSnapshotSize?: number | null
  volumeQuota?: number | null
  secretQuota?: number | null
  snapshotDeactivationTimeoutMinutes?: number | null
  authenticatedRateLimit?: number | null
  authenticatedRateLimitTtlSeconds?: number | null
  sandboxCreateRateLimit?: number | null
  sandboxCreateRateLimitTtlSeconds?: number | null
  sandboxLifecycleRateLimit?: number | null
  sandboxLifecycleRateLimitTtlSeconds?: number | null
}

export interface UpdateOrganizationQuotaInput {
  maxCpuPerSandbox?: number | null | undefined
  maxMemoryPerSandbox?: number | null | undefined
  maxDiskPerSandbox?: number | null | undefined
  snapshotQuota?: number | null | undefined
  maxSnapshotSize?: number | null | undefined
  volumeQuota?: number | null | undefined
  secretQuota?: number | null | undefined
  snapshotDeactivationTimeoutMinutes?: number | null | undefined
  authenticatedRateLimit?: number | null | undefined
  authenticatedRateLimitTtlSeconds?: number | null | undefined
  sandboxCreateRateLimit?: number | null | undefined
  sandboxCreateRateLimitTtlSeconds?: number | null | undefined
  sandboxLifecycleRateLimit?: number | null | undefined
  sandboxLifecycleRateLimitTtlSeconds?: number | null | undefined
}

export interface UpdateRegionQuota {
  sandboxClass?: 'container'
  totalCpuQuota?: number | null
  totalMemoryQuota?: number | null
  totalDiskQuota?: number | null
  totalGpuQuota?: 0 | null
  maxCpuPerSandbox?: number | null
  maxMemoryPerSandbox?: number | null
  maxDiskPerSandbox?: number | null
  maxDiskPerNonEphemeralSandbox?: number | null
}

export interface UpdateRegionQuotaInput {
  sandboxClass?: 'container' | undefined
  totalCpuQuota?: number | null | undefined
  totalMemoryQuota?: number | null | undefined
  totalDiskQuota?: number | null | undefined
  totalGpuQuota?: 0 | null | undefined
  maxCpuPerSandbox?: number | null | undefined
  maxMemoryPerSandbox?: number | null | undefined
  maxDiskPerSandbox?: number | null | undefined
  maxDiskPerNonEphemeralSandbox?: number | null | undefined
}

export interface UsageOverview {
  regionUsage: {
    regionId: string
    sandboxClass: string
    totalCpuQuota: number
    currentCpuUsage: number
    totalMemoryQuota: number
    currentMemoryUsage: number
    totalDiskQuota: number
    currentDiskUsage: number
    totalGpuQuota: number
    currentGpuUsage: number
    maxCpuPerSandbox: number | null
    maxMemoryPerSandbox: number | null
    maxDiskPerSandbox: number | null
    maxDiskPerNonEphemeralSandbox: number | null
    maxCpuPerGpu: number | null
    maxMemoryPerGpu: number | null
    maxDiskPerGpu: number | null
  }[]
  totalSnapshotQuota: number
  currentSnapshotUsage: number
  totalVolumeQuota: number
  currentVolumeUsage: number
}

/** What is sent and answered. */
export interface QuotaOperations {
  /** What the organization has in use, and what it may have; a total of 1000000 is no limit */
  getOrganizationUsageOverview: {
    params: { organizationId: string | number | boolean }
    answer: UsageOverview
  }
  /** What sandboxes took and for how long, the newest first; the last day when no time is given */
  getOrganizationUsagePeriods: {
    params: { organizationId: string | number | boolean }
    query?: {
      from?: string | number | boolean | undefined
      to?: string | number | boolean | undefined
      sandboxId?: string | number | boolean | undefined
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
    }
    answer: {
      items: {
        sandboxId: string
        organizationId: string
        regionId: string
        startAt: string
        endAt: string | null
        cpu: number
        gpu: number
        memory: number
        disk: number
      }[]
      total: number
      page: number
      totalPages: number
      totals: {
        cpuHours: number
        memoryGiBHours: number
        diskGiBHours: number
      }
    }
  }
  /** Change limits of an organization */
  updateOrganizationQuota: {
    params: { organizationId: string | number | boolean }
    body: UpdateOrganizationQuotaInput
    answer: undefined
  }
  /** Change limits of an organization in a region */
  updateOrganizationRegionQuota: {
    params: { organizationId: string | number | boolean; regionId: string | number | boolean }
    body: UpdateRegionQuotaInput
    answer: undefined
  }
  /** Give an organization limits of its own in a region */
  adminCreateOrganizationRegionQuota: {
    params: { organizationId: string | number | boolean; regionId: string | number | boolean }
    body: UpdateRegionQuotaInput
    answer: RegionQuota
  }
  /** Change limits that an organization has of its own in a region */
  adminUpdateOrganizationRegionQuota: {
    params: { organizationId: string | number | boolean; regionId: string | number | boolean }
    body: UpdateRegionQuotaInput
    answer: undefined
  }
  /** Limits that an organization has of its own in a region */
  adminGetOrganizationRegionQuota: {
    params: { organizationId: string | number | boolean; regionId: string | number | boolean; sandboxClass: string | number | boolean }
    answer: RegionQuota
  }
  /** Let the platform's limits hold for an organization in a region again */
  adminDeleteOrganizationRegionQuota: {
    params: { organizationId: string | number | boolean; regionId: string | number | boolean; sandboxClass: string | number | boolean }
    answer: undefined
  }
  /** Bring a sandbox of any organization back from a recoverable error, and start it */
  adminRecoverSandbox: {
    params: { sandboxId: string | number | boolean }
    query?: {
      skipStart?: string | number | boolean | undefined
    }
    answer: Sandbox
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const quotaOperations = {
  getOrganizationUsageOverview: 'GET /organizations/{organizationId}/usage',
  getOrganizationUsagePeriods: 'GET /organizations/{organizationId}/usage/periods',
  updateOrganizationQuota: 'PATCH /organizations/{organizationId}/quota',
  updateOrganizationRegionQuota: 'PATCH /organizations/{organizationId}/quota/{regionId}',
  adminCreateOrganizationRegionQuota: 'POST /admin/organizations/{organizationId}/quota/{regionId}',
  adminUpdateOrganizationRegionQuota: 'PATCH /admin/organizations/{organizationId}/quota/{regionId}',
  adminGetOrganizationRegionQuota: 'GET /admin/organizations/{organizationId}/quota/{regionId}/{sandboxClass}',
  adminDeleteOrganizationRegionQuota: 'DELETE /admin/organizations/{organizationId}/quota/{regionId}/{sandboxClass}',
  adminRecoverSandbox: 'POST /admin/sandbox/{sandboxId}/recover',
} as const
