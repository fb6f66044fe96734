import type { Permission } from '@sandyard/protocol'
import { digest } from '../random.ts'
import type { AccountStore, ApiKeyRecord } from '../store/accounts.ts'
import type { MemberStore } from '../store/members.ts'
import type { UserStore } from '../store/users.ts'
import { isFull, type Principal } from './principal.ts'
import { readStanding } from './standing.ts'

/** How long a caller is remembered, ms (api.md 3.1). */
const keptMs = 10_000
/** Callers that are remembered at a time. */
const keptCallers = 1000
/** Longest credential that is looked at, characters. */
const longestBearer = 8192
/** Longest id of an organization that is looked for, characters. */
const longestId = 100

/** Finds out who calls. */
export interface Authenticate {
  /**
   * The principal of a key, a session or a token of the OIDC issuer; null when it is unknown or has ended. A user acts
   * in the organization that is named, when it is the user's; a key always in its own.
   */
  (bearer: string, organizationId?: string | null): Promise<Principal | null>
  /** Forgets everybody: somebody may do less than before. */
  forget(): void
}

/** A user who has signed in. */
export interface SignedIn {
  readonly userId: string
  readonly sessionId?: string
  /** epoch ms */
  readonly expiresAtMs: number
}

/** What it needs. `noteUse` is told of each use by the key's id; `signIns` are asked in turn. */
interface Parts {
  readonly accounts: Pick<AccountStore, 'keyByHash'>
  readonly members: Pick<MemberStore, 'membership' | 'roles'>
  readonly users: Pick<UserStore, 'byId'>
  readonly clock: () => number
  readonly noteUse: (keyId: string) => void
  readonly signIns: readonly ((bearer: string) => Promise<SignedIn | null>)[]
}

/** Makes the check of credentials. */
export function createAuthenticate({ accounts, members, users, clock, noteUse, signIns }: Parts): Authenticate {
  const kept = new Map<string, { principal: Principal; untilMs: number }>()
  /** what was read before something was forgotten is not remembered after it */
  let forgotten = 0

  async function find(bearer: string, wanted: string | null): Promise<Principal | null> {
    const hash = `${digest(bearer)} ${wanted ?? ''}`
    const known = kept.get(hash)
    if (known !== undefined && known.untilMs > clock()) return known.principal
    kept.delete(hash)
    const before = forgotten
    const principal = await read(bearer, wanted)
    if (principal === null) return null
    if (kept.size >= keptCallers) kept.clear()
    if (before === forgotten) kept.set(hash, { principal, untilMs: clock() + keptMs })
    return principal
  }

  async function read(bearer: string, wanted: string | null): Promise<Principal | null> {
    const key = await accounts.keyByHash(digest(bearer))
    if (key !== undefined) return ofKey(key)
    for (const signIn of signIns) {
      const signedIn = await signIn(bearer)
      if (signedIn !== null) return ofUser(signedIn, wanted)
    }
    return null
  }

  /** A key may do what it was granted and its user may still do. */
  async function ofKey(key: ApiKeyRecord): Promise<Principal | null> {
    const { organizationId, userId } = key
    const [user, standing] = [
      await users.byId(userId),
      await readStanding(members, { organizationId, userId }, clock()),
    ]
    if (user === undefined || standing === null) return null
    const permissions = new Set(key.permissions.filter((permission) => standing.permissions.has(permission)))
    const full = isFull(permissions)
    return {
      kind: 'key',
      userId,
      organizationId,
      permissions,
      role: full ? standing.role : 'member',
      isAdmin: full && user.isAdmin,
      suspension: standing.suspension,
      expiresAtMs: key.expiresAtMs,
      key,
    }
  }

  async function ofUser(signedIn: SignedIn, wanted: string | null): Promise<Principal | null> {
    const { userId, expiresAtMs, sessionId } = signedIn
    const user = await users.byId(userId)
    if (user === undefined) return null
    const standing =
      wanted === null || wanted.length > longestId
        ? null
        : await readStanding(members, { organizationId: wanted, userId }, clock())
    return {
      kind: 'user',
      userId,
      organizationId: standing === null ? null : wanted,
      permissions: standing?.permissions ?? new Set<Permission>(),
      role: standing?.role ?? 'member',
      isAdmin: user.isAdmin,
      suspension: standing?.suspension ?? null,
      expiresAtMs,
      ...(sessionId === undefined ? {} : { sessionId }),
    }
  }

  async function authenticate(bearer: string, organizationId: string | null = null): Promise<Principal | null> {
    if (bearer === '' || bearer.length > longestBearer) return null
    const principal = await find(bearer, organizationId)
    if (principal === null) return null
    const { key, expiresAtMs } = principal
    if (expiresAtMs !== null && expiresAtMs <= clock()) return null
    if (key !== undefined) noteUse(key.id)
    return principal
  }

  function forget(): void {
    forgotten += 1
    kept.clear()
  }
  return Object.assign(authenticate, { forget })
}

/** The credential of an `Authorization: Bearer` header; `null` for anything else. */
export function parseBearer(header: string | null | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null
}
