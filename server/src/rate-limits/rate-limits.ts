import { networkOf, PlatformError } from '@sandyard/protocol'
import type { CallWatcher, WatchedCall } from '../api/watch.ts'
import type { RateLimit, ServerConfig, Throttler } from '../options.ts'
import type { LimitStore, OrganizationLimits } from '../store/limits.ts'
import { createWindows, type Standing, type Windows } from './windows.ts'

/** How long limits of organizations are remembered, ms (api.md 3.7). */
const keptMs = 60_000
/** Organizations whose limits are remembered. */
const keptOrganizations = 10_000
/** Length of a window where nobody says one, seconds. */
const usualSeconds = 60

/** Rows that make sandboxes; they count here and nowhere else. */
const creates: ReadonlySet<string> = new Set(['createSandbox', 'forkSandbox', 'createPreview', 'restartPreview'])

/** Rows that count as life of sandboxes, beside what they count as otherwise. */
const lifecycle: ReadonlySet<string> = new Set([
  'startSandbox',
  'stopSandbox',
  'pauseSandbox',
  'resizeSandbox',
  'recoverSandbox',
  'archiveSandbox',
  'deleteSandbox',
])

/** The row of webhooks of git hosts. */
const hookId = 'receivePreviewHook'

/** Limits how often callers call (api.md 3.7). */
export interface RateLimits extends CallWatcher {
  /** Reads the limits of an organization anew. */
  forget(organizationId: string): void
}

/** What it needs. */
interface Parts {
  readonly config: Pick<ServerConfig, 'rateLimits'>
  readonly limits: Pick<LimitStore, 'organization'>
  readonly clock: () => number
}

/** Makes the limits. Callers are counted in memory: a new start counts from nothing. */
export function createRateLimits({ config: { rateLimits }, limits, clock }: Parts): RateLimits {
  const windows = new Map<Throttler, Windows>()
  const windowsOf = (name: Throttler): Windows => {
    const known = windows.get(name) ?? createWindows(clock)
    windows.set(name, known)
    return known
  }
  /** webhooks of git hosts: nobody else's calls are forgotten for them */
  const hooks = createWindows(clock)
  const kept = new Map<string, { limits: Partial<OrganizationLimits>; untilMs: number }>()

  async function ownLimits(organizationId: string): Promise<Partial<OrganizationLimits>> {
    const known = kept.get(organizationId)
    if (known !== undefined && known.untilMs > clock()) return known.limits
    const read = await limits.organization(organizationId)
    if (kept.size >= keptOrganizations) kept.clear()
    kept.set(organizationId, { limits: read, untilMs: clock() + keptMs })
    return read
  }

  return {
    arrive(call) {
      const limit = rateLimits['failed-auth']
      if (limit === undefined || !asksForTrust(call)) return
      const standing = windowsOf('failed-auth').look(callerOf(call), limit)
      if (standing?.isOver !== true) return
      tell(call.headers, 'failed-auth', standing)
      call.headers.set('Retry-After', `${standing.resetSeconds}`)
      throw tooMany()
    },
    async admit(call) {
      const { id, principal } = call
      if (principal === null) {
        const limit = rateLimits.anonymous
        if (limit !== undefined)
          check(call, 'anonymous', (id === hookId ? hooks : windowsOf('anonymous')).count(callerOf(call), limit))
        return
      }
      const { organizationId } = principal
      const own = organizationId === null ? {} : await ownLimits(organizationId)
      const who = organizationId === null ? `user ${principal.userId}` : `organization ${organizationId}`
      for (const name of throttlersOf(id)) {
        const limit = limitOf(name, own, rateLimits[name])
        if (limit !== undefined) check(call, name, windowsOf(name).count(who, limit))
      }
    },
    ended(call, { status }) {
      const limit = rateLimits['failed-auth']
      if (limit !== undefined && status === 401) windowsOf('failed-auth').count(callerOf(call), limit)
    },
    forget: (organizationId) => void kept.delete(organizationId),
  }
}

/** What the answer of `GET /config` says of limits (api.md 3.6). */
export function toWireRateLimits({ rateLimits }: Pick<ServerConfig, 'rateLimits'>) {
  const named = {
    failedAuth: rateLimits['failed-auth'],
    authenticated: rateLimits.authenticated,
    sandboxCreate: rateLimits['sandbox-create'],
    sandboxLifecycle: rateLimits['sandbox-lifecycle'],
    sandboxList: rateLimits['sandbox-list'],
  }
  const set = Object.entries(named).flatMap(([name, limit]) =>
    limit === undefined ? [] : [[name, { ttl: limit.seconds, limit: limit.limit }] as const],
  )
  return set.length === 0 ? undefined : Object.fromEntries(set)
}

function throttlersOf(id: string): readonly Throttler[] {
  if (creates.has(id)) return ['sandbox-create']
  if (lifecycle.has(id)) return ['authenticated', 'sandbox-lifecycle']
  return id === 'listSandboxes' ? ['authenticated', 'sandbox-list'] : ['authenticated']
}

/** The organization's own limit before the platform's. */
function limitOf(
  name: Throttler,
  own: Partial<OrganizationLimits>,
  platform: RateLimit | undefined,
): RateLimit | undefined {
  const [limit, seconds] = {
    authenticated: [own.authenticatedRateLimit, own.authenticatedRateLimitTtlSeconds],
    'sandbox-create': [own.sandboxCreateRateLimit, own.sandboxCreateRateLimitTtlSeconds],
    'sandbox-lifecycle': [own.sandboxLifecycleRateLimit, own.sandboxLifecycleRateLimitTtlSeconds],
    'sandbox-list': [],
    anonymous: [],
    'failed-auth': [],
  }[name]
  const calls = limit ?? platform?.limit
  return calls === undefined ? undefined : { limit: calls, seconds: seconds ?? platform?.seconds ?? usualSeconds }
}

function check({ headers }: WatchedCall, name: Throttler, standing: Standing): void {
  tell(headers, name, standing)
  if (!standing.isOver) return
  headers.set(`Retry-After-${name}`, `${standing.resetSeconds}`)
  throw tooMany()
}

function tell(headers: Headers, name: Throttler, { limit, remaining, resetSeconds }: Standing): void {
  headers.set(`X-RateLimit-Limit-${name}`, `${limit}`)
  headers.set(`X-RateLimit-Remaining-${name}`, `${remaining}`)
  headers.set(`X-RateLimit-Reset-${name}`, `${resetSeconds}`)
}

function tooMany(): PlatformError {
  return new PlatformError('TOO_MANY_REQUESTS', 'ThrottlerException: Too Many Requests')
}

/** Whoever fails too often may still read what is public. Signatures are not found by trying. */
function asksForTrust({ id, route }: WatchedCall): boolean {
  if (id === hookId) return false
  return route.access !== 'public' || route.method !== 'GET'
}

/** Webhooks of all repositories at a git host come from the same addresses, so that one's must not count for another's. */
function callerOf({ id, address, params }: WatchedCall): string {
  const network = networkOf(address)
  return id === hookId ? `${network} ${params.projectId?.slice(0, 36)}` : network
}
