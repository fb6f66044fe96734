import { randomUUID } from 'node:crypto'
import { type accountRoutes, PlatformError } from '@sandyard/protocol'
import type { Authenticate } from '../auth/authenticate.ts'
import { maskKey } from '../auth/mask.ts'
import { covers, type MemberPrincipal } from '../auth/principal.ts'
import type { ServerConfig } from '../options.ts'
import { digest, randomKey } from '../random.ts'
import type { AccountStore, ApiKeyRecord, OrganizationRecord } from '../store/accounts.ts'
import type { Answers } from './call.ts'

/** What the calls on keys and organizations need. */
interface Parts {
  readonly accounts: AccountStore
  readonly authenticate: Authenticate
  readonly config: ServerConfig
  readonly clock: () => number
  /** ends what a deleted key has open */
  readonly dropKey: (keyId: string) => void
}

/** Answers of the calls on API keys and organizations. */
export function accountAnswers({
  accounts,
  authenticate,
  config,
  clock,
  dropKey,
}: Parts): Answers<typeof accountRoutes> {
  async function findKey({ organizationId }: MemberPrincipal, name: string): Promise<ApiKeyRecord> {
    const key = (await accounts.keys(organizationId)).find((candidate) => candidate.name === name)
    if (key === undefined) throw new PlatformError('NOT_FOUND', `API key ${name.slice(0, 300)} not found`)
    return key
  }
  async function ownOrganization({ organizationId }: MemberPrincipal): Promise<OrganizationRecord> {
    const organization = await accounts.organization(organizationId)
    if (organization === undefined) throw new Error(`Organization ${organizationId} of a key is not in the store`)
    return organization
  }

  return {
    async createApiKey({ principal, body }) {
      const { userId, organizationId } = principal
      if (!covers(principal, body.permissions)) throw new PlatformError('FORBIDDEN', 'Access denied')
      const expiresAtMs = parseExpiry(body.expiresAt, clock())
      const value = randomKey()
      const key: ApiKeyRecord = {
        id: randomUUID(),
        organizationId,
        userId,
        name: body.name,
        hash: digest(value),
        masked: maskKey(value),
        permissions: [...new Set(body.permissions)],
        isAdmin: false,
        createdAtMs: clock(),
        lastUsedAtMs: null,
        expiresAtMs: earliest(expiresAtMs, principal.key?.expiresAtMs ?? null),
      }
      if (!(await accounts.insertKey(key))) {
        throw new PlatformError('CONFLICT', `API key with name ${key.name} already exists`)
      }
      const { name, permissions, createdAt, expiresAt } = toListed(key)
      return { name, value, permissions, createdAt, expiresAt }
    },
    async listApiKeys({ principal }) {
      return (await accounts.keys(principal.organizationId)).map(toListed)
    },
    async getCurrentApiKey({ principal }) {
      if (principal.key === undefined) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
      return toListed(principal.key)
    },
    async getApiKey({ principal, params }) {
      return toListed(await findKey(principal, params.name))
    },
    async deleteApiKey({ principal, params }) {
      const key = await findKey(principal, params.name)
      if (key.isAdmin) {
        throw new PlatformError('FORBIDDEN', 'The key from the configuration is the last way in and cannot be deleted')
      }
      if (!covers(principal, key.permissions)) throw new PlatformError('FORBIDDEN', 'Access denied')
      await accounts.deleteKey(key.id)
      authenticate.forget()
      dropKey(key.id)
    },
    async listOrganizations({ principal }) {
      return [toWire(await ownOrganization(principal), config)]
    },
    async getOrganization({ principal, params }) {
      if (params.organizationId !== principal.organizationId) {
        throw new PlatformError('NOT_FOUND', `Organization ${params.organizationId.slice(0, 300)} not found`)
      }
      return toWire(await ownOrganization(principal), config)
    },
  }
}

function parseExpiry(text: string | null | undefined, nowMs: number): number | null {
  if (text === null || text === undefined) return null
  const atMs = Date.parse(text)
  if (atMs <= nowMs) throw new PlatformError('BAD_REQUEST', 'expiresAt must be in the future')
  return atMs
}

/** A key cannot outlive the one that makes it. */
function earliest(wanted: number | null, own: number | null): number | null {
  if (wanted === null || own === null) return wanted ?? own
  return Math.min(wanted, own)
}

function toListed(key: ApiKeyRecord) {
  return {
    name: key.name,
    value: key.masked,
    permissions: [...key.permissions],
    userId: key.userId,
    organizationId: key.organizationId,
    createdAt: toDate(key.createdAtMs),
    lastUsedAt: key.lastUsedAtMs === null ? null : toDate(key.lastUsedAtMs),
    expiresAt: key.expiresAtMs === null ? null : toDate(key.expiresAtMs),
  }
}

/** The organization of api.md appendix A; what this version has no use for carries its neutral value. */
function toWire(organization: OrganizationRecord, { capacity, region }: ServerConfig) {
  const createdAt = toDate(organization.createdAtMs)
  return {
    id: organization.id,
    name: organization.name,
    createdBy: organization.createdBy,
    personal: organization.isPersonal,
    createdAt,
    updatedAt: createdAt,
    suspended: false,
    suspendedAt: null,
    suspensionReason: '',
    suspendedUntil: null,
    suspensionCleanupGracePeriodHours: 0,
    maxCpuPerSandbox: capacity.cpu,
    maxMemoryPerSandbox: capacity.memoryGib,
    maxDiskPerSandbox: capacity.diskGib,
    secretQuota: 0,
    maxSecretsPerSandbox: 0,
    snapshotDeactivationTimeoutMinutes: 20_160,
    defaultQueueTimeout: null,
    sandboxLimitedNetworkEgress: false,
    previewWarningEnabled: false,
    ssoEnabled: false,
    scimEnabled: false,
    defaultRegionId: region.id,
    authenticatedRateLimit: null,
    sandboxCreateRateLimit: null,
    sandboxLifecycleRateLimit: null,
    authenticatedRateLimitTtlSeconds: null,
    sandboxCreateRateLimitTtlSeconds: null,
    sandboxLifecycleRateLimitTtlSeconds: null,
    experimentalConfig: {},
    otelConfig: null,
  }
}

function toDate(ms: number): string {
  return new Date(ms).toISOString()
}
