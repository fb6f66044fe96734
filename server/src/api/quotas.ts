import { PlatformError, type quotaRoutes } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import { readPage, toWirePage } from '../paging.ts'
import { toWireOverview, toWireQuota } from '../quotas/overview.ts'
import { mergeLimits } from '../quotas/quotas.ts'
import type { RateLimits } from '../rate-limits/rate-limits.ts'
import { readSandbox } from '../sandboxes/find.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { rescueSandbox } from '../sandboxes/rescue.ts'
import { toWire } from '../sandboxes/wire.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { LimitStore, RegionQuotaKey, RegionQuotaRecord } from '../store/limits.ts'
import type { UsagePeriod, UsageStore } from '../store/usage.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** What the calls on limits and use need. */
interface Parts extends SandboxParts {
  readonly accounts: Pick<AccountStore, 'organization'>
  readonly limits: LimitStore
  readonly usage: UsageStore
  readonly rateLimits: Pick<RateLimits, 'forget'>
}

/** Answers of the calls on limits and use. */
export function quotaAnswers(parts: Parts): Answers<typeof quotaRoutes> {
  const { accounts, limits, usage, rateLimits, config, clock } = parts

  /** Names the limits of an organization in a region. Throws NOT_FOUND when there is no such thing. */
  async function keyOf(params: {
    organizationId: string
    regionId: string
    sandboxClass?: string
  }): Promise<RegionQuotaKey> {
    const { organizationId, regionId, sandboxClass = 'container' } = params
    await checkOrganization(organizationId)
    if (regionId !== config.region.id) throw new PlatformError('NOT_FOUND', 'Region not found')
    if (sandboxClass !== 'container') throw new PlatformError('NOT_FOUND', 'Sandbox class not found')
    return { organizationId, regionId, sandboxClass }
  }

  async function checkOrganization(id: string): Promise<void> {
    if ((await accounts.organization(id)) !== undefined) return
    throw notFound('Organization', id)
  }

  async function ownQuota(key: RegionQuotaKey): Promise<RegionQuotaRecord> {
    const quota = await limits.region(key)
    if (quota === undefined) throw new PlatformError('NOT_FOUND', 'The organization has no quota of its own there')
    return quota
  }

  async function limitsOf(key: RegionQuotaKey) {
    return mergeLimits(config, await limits.organization(key.organizationId), await limits.region(key))
  }

  return {
    async getOrganizationUsageOverview({ principal: { organizationId } }) {
      const regionId = config.region.id
      const key = { organizationId, regionId, sandboxClass: 'container' }
      return toWireOverview(regionId, {
        limits: await limitsOf(key),
        own: await limits.region(key),
        use: (await usage.byRegion(organizationId)).get(regionId),
        snapshots: await limits.countSnapshots(organizationId),
        volumes: await limits.countVolumes(organizationId),
      })
    },
    async getOrganizationUsagePeriods({ principal: { organizationId }, query }) {
      const { sandboxId } = query
      const toMs = query.to === undefined ? clock() : Date.parse(query.to)
      const fromMs = query.from === undefined ? toMs - dayMs : Date.parse(query.from)
      if (fromMs >= toMs) throw new PlatformError('BAD_REQUEST', 'from must be before to')
      const wanted = { organizationId, fromMs, toMs, sandboxId }
      const sums = await usage.totals(wanted, clock())
      return {
        ...toWirePage((await usage.periods(wanted, readPage(query))).map(toWirePeriod), sums.periods, query),
        totals: {
          cpuHours: sums.cpuMs / hourMs,
          memoryGiBHours: sums.memoryGibMs / hourMs,
          diskGiBHours: sums.diskGibMs / hourMs,
        },
      }
    },
    async updateOrganizationQuota({ params: { organizationId }, body }) {
      await checkOrganization(organizationId)
      await limits.changeOrganization(organizationId, given(body))
      rateLimits.forget(organizationId)
    },
    async updateOrganizationRegionQuota({ params, body }) {
      await limits.changeRegion(await keyOf(params), given(body))
    },
    async adminCreateOrganizationRegionQuota({ params, body }) {
      const key = await keyOf(params)
      if (!(await limits.insertRegion({ ...nothingSet, ...given(body), ...key }))) {
        throw new PlatformError('CONFLICT', 'The organization has a quota of its own there already')
      }
      return toWireQuota(await ownQuota(key), await limitsOf(key))
    },
    async adminUpdateOrganizationRegionQuota({ params, body }) {
      const { organizationId, regionId, sandboxClass } = await ownQuota(await keyOf(params))
      await limits.changeRegion({ organizationId, regionId, sandboxClass }, given(body))
    },
    async adminGetOrganizationRegionQuota({ params }) {
      const key = await keyOf(params)
      return toWireQuota(await ownQuota(key), await limitsOf(key))
    },
    async adminDeleteOrganizationRegionQuota({ params }) {
      const key = await keyOf(params)
      if (!(await limits.deleteRegion(key))) await ownQuota(key)
    },
    async adminRecoverSandbox({ params, query, site }) {
      const sandbox = await readSandbox(parts.sandboxes, params.sandboxId)
      return toWire(await rescueSandbox(parts, sandbox, query.skipStart ?? false), site)
    },
  }
}

const nothingSet: Omit<RegionQuotaRecord, keyof RegionQuotaKey> = {
  totalCpuQuota: null,
  totalMemoryQuota: null,
  totalDiskQuota: null,
  totalGpuQuota: null,
  maxCpuPerSandbox: null,
  maxMemoryPerSandbox: null,
  maxDiskPerSandbox: null,
  maxDiskPerNonEphemeralSandbox: null,
}

/** What a body says, without what it leaves as it is. Throws BAD_REQUEST when it says nothing. */
function given<Body extends object>(body: Body): { [Name in keyof Body]: Exclude<Body[Name], undefined> } {
  const entries = Object.entries(body).filter(([name, value]) => value !== undefined && name !== 'sandboxClass')
  if (entries.length === 0) throw new PlatformError('BAD_REQUEST', 'At least one limit must be given')
  return Object.fromEntries(entries) as { [Name in keyof Body]: Exclude<Body[Name], undefined> }
}

function toWirePeriod(period: UsagePeriod) {
  const { sandboxId, organizationId, region, startAtMs, endAtMs, cpu, memoryGib, diskGib } = period
  return {
    sandboxId,
    organizationId,
    regionId: region,
    startAt: wireDate(Number(startAtMs)),
    endAt: endAtMs === null ? null : wireDate(Number(endAtMs)),
    cpu,
    gpu: 0,
    memory: memoryGib,
    disk: diskGib,
  }
}
