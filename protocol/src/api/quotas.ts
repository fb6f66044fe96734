import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { booleanText, dateText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import { Sandbox } from './sandboxes.ts'
import '../messages.ts'
import { pageCounts, pageQuery } from '../paging.ts'

/**
 * What a total is on the wire when there is none: every one must be a number there, and clients take what is in use off
 * it. A limit that is set to this or more is none either.
 */
export const unlimited = 1_000_000

const most = z.nullable(z.int().check(z.minimum(0), z.maximum(unlimited)))
const limit = z.optional(most)
const rate = z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(unlimited))))
const seconds = z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(86_400))))
const date = z.optional(dateText)

/** The most that one sandbox may have, where a region says otherwise than the organization. */
const maxima = {
  /** cores */
  maxCpuPerSandbox: z.nullable(z.number()),
  /** GiB */
  maxMemoryPerSandbox: z.nullable(z.number()),
  /** GiB */
  maxDiskPerSandbox: z.nullable(z.number()),
  /** GiB; of one that outlives its stop */
  maxDiskPerNonEphemeralSandbox: z.nullable(z.number()),
  maxCpuPerGpu: z.nullable(z.number()),
  maxMemoryPerGpu: z.nullable(z.number()),
  maxDiskPerGpu: z.nullable(z.number()),
}

/** Limits of an organization in a region (api.md appendix RegionQuota). */
export const RegionQuota = z.object({
  organizationId: z.string(),
  regionId: z.string(),
  sandboxClass: z.string(),
  totalCpuQuota: z.number(),
  totalMemoryQuota: z.number(),
  totalDiskQuota: z.number(),
  totalGpuQuota: z.number(),
  ...maxima,
  maxSandboxLifespan: z.nullable(z.number()),
})

/** What an organization has in use, and what it may have (api.md 5). */
export const UsageOverview = z.object({
  regionUsage: z.array(
    z.object({
      regionId: z.string(),
      sandboxClass: z.string(),
      totalCpuQuota: z.number(),
      currentCpuUsage: z.number(),
      totalMemoryQuota: z.number(),
      currentMemoryUsage: z.number(),
      totalDiskQuota: z.number(),
      currentDiskUsage: z.number(),
      totalGpuQuota: z.number(),
      currentGpuUsage: z.number(),
      ...maxima,
    }),
  ),
  totalSnapshotQuota: z.number(),
  currentSnapshotUsage: z.number(),
  totalVolumeQuota: z.number(),
  currentVolumeUsage: z.number(),
})

/** Body that changes limits of an organization (api.md appendix UpdateOrganizationQuota); null: the platform's own. */
export const UpdateOrganizationQuota = z.object({
  maxCpuPerSandbox: limit,
  maxMemoryPerSandbox: limit,
  maxDiskPerSandbox: limit,
  snapshotQuota: limit,
  maxSnapshotSize: limit,
  volumeQuota: limit,
  secretQuota: limit,
  snapshotDeactivationTimeoutMinutes: z.optional(
    z.nullable(z.int().check(z.minimum(0), z.maximum(limits.intervalMinutes))),
  ),
  authenticatedRateLimit: rate,
  authenticatedRateLimitTtlSeconds: seconds,
  sandboxCreateRateLimit: rate,
  sandboxCreateRateLimitTtlSeconds: seconds,
  sandboxLifecycleRateLimit: rate,
  sandboxLifecycleRateLimitTtlSeconds: seconds,
})

/** Body that changes limits of an organization in a region; null: the organization's or the platform's own. */
export const UpdateRegionQuota = z.object({
  sandboxClass: z.optional(z.literal('container')),
  totalCpuQuota: limit,
  totalMemoryQuota: limit,
  totalDiskQuota: limit,
  totalGpuQuota: z.optional(z.nullable(z.literal(0))),
  maxCpuPerSandbox: limit,
  maxMemoryPerSandbox: limit,
  maxDiskPerSandbox: limit,
  maxDiskPerNonEphemeralSandbox: limit,
})

/** What sandboxes took, and for how long. */
const UsagePage = z.object({
  items: z.array(
    z.object({
      sandboxId: z.string(),
      organizationId: z.string(),
      regionId: z.string(),
      startAt: z.string(),
      /** null while it goes on */
      endAt: z.nullable(z.string()),
      cpu: z.number(),
      gpu: z.number(),
      /** GiB */
      memory: z.number(),
      /** GiB */
      disk: z.number(),
    }),
  ),
  ...pageCounts,
  /** of all periods, as far as they lie between `from` and `to` and in the past */
  totals: z.object({ cpuHours: z.number(), memoryGiBHours: z.number(), diskGiBHours: z.number() }),
})

/** Limits and use of organizations (api.md 1.8, 1.13 and 5). */
export const quotaRoutes = defineRoutes({
  getOrganizationUsageOverview: {
    method: 'GET',
    path: '/organizations/{organizationId}/usage',
    summary: 'What the organization has in use, and what it may have; a total of 1000000 is no limit',
    access: 'member',
    response: UsageOverview,
    status: 200,
  },
  getOrganizationUsagePeriods: {
    method: 'GET',
    path: '/organizations/{organizationId}/usage/periods',
    summary: 'What sandboxes took and for how long, the newest first; the last day when no time is given',
    access: 'member',
    query: z.object({
      from: date,
      to: date,
      sandboxId: z.optional(z.string().check(z.maxLength(limits.nameLength))),
      ...pageQuery,
    }),
    response: UsagePage,
    status: 200,
  },
  updateOrganizationQuota: {
    method: 'PATCH',
    path: '/organizations/{organizationId}/quota',
    summary: 'Change limits of an organization',
    access: 'admin',
    body: UpdateOrganizationQuota,
    status: 204,
  },
  updateOrganizationRegionQuota: {
    method: 'PATCH',
    path: '/organizations/{organizationId}/quota/{regionId}',
    summary: 'Change limits of an organization in a region',
    access: 'admin',
    body: UpdateRegionQuota,
    status: 204,
  },
  adminCreateOrganizationRegionQuota: {
    method: 'POST',
    path: '/admin/organizations/{organizationId}/quota/{regionId}',
    summary: 'Give an organization limits of its own in a region',
    access: 'admin',
    body: UpdateRegionQuota,
    response: RegionQuota,
    status: 201,
  },
  adminUpdateOrganizationRegionQuota: {
    method: 'PATCH',
    path: '/admin/organizations/{organizationId}/quota/{regionId}',
    summary: 'Change limits that an organization has of its own in a region',
    access: 'admin',
    body: UpdateRegionQuota,
    status: 204,
  },
  adminGetOrganizationRegionQuota: {
    method: 'GET',
    path: '/admin/organizations/{organizationId}/quota/{regionId}/{sandboxClass}',
    summary: 'Limits that an organization has of its own in a region',
    access: 'admin',
    response: RegionQuota,
    status: 200,
  },
  adminDeleteOrganizationRegionQuota: {
    method: 'DELETE',
    path: '/admin/organizations/{organizationId}/quota/{regionId}/{sandboxClass}',
    summary: "Let the platform's limits hold for an organization in a region again",
    access: 'admin',
    status: 204,
  },
  adminRecoverSandbox: {
    method: 'POST',
    path: '/admin/sandbox/{sandboxId}/recover',
    summary: 'Bring a sandbox of any organization back from a recoverable error, and start it',
    access: 'admin',
    query: z.object({ skipStart: z.optional(booleanText) }),
    response: Sandbox,
    status: 200,
  },
})
