import { randomUUID } from 'node:crypto'
import { type apiKeyRoutes, limits, PlatformError } from '@sandyard/protocol'
import { toWireKey } from '../accounts/wire.ts'
import type { AccessChange } from '../auth/access-change.ts'
import { maskKey } from '../auth/mask.ts'
import { covers, type MemberPrincipal } from '../auth/principal.ts'
import { notFound } from '../not-found.ts'
import { digest, randomKey } from '../random.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { AccountStore, ApiKeyRecord } from '../store/accounts.ts'
import type { Answers } from './call.ts'

/** What the calls on keys need. */
interface Parts {
  readonly accounts: AccountStore
  readonly accessFeed: Pick<Feed<AccessChange>, 'publish'>
  readonly clock: () => number
}

/** Answers of the calls on API keys. */
export function apiKeyAnswers({ accounts, accessFeed, clock }: Parts): Answers<typeof apiKeyRoutes> {
  /** A key of a user in the caller's organization. Throws NOT_FOUND. */
  async function findKey({ organizationId }: MemberPrincipal, userId: string, name: string): Promise<ApiKeyRecord> {
    const key = await accounts.keyByName(organizationId, userId, name)
    if (key === undefined) throw notFound('API key', name)
    return key
  }

  async function remove(key: ApiKeyRecord): Promise<void> {
    if (key.isAdmin) {
      throw new PlatformError('FORBIDDEN', 'The key from the configuration is the last way in and cannot be deleted')
    }
    await accounts.deleteKey(key.id)
    accessFeed.publish({ userId: key.userId, organizationId: key.organizationId })
  }

  async function removeOwn(principal: MemberPrincipal, name: string): Promise<void> {
    const key = await findKey(principal, principal.userId, name)
    if (!mayDelete(principal, key)) throw new PlatformError('FORBIDDEN', 'Access denied')
    await remove(key)
  }

  return {
    async createApiKey({ principal, body }) {
      const { userId, organizationId } = principal
      if (!covers(principal, body.permissions)) throw new PlatformError('FORBIDDEN', 'Access denied')
      const expiresAtMs = parseExpiry(body.expiresAt, clock())
      if ((await accounts.keys(organizationId, userId)).length >= limits.apiKeysPerUser) {
        throw new PlatformError('FORBIDDEN', `A user can have at most ${limits.apiKeysPerUser} API keys`)
      }
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
      const { name, permissions, createdAt, expiresAt } = toWireKey(key)
      return { name, value, permissions, createdAt, expiresAt }
    },
    async listApiKeys({ principal }) {
      const { organizationId, userId, role } = principal
      const keys = role === 'owner' ? accounts.keys(organizationId) : accounts.keys(organizationId, userId)
      return (await keys).map(toWireKey)
    },
    async getCurrentApiKey({ principal }) {
      if (principal.key === undefined) throw new PlatformError('FORBIDDEN', 'Invalid authentication context')
      return toWireKey(principal.key)
    },
    async getApiKey({ principal, params }) {
      return toWireKey(await findKey(principal, principal.userId, params.name))
    },
    async deleteApiKey({ principal, params }) {
      await removeOwn(principal, params.name)
    },
    async deleteApiKeyForUser({ principal, params }) {
      if (params.userId === principal.userId) return removeOwn(principal, params.name)
      if (principal.role !== 'owner') throw new PlatformError('FORBIDDEN', 'Access denied')
      await remove(await findKey(principal, params.userId, params.name))
    },
  }
}

/** A user may delete all keys of the own; a key itself, and with the permission to manage keys what is no stronger. */
function mayDelete(principal: MemberPrincipal, key: ApiKeyRecord): boolean {
  if (principal.kind === 'user' || principal.key?.id === key.id) return true
  return covers(principal, ['manage:api_keys', ...key.permissions])
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
