import { isPlatformError, isUuid, limits, networkOf } from '@sandyard/protocol'
import type { CallWatcher, Outcome, WatchedCall } from '../api/watch.ts'
import { createWindows } from '../rate-limits/windows.ts'
import type { AuditEntry, AuditStore } from '../store/audit.ts'
import type { UserStore } from '../store/users.ts'
import { createEntryIds } from './entry-id.ts'
import { metadataOf } from './metadata.ts'
import { type Scenario, scenarioOf } from './scenario.ts'

const minuteMs = 60_000
/** Entries that callers nobody knows can leave in a minute: those of one network, and all together. */
const mostOfStrangers = { one: { limit: 30, seconds: 60 }, all: { limit: 300, seconds: 60 } }
/** Entries of calls that were refused which one organization can leave in a minute: they change nothing. */
const mostRefused = { limit: 600, seconds: 60 }
/** Entries of an organization after which it is looked whether there are too many. */
const lookAfter = 10_000
/** Entries that are removed at once. */
const trimAtOnce = 5000
/** Users whose addresses are remembered. */
const keptUsers = 1000

/** Notes who did what, before the answer to it goes out (api.md 3.11). */
export interface AuditLog extends CallWatcher {
  /** Notes what the platform has done by itself. */
  note(organizationId: string, what: Scenario & { readonly targetId: string }): Promise<void>
  /** Removes the oldest entries of organizations that have more than they may; called in each round. */
  trim(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly audit: Pick<AuditStore, 'insert' | 'trim'>
  readonly users: Pick<UserStore, 'byId'>
  readonly clock: () => number
}

/** Makes the log. Entries that come at the same time are written together; who is told of them waits for that. */
export function createAuditLog({ audit, users, clock }: Parts): AuditLog {
  const nextId = createEntryIds()
  const strangers = createWindows(clock)
  const refused = createWindows(clock)
  /** entries of each organization since it was looked at; what was before a start counts when more come */
  const grown = new Map<string | null, number>()
  const emails = new Map<string, { email: string; untilMs: number }>()
  let waiting: AuditEntry[] = []
  let nextBatch: Promise<void> | undefined
  let lastBatch: Promise<void> = Promise.resolve()

  function append(entry: AuditEntry): Promise<void> {
    waiting.push(entry)
    grown.set(entry.organizationId, (grown.get(entry.organizationId) ?? 0) + 1)
    nextBatch ??= writeNext(lastBatch)
    return nextBatch
  }

  async function writeNext(earlier: Promise<void>): Promise<void> {
    await new Promise(setImmediate)
    await earlier
    const entries = waiting
    waiting = []
    const writing = audit.insert(entries)
    // The next batch waits for this one, whatever comes of it.
    lastBatch = writing.catch(() => {})
    nextBatch = undefined
    await writing
  }

  async function emailOf(userId: string): Promise<string> {
    const known = emails.get(userId)
    if (known !== undefined && known.untilMs > clock()) return known.email
    const email = (await users.byId(userId))?.email ?? ''
    if (emails.size >= keptUsers) emails.clear()
    emails.set(userId, { email, untilMs: clock() + minuteMs })
    return email
  }

  /** What is refused costs its caller nothing: more than so many entries of it would only fill the disk. */
  function isFlood({ principal, address }: WatchedCall, status: number): boolean {
    if (principal !== null && status >= 400) {
      return refused.count(principal.organizationId ?? `user ${principal.userId}`, mostRefused).isOver
    }
    if (principal !== null || status !== 401) return false
    if (strangers.count(`one ${networkOf(address)}`, mostOfStrangers.one).isOver) return true
    return strangers.count('all', mostOfStrangers.all).isOver
  }

  return {
    async ended(call, outcome) {
      const scenario = scenarioOf(call.id, call.route)
      // Whoever calls too often is held back, here too.
      if (scenario === null || outcome.status === 429 || isFlood(call, outcome.status)) return
      const actor = actorOf(call, outcome)
      const nowMs = clock()
      await append({
        id: nextId(nowMs),
        createdAtMs: nowMs,
        organizationId: organizationOf(call, outcome),
        actorId: actor.id,
        actorEmail: actor.email ?? (await emailOf(actor.id)),
        ...keyEnds(call),
        ...scenario,
        targetId: targetOf(call, outcome, scenario.targetType)?.slice(0, 300) ?? null,
        statusCode: outcome.status,
        errorMessage: messageOf(outcome.error),
        ipAddress: call.address,
        userAgent: text(call, 'user-agent', 300),
        source: text(call, 'x-daytona-source', 100),
        metadata: metadataOf(call.params, call.body),
      })
    },
    async trim() {
      for (const [organizationId, count] of [...grown]) {
        if (count < lookAfter) continue
        grown.delete(organizationId)
        while ((await audit.trim(organizationId, limits.auditEntries, trimAtOnce)) === trimAtOnce);
      }
    },
    async note(organizationId, { action, targetType, targetId }) {
      const nowMs = clock()
      await append({
        id: nextId(nowMs),
        createdAtMs: nowMs,
        organizationId,
        actorId: 'system',
        actorEmail: '',
        actorApiKeyPrefix: null,
        actorApiKeySuffix: null,
        action,
        targetType,
        targetId,
        statusCode: 200,
        errorMessage: null,
        ipAddress: null,
        userAgent: null,
        source: null,
        metadata: null,
      })
    },
  }
}

/** Who calls; of somebody who signs in, who that turns out to be. */
function actorOf({ principal }: WatchedCall, { output }: Outcome): { id: string; email?: string } {
  if (principal !== null) return { id: principal.userId }
  const user = field(output, 'user')
  const id = field(user, 'id')
  return typeof id === 'string' ? { id } : { id: 'anonymous', email: '' }
}

/** The log in which an entry stands: of an administrator's call, that of the organization it is about. */
function organizationOf({ route, params, principal }: WatchedCall, { output }: Outcome): string | null {
  if (route.access === 'admin' && principal?.isAdmin === true) {
    const named = params.organizationId ?? field(output, 'organizationId')
    if (typeof named === 'string' && isUuid(named)) return named
  }
  return principal?.organizationId ?? null
}

/** What the call is about: as the path names it, by its id where the answer tells it, or what was made. */
function targetOf({ id, params }: WatchedCall, { output }: Outcome, targetType: string): string | null {
  if (targetType === 'organization' && params.organizationId !== undefined) return params.organizationId
  const first = Object.keys(params).find((name) => name !== 'organizationId')
  const named = targetType === 'api_key' ? params.name : params[first ?? '']
  const told = field(output, 'id') ?? field(output, 'sandboxId') ?? field(field(output, 'user'), 'id')
  const answered = typeof told === 'string' ? told : field(output, 'name')
  const returned = typeof answered === 'string' ? answered : null
  if (named === undefined) return returned
  // The answer to a fork is the new sandbox, not the one that was forked.
  return isUuid(named) || id === 'forkSandbox' ? named : (returned ?? named)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function keyEnds({ principal }: WatchedCall): Pick<AuditEntry, 'actorApiKeyPrefix' | 'actorApiKeySuffix'> {
  const ends = /^([^*]+)\*+([^*]+)$/.exec(principal?.key?.masked ?? '')
  return { actorApiKeyPrefix: ends?.[1] ?? null, actorApiKeySuffix: ends?.[2] ?? null }
}

function messageOf(error: unknown): string | null {
  if (error === undefined) return null
  return isPlatformError(error) ? error.message.slice(0, 500) : 'An unexpected error occurred.'
}

function text({ request }: WatchedCall, header: string, longest: number): string | null {
  return request.headers.get(header)?.slice(0, longest) ?? null
}
