import { randomUUID } from 'node:crypto'
import { unlimited } from '@sandyard/protocol'
import type { Wrong } from './wrong-lifecycle.ts'

const tooLong = 'x'.repeat(300)
const noOrganization: Wrong = {
  params: { organizationId: randomUUID() },
  status: 404,
  message: /^Organization .* not found$/,
}
const noRegion: Wrong = { params: { regionId: 'mars' }, status: 404, message: /^Region not found$/ }
const noClass: Wrong = { params: { sandboxClass: 'linux-vm' }, status: 404, message: /^Sandbox class not found$/ }
const noQuota: Wrong = { status: 404, message: /^The organization has no quota of its own there$/ }

const wrongNumbers: Wrong[] = [-1, 1.5, '5', unlimited + 1].flatMap((value) => [
  { body: { maxCpuPerSandbox: value }, status: 400, message: /maxCpuPerSandbox/ },
])

const wrongRegionBodies: Wrong[] = [
  ...wrongNumbers,
  { body: {}, status: 400, message: /^At least one limit must be given$/ },
  { body: { sandboxClass: 'linux-vm', totalCpuQuota: 1 }, status: 400, message: /sandboxClass/ },
  { body: { totalGpuQuota: 1 }, status: 400, message: /totalGpuQuota/ },
  { body: { totalDiskQuota: -5 }, status: 400, message: /totalDiskQuota/ },
]

const wrongAudit: Wrong[] = [
  { query: '?page=0', status: 400, message: /page/ },
  { query: '?limit=201', status: 400, message: /limit/ },
  { query: '?limit=200&page=52', status: 400, message: /^Pages end after 10000 entries; use nextToken$/ },
  { query: '?from=soon', status: 400, message: /from/ },
  { query: '?createdAt[lt]=soon', status: 400, message: /createdAt/ },
  { query: '?statusCode[gte]=many', status: 400, message: /statusCode/ },
  { query: '?statusCode[in]=200&statusCode[in]=many', status: 400, message: /^statusCode must be whole numbers$/ },
  { query: `?action[eq]=${tooLong}`, status: 400, message: /action/ },
  { query: `?${Array(51).fill('action[in][]=a').join('&')}`, status: 400, message: /action/ },
  { query: '?nextToken=forged', status: 400, message: /^Invalid nextToken$/ },
  { query: `?nextToken=${Buffer.from('{"a":1}').toString('base64url')}`, status: 400, message: /^Invalid nextToken$/ },
  { query: `?nextToken=${Buffer.from('["a",1]').toString('base64url')}`, status: 400, message: /^Invalid nextToken$/ },
]

const switchedOff: Wrong[] = [{ status: 404, message: /^Regions of organizations are not enabled$/ }]

/** What can be wrong with each call on limits, use, the audit log and regions. */
export const wrongLimits: Record<string, readonly Wrong[]> = {
  getOrganizationUsageOverview: [noOrganization],
  getOrganizationUsagePeriods: [
    noOrganization,
    { query: '?from=soon', status: 400, message: /from/ },
    { query: '?from=2030-01-02&to=2030-01-01', status: 400, message: /^from must be before to$/ },
    { query: '?limit=201', status: 400, message: /limit/ },
    { query: '?page=0', status: 400, message: /page/ },
    { query: `?sandboxId=${tooLong}`, status: 400, message: /sandboxId/ },
  ],
  updateOrganizationQuota: [
    noOrganization,
    ...wrongNumbers,
    { body: {}, status: 400, message: /^At least one limit must be given$/ },
    { body: { snapshotQuota: 'many' }, status: 400, message: /snapshotQuota/ },
    { body: { authenticatedRateLimit: 0 }, status: 400, message: /authenticatedRateLimit/ },
    { body: { sandboxCreateRateLimitTtlSeconds: 100_000 }, status: 400, message: /sandboxCreateRateLimitTtlSeconds/ },
  ],
  updateOrganizationRegionQuota: [noOrganization, noRegion, ...wrongRegionBodies],
  adminCreateOrganizationRegionQuota: [
    noOrganization,
    noRegion,
    ...wrongRegionBodies,
    {
      status: 409,
      message: /^The organization has a quota of its own there already$/,
      prepare: async ({ call }, id) => {
        const { organizationId } = (await call(`GET /sandbox/${id}`)).body
        await call(`POST /admin/organizations/${organizationId}/quota/us`, { body: { totalCpuQuota: 900 } })
      },
    },
  ],
  adminUpdateOrganizationRegionQuota: [noOrganization, noRegion, noQuota, ...wrongNumbers],
  adminGetOrganizationRegionQuota: [noOrganization, noRegion, noClass, noQuota],
  adminDeleteOrganizationRegionQuota: [noOrganization, noRegion, noClass, noQuota],
  adminRecoverSandbox: [
    { params: { sandboxId: 'no-such' }, status: 404, message: /^Sandbox with ID or name no-such not found$/ },
    { status: 400, message: /^Sandbox must be in error state to recover$/ },
  ],
  getOrganizationAuditLogs: [noOrganization, ...wrongAudit],
  adminGetAllAuditLogs: wrongAudit,
  getAuditScenarios: [],
  listSharedRegions: [],
  listAvailableRegions: [],
  getRegionById: [{ params: { id: 'mars' }, status: 404, message: /^Region mars not found$/ }],
  createRegion: switchedOff,
  updateRegion: switchedOff,
  deleteRegion: switchedOff,
  regenerateProxyApiKey: switchedOff,
  regenerateSshGatewayApiKey: switchedOff,
  regenerateSnapshotManagerCredentials: switchedOff,
}

/** Bodies that are good where a row on limits needs one. */
export const goodLimitBodies: Record<string, unknown> = {
  updateOrganizationQuota: { snapshotQuota: 50 },
  updateOrganizationRegionQuota: { totalCpuQuota: 900 },
  adminCreateOrganizationRegionQuota: { totalCpuQuota: 900 },
  adminUpdateOrganizationRegionQuota: { totalCpuQuota: 900 },
}
