import { randomUUID } from 'node:crypto'
import { limits, webhookTestEvent } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { WebhookDeliveryRecord, WebhookDeliveryStore } from '../store/webhook-deliveries.ts'
import type { WebhookEndpointRecord, WebhookStore } from '../store/webhooks.ts'
import { createTurns, type Turns } from '../turns.ts'
import { wireDate } from '../wire-date.ts'
import { createLedger } from './ledger.ts'
import type { Post, PostOutcome } from './post.ts'
import { signMessage } from './signature.ts'

const second = 1000
const hour = 3600 * second

/** Time until the next attempt, after the first one that failed, the second and so on; after the last it is given up. */
export const retryMs = [5 * second, 60 * second, 600 * second, hour, 6 * hour, 24 * hour] as const
/** An endpoint that nothing has reached for so long is disabled, ms. */
export const giveUpMs = 5 * 24 * hour
/** Attempts in a row that fail before an endpoint is only tried now and then. */
const patience = 3
/** Longest time between such tries, ms. */
const longestPauseMs = 600 * second
const keptMs = 7 * 24 * hour

/** Messages on their way at a time: in all, of one organization, to one endpoint. */
const mostInAll = 128
const mostOfOrganization = 32
const mostToEndpoint = 4
const batchSize = 64

/** Brings the messages of the outbox to their endpoints. */
export interface Courier {
  /** Something may have happened in the organization. Cheap when it has no endpoint. */
  wake(organizationId: string): void
  /** The endpoint was made or changed, or something is to be sent to it: its failures are forgotten. */
  refresh(endpoint: Pick<WebhookEndpointRecord, 'id' | 'organizationId'>): void
  /** Looks for everything that is due and keeps all endpoints within their bounds; called in each round. */
  round(): Promise<void>
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>
  /** Begins nothing more and waits for what is on its way. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly webhooks: WebhookStore
  readonly webhookDeliveries: WebhookDeliveryStore
  readonly cipher: Cipher
  readonly post: Post
  readonly version: string
  readonly clock: () => number
  readonly log: Log
}

/** An endpoint as it is worked on. */
interface Lane {
  readonly organizationId: string
  /** what is under way */
  work: Promise<void> | undefined
  /** something may have come since the last look */
  isCalled: boolean
  /** something may have come since its bounds were looked at */
  isGrown: boolean
  /** attempts that have failed in a row */
  failures: number
  pausedUntilMs: number
}

/** Makes the courier. Nothing happens before the first `round`. */
export function createCourier({ webhooks, webhookDeliveries, cipher, post, version, clock, log }: Parts): Courier {
  const ledger = createLedger(webhookDeliveries)
  const all = createTurns(mostInAll)
  const byOrganization = new Map<string, Turns>()
  const lanes = new Map<string, Lane>()
  const lanesOf = new Map<string, Set<string>>()
  const timers = new Map<string, NodeJS.Timeout>()
  const opened = new Map<string, string>()
  let isClosed = false

  function laneOf(endpointId: string, organizationId: string): Lane {
    const known = lanes.get(endpointId)
    if (known !== undefined) return known
    const lane: Lane = {
      organizationId,
      work: undefined,
      isCalled: false,
      isGrown: true,
      failures: 0,
      pausedUntilMs: 0,
    }
    lanes.set(endpointId, lane)
    lanesOf.set(organizationId, (lanesOf.get(organizationId) ?? new Set()).add(endpointId))
    return lane
  }

  function call(endpointId: string, lane: Lane): void {
    lane.isCalled = true
    lane.isGrown = true
    if (isClosed || lane.work !== undefined) return
    lane.work = work(endpointId, lane)
      .catch((error) => log.error({ error, endpointId }, 'webhooks could not be sent; the next round tries again'))
      .finally(() => {
        lane.work = undefined
        if (lane.isCalled) setImmediate(() => call(endpointId, lane))
      })
  }

  async function work(endpointId: string, lane: Lane): Promise<void> {
    while (lane.isCalled && !isClosed) {
      lane.isCalled = false
      const nowMs = clock()
      if (lane.pausedUntilMs > nowMs) return callLater(endpointId, lane, lane.pausedUntilMs - nowMs)
      const isTrial = lane.failures >= patience
      const due = await webhookDeliveries.due(endpointId, nowMs, isTrial ? 1 : batchSize)
      if (due.length === 0) return
      const endpoint = await webhooks.byId(endpointId)
      if (endpoint?.isEnabled !== true) return
      await sendAll(endpoint, lane, due)
      // There may be more, or what has failed is due again; a look costs little.
      lane.isCalled = true
    }
  }

  async function sendAll(
    endpoint: WebhookEndpointRecord,
    lane: Lane,
    due: readonly WebhookDeliveryRecord[],
  ): Promise<void> {
    const rest = [...due]
    const writes: Promise<void>[] = []
    const turns = byOrganization.get(lane.organizationId) ?? createTurns(mostOfOrganization)
    byOrganization.set(lane.organizationId, turns)
    const sender = async () => {
      for (let delivery = rest.shift(); delivery !== undefined; delivery = rest.shift()) {
        if (isClosed || lane.pausedUntilMs > clock()) return
        await turns.take()
        await all.take()
        try {
          writes.push(...(await attempt(endpoint, lane, delivery)))
        } finally {
          all.end()
          turns.end()
        }
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: Math.min(mostToEndpoint, due.length) }, sender))
    // They are looked for again only when it is written what came of them; what a crash loses of that is sent again.
    await Promise.all(writes)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Sends one message; gives the writing of what came of it, which nobody has to wait for before the next one. */
  async function attempt(
    endpoint: WebhookEndpointRecord,
    lane: Lane,
    delivery: WebhookDeliveryRecord,
  ): Promise<Promise<void>[]> {
    const startedAt = performance.now()
    const outcome = await send(endpoint, delivery)
    // Cut off by our own end: the next life sends it again.
    if (isClosed && outcome.status === null) return []
    const isDelivered = outcome.status !== null && outcome.status >= 200 && outcome.status < 300
    const nowMs = clock()
    const attempts = delivery.attempts + 1
    const waitMs = retryMs[attempts - 1]
    const written = ledger.write({
      endpointId: delivery.endpointId,
      eventId: delivery.eventId,
      state: isDelivered ? 'delivered' : waitMs === undefined ? 'failed' : 'pending',
      attempts,
      nextAtMs: nowMs + (waitMs ?? 0),
      lastAtMs: nowMs,
      lastStatus: outcome.status,
      lastMs: Math.round(performance.now() - startedAt),
      lastExcerpt: outcome.status === null ? null : outcome.excerpt,
      lastError: isDelivered ? null : (outcome.error ?? `Answered ${outcome.status}`),
    })
    // Whoever has begun the batch waits for it, and sees a fault.
    written.catch(() => {})
    if (isDelivered) {
      if (lane.failures > 0 || endpoint.failingSinceMs !== null) await webhooks.noteFailing(endpoint.id, null)
      lane.failures = 0
      lane.pausedUntilMs = 0
      return [written]
    }
    if (waitMs !== undefined) callLater(endpoint.id, lane, waitMs)
    await Promise.all([written, noteFailure(endpoint, lane, { outcome, nowMs, written })])
    return []
  }

  async function noteFailure(
    endpoint: WebhookEndpointRecord,
    lane: Lane,
    { outcome, nowMs, written }: { outcome: PostOutcome; nowMs: number; written: Promise<void> },
  ): Promise<void> {
    lane.failures += 1
    if (lane.failures >= patience) {
      lane.pausedUntilMs = nowMs + Math.min(longestPauseMs, 5 * second * 2 ** (lane.failures - patience))
    }
    if (endpoint.failingSinceMs === null) await webhooks.noteFailing(endpoint.id, nowMs)
    const isGone = outcome.status === 410
    const hasFailedLong = nowMs - (endpoint.failingSinceMs ?? nowMs) >= giveUpMs
    if (!isGone && !hasFailedLong) return
    const reason = isGone ? 'The endpoint answered 410 Gone' : 'Nothing has reached the endpoint for five days'
    // That ends what waits; the message that was answered so has its answer by then.
    await written
    await webhooks.disable(endpoint.id, reason, nowMs)
    log.warn({ endpointId: endpoint.id, reason }, 'a webhook endpoint was disabled')
  }

  async function send(endpoint: WebhookEndpointRecord, delivery: WebhookDeliveryRecord): Promise<PostOutcome> {
    const timestamp = Math.floor(Date.now() / 1000)
    const body = bodyOf(delivery)
    const { secret, previousSecret, previousUntilMs } = endpoint
    const sealed = previousSecret !== null && (previousUntilMs ?? 0) > clock() ? [secret, previousSecret] : [secret]
    let secrets: readonly string[]
    try {
      secrets = sealed.map((one) => open(endpoint.id, one))
    } catch (error) {
      log.error({ error, endpointId: endpoint.id }, 'the secret of a webhook endpoint cannot be opened')
      return { status: null, excerpt: '', error: 'The secret cannot be opened; make a new one' }
    }
    const headers = {
      'content-type': 'application/json',
      'user-agent': `Sandyard-Webhooks/${version}`,
      'webhook-id': delivery.eventId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signMessage({ id: delivery.eventId, timestamp, body }, secrets),
    }
    return post(endpoint.url, headers, body)
  }

  /** Opening costs more than signing, so what was opened last is remembered. */
  function open(endpointId: string, sealed: string): string {
    const known = opened.get(sealed)
    if (known !== undefined) return known
    const secret = cipher.open(sealed, endpointId)
    if (opened.size >= 1000) opened.clear()
    opened.set(sealed, secret)
    return secret
  }

  /** One timer for each endpoint: the earliest counts, as every look finds all that is due. */
  function callLater(endpointId: string, lane: Lane, waitMs: number): void {
    // What is later than this a round finds.
    if (isClosed || waitMs > 60 * second || timers.has(endpointId)) return
    const timer = setTimeout(() => {
      timers.delete(endpointId)
      call(endpointId, lane)
    }, waitMs)
    timers.set(endpointId, timer.unref())
  }

  async function round(): Promise<void> {
    const enabled = await webhooks.enabled()
    const known = new Map(enabled.map(({ id, organizationId }) => [id, organizationId]))
    for (const id of lanes.keys()) if (!known.has(id)) drop(id)
    const bounds = { queue: limits.webhookQueue, log: limits.webhookLog, afterMs: clock() - keptMs }
    for (const [id, organizationId] of known) {
      const lane = laneOf(id, organizationId)
      if (!lane.isGrown) continue
      lane.isGrown = false
      const lost = await webhookDeliveries.trim(id, bounds, `Given up: more than ${bounds.queue} messages waited`)
      if (lost > 0) log.warn({ endpointId: id, lost }, 'messages of a webhook endpoint were given up')
    }
    const nowMs = clock()
    for (const { endpointId, nextAtMs } of await webhookDeliveries.waiting()) {
      const lane = lanes.get(endpointId)
      if (lane !== undefined && nextAtMs <= nowMs) call(endpointId, lane)
    }
  }

  function drop(endpointId: string): void {
    clearTimeout(timers.get(endpointId))
    timers.delete(endpointId)
    const lane = lanes.get(endpointId)
    if (lane === undefined || lane.work !== undefined) return
    lanes.delete(endpointId)
    const others = lanesOf.get(lane.organizationId)
    others?.delete(endpointId)
    if (others?.size !== 0) return
    lanesOf.delete(lane.organizationId)
    byOrganization.delete(lane.organizationId)
  }

  async function settled(): Promise<void> {
    for (;;) {
      const work = [...lanes.values()].flatMap((lane) => lane.work ?? [])
      if (work.length === 0) return
      await Promise.all(work)
    }
  }

  return {
    wake(organizationId) {
      for (const id of lanesOf.get(organizationId) ?? []) {
        const lane = lanes.get(id)
        if (lane !== undefined) call(id, lane)
      }
    },
    refresh({ id, organizationId }) {
      const lane = laneOf(id, organizationId)
      lane.failures = 0
      lane.pausedUntilMs = 0
      call(id, lane)
    },
    round,
    settled,
    async close() {
      isClosed = true
      for (const timer of timers.values()) clearTimeout(timer)
      post.close()
      await settled()
      await ledger.flush()
    },
  }
}

/** What is sent: the type and time of the event, and what it tells, side by side (api.md 3.11). */
export function bodyOf({ type, occurredAtMs, data }: Pick<WebhookDeliveryRecord, 'type' | 'occurredAtMs' | 'data'>) {
  const told = JSON.parse(data) as Record<string, unknown>
  return JSON.stringify({ event: type, timestamp: wireDate(occurredAtMs), ...told })
}

/** A message that tests an endpoint. */
export function testMessage(endpoint: WebhookEndpointRecord) {
  const data = JSON.stringify({ id: endpoint.id, organizationId: endpoint.organizationId, url: endpoint.url })
  return { endpointId: endpoint.id, eventId: randomUUID(), type: webhookTestEvent, data }
}
