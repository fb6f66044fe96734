import { randomUUID } from 'node:crypto'
import { limits, PlatformError, type webhookRoutes } from '@sandyard/protocol'
import type { MemberPrincipal } from '../auth/principal.ts'
import { notFound } from '../not-found.ts'
import { readPage, toWirePage } from '../paging.ts'
import { siteUrl } from '../previews/site.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { WebhookDeliveryRecord, WebhookDeliveryStore } from '../store/webhook-deliveries.ts'
import type { WebhookEndpointPatch, WebhookEndpointRecord, WebhookStore } from '../store/webhooks.ts'
import { bodyOf, type Courier, testMessage } from '../webhooks/courier.ts'
import type { Destinations } from '../webhooks/destination.ts'
import { newSecret } from '../webhooks/signature.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'
import type { Answers } from './call.ts'

/** Time in which a replaced secret signs too, ms. */
const changeOverMs = 24 * 3600 * 1000

/** What the calls on webhooks need. */
interface Parts {
  readonly accounts: Pick<AccountStore, 'organization'>
  readonly webhooks: WebhookStore
  readonly webhookDeliveries: WebhookDeliveryStore
  readonly courier: Courier
  readonly destinations: Destinations
  readonly cipher: Cipher
  readonly clock: () => number
}

/** Answers of the calls on webhooks. */
export function webhookAnswers(parts: Parts): Answers<typeof webhookRoutes> {
  const { accounts, webhooks, webhookDeliveries, courier, destinations, cipher, clock } = parts

  async function find({ organizationId }: MemberPrincipal, id: string): Promise<WebhookEndpointRecord> {
    const endpoint = await webhooks.byId(id)
    if (endpoint?.organizationId === organizationId) return endpoint
    throw notFound('Webhook endpoint', id)
  }

  async function change(endpoint: WebhookEndpointRecord, patch: WebhookEndpointPatch): Promise<WebhookEndpointRecord> {
    const after = await webhooks.update(endpoint.id, patch, clock())
    if (after === undefined) throw notFound('Webhook endpoint', endpoint.id)
    courier.refresh(after)
    return after
  }

  /** There is nothing to be made usable: it is as if that had happened with the organization. */
  async function status({ organizationId }: MemberPrincipal) {
    const organization = await accounts.organization(organizationId)
    if (organization === undefined) throw notFound('Organization', organizationId)
    const createdAt = wireDate(organization.createdAtMs)
    return {
      organizationId,
      svixApplicationId: organizationId,
      lastError: null,
      retryCount: 0,
      createdAt,
      updatedAt: createdAt,
    }
  }

  return {
    webhookControllerGetAppPortalAccess: async ({ site }) => ({
      token: '',
      url: `${siteUrl(site)}/dashboard/webhooks`,
    }),
    webhookControllerGetInitializationStatus: ({ principal }) => status(principal),
    webhookControllerInitializeWebhooks: ({ principal }) => status(principal),
    async webhookControllerRefreshEndpoints({ principal }) {
      courier.wake(principal.organizationId)
    },
    async createWebhookEndpoint({ principal, body }) {
      destinations.checkUrl(body.url)
      const [id, secret, nowMs] = [randomUUID(), newSecret(), clock()]
      const endpoint: WebhookEndpointRecord = {
        id,
        organizationId: principal.organizationId,
        url: body.url,
        description: body.description ?? '',
        events: [...new Set(body.events ?? [])],
        isEnabled: body.enabled ?? true,
        disabledReason: null,
        secret: cipher.seal(secret, id),
        previousSecret: null,
        previousUntilMs: null,
        failingSinceMs: null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }
      if (!(await webhooks.insert(endpoint, limits.webhookEndpointCount))) {
        throw new PlatformError('BAD_REQUEST', `An organization has at most ${limits.webhookEndpointCount} endpoints`)
      }
      courier.refresh(endpoint)
      return { ...toWire(endpoint), secret }
    },
    listWebhookEndpoints: async ({ principal }) => (await webhooks.of(principal.organizationId)).map(toWire),
    getWebhookEndpoint: async ({ principal, params }) => toWire(await find(principal, params.endpointId)),
    async updateWebhookEndpoint({ principal, params, body }) {
      const { url, description, events, enabled } = body
      if (url !== undefined) destinations.checkUrl(url)
      const endpoint = await find(principal, params.endpointId)
      const patch: WebhookEndpointPatch = {
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events: [...new Set(events)] }),
        ...(enabled === undefined ? {} : { isEnabled: enabled }),
        ...(enabled === true ? { disabledReason: null, failingSinceMs: null } : {}),
      }
      return toWire(await change(endpoint, patch))
    },
    async deleteWebhookEndpoint({ principal, params }) {
      await webhooks.delete((await find(principal, params.endpointId)).id)
    },
    async testWebhookEndpoint({ principal, params }) {
      const endpoint = await find(principal, params.endpointId)
      if (!endpoint.isEnabled) throw new PlatformError('BAD_REQUEST', 'The endpoint is disabled')
      const delivery = await webhookDeliveries.insert(testMessage(endpoint), clock())
      courier.refresh(endpoint)
      return toWireDelivery(delivery)
    },
    async rotateWebhookSecret({ principal, params }) {
      const endpoint = await find(principal, params.endpointId)
      const secret = newSecret()
      await change(endpoint, {
        secret: cipher.seal(secret, endpoint.id),
        previousSecret: endpoint.secret,
        previousUntilMs: clock() + changeOverMs,
      })
      return { secret }
    },
    async listWebhookDeliveries({ principal, params, query }) {
      const { id: endpointId } = await find(principal, params.endpointId)
      const { offset: skip, limit } = readPage(query)
      const { items, total } = await webhookDeliveries.page({ endpointId, state: query.state, skip, limit })
      return toWirePage(items.map(toWireDelivery), total, query)
    },
    async replayWebhookDelivery({ principal, params }) {
      const endpoint = await find(principal, params.endpointId)
      const delivery = await webhookDeliveries.replay(endpoint.id, params.deliveryId, clock())
      if (delivery === undefined) {
        throw notFound('Webhook delivery', params.deliveryId)
      }
      courier.refresh(endpoint)
      return toWireDelivery(delivery)
    },
    async replayFailedWebhooks({ principal, params, body }) {
      const endpoint = await find(principal, params.endpointId)
      const count = await webhookDeliveries.replayFailed(endpoint.id, Date.parse(body.since), clock())
      courier.refresh(endpoint)
      return { count }
    },
  }
}

function toWire(endpoint: WebhookEndpointRecord) {
  const { id, organizationId, url, description, events, isEnabled, disabledReason, failingSinceMs } = endpoint
  return {
    id,
    organizationId,
    url,
    description,
    events: [...events],
    enabled: isEnabled,
    disabledReason,
    failingSince: wireDateOrNull(failingSinceMs),
    createdAt: wireDate(endpoint.createdAtMs),
    updatedAt: wireDate(endpoint.updatedAtMs),
  }
}

function toWireDelivery(delivery: WebhookDeliveryRecord) {
  const { eventId, endpointId, type, state, attempts, nextAtMs, lastAtMs } = delivery
  return {
    id: eventId,
    endpointId,
    event: type,
    payload: JSON.parse(bodyOf(delivery)) as Record<string, unknown>,
    state,
    attempts,
    createdAt: wireDate(delivery.occurredAtMs),
    nextAttemptAt: state === 'pending' ? wireDate(nextAtMs) : null,
    lastAttemptAt: wireDateOrNull(lastAtMs),
    responseStatus: delivery.lastStatus,
    responseMs: delivery.lastMs,
    responseExcerpt: delivery.lastExcerpt,
    error: delivery.lastError,
  }
}
