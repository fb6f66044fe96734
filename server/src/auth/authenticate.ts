import { digest } from '../random.ts'
import type { AccountStore } from '../store/accounts.ts'
import { type Principal, toPrincipal } from './principal.ts'

/** How long a known key is remembered, ms (api.md 3.1). */
const keptMs = 10_000
/** Keys that are remembered at a time. */
const keptKeys = 1000
/** Longest credential that is looked at, characters. */
const longestKey = 4096

/** Finds out who calls. */
export interface Authenticate {
  /** The principal of a key, or `null` when it is unknown or has expired. */
  (key: string): Promise<Principal | null>
  /** Forgets a key that was deleted. */
  forget(hash: string): void
}

/** What it needs. `noteUse` is told of each use by the key's id. */
interface Parts {
  readonly accounts: Pick<AccountStore, 'keyByHash'>
  readonly clock: () => number
  readonly noteUse: (keyId: string) => void
}

/** Makes the check of API keys. */
export function createAuthenticate({ accounts, clock, noteUse }: Parts): Authenticate {
  const kept = new Map<string, { principal: Principal; untilMs: number }>()
  /** counts forgotten keys: what was read before one was forgotten is not remembered after it */
  let forgotten = 0

  async function find(hash: string): Promise<Principal | null> {
    const known = kept.get(hash)
    if (known !== undefined && known.untilMs > clock()) return known.principal
    kept.delete(hash)
    const before = forgotten
    const key = await accounts.keyByHash(hash)
    if (key === undefined) return null
    const principal = toPrincipal(key)
    if (kept.size >= keptKeys) kept.clear()
    if (before === forgotten) kept.set(hash, { principal, untilMs: clock() + keptMs })
    return principal
  }

  async function authenticate(key: string): Promise<Principal | null> {
    if (key === '' || key.length > longestKey) return null
    const principal = await find(digest(key))
    if (principal === null) return null
    const { id, expiresAtMs } = principal.key
    if (expiresAtMs !== null && expiresAtMs <= clock()) return null
    noteUse(id)
    return principal
  }

  function forget(hash: string): void {
    forgotten += 1
    kept.delete(hash)
  }
  return Object.assign(authenticate, { forget })
}

/** The key of an `Authorization: Bearer` header; `null` for anything else. */
export function parseBearer(header: string | null | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null
}
