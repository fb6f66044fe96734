import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { dateText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { pageCounts, pageQuery } from '../paging.ts'

/** What endpoints can be told of (api.md 3.11). */
export const webhookEvents = [
  'sandbox.created',
  'sandbox.state.updated',
  'snapshot.created',
  'snapshot.state.updated',
  'snapshot.removed',
  'volume.created',
  'volume.state.updated',
] as const

export type WebhookEvent = (typeof webhookEvents)[number]

/** Sent by the test call, whatever the endpoint has chosen. */
export const webhookTestEvent = 'webhook.test'

/** How far a delivery has come. */
export const webhookDeliveryStates = ['pending', 'delivered', 'failed'] as const

export type WebhookDeliveryState = (typeof webhookDeliveryStates)[number]

const endpointUrl = z.string().check(z.minLength(1), z.maxLength(limits.webhookUrlLength))
const description = z.string().check(z.maxLength(limits.webhookDescriptionLength))
const events = z.array(z.enum(webhookEvents)).check(z.maxLength(webhookEvents.length))

/** Who is told, and of what. */
export const WebhookEndpoint = z.object({
  id: z.string(),
  organizationId: z.string(),
  url: z.string(),
  description: z.string(),
  /** an empty list is all of them */
  events: z.array(z.string()),
  enabled: z.boolean(),
  /** why the platform has disabled it */
  disabledReason: z.nullable(z.string()),
  /** since when nothing has reached it */
  failingSince: z.nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** The same with the secret of its signatures, which is shown when it is made and never again. */
export const WebhookEndpointWithSecret = z.extend(WebhookEndpoint, { secret: z.string() })

/** One message to one endpoint, with what came of the last attempt. */
export const WebhookDelivery = z.object({
  /** the `webhook-id` of all its attempts */
  id: z.string(),
  endpointId: z.string(),
  event: z.string(),
  payload: z.record(z.string(), z.unknown()),
  state: z.enum(webhookDeliveryStates),
  attempts: z.number(),
  createdAt: z.string(),
  /** null when there will be none */
  nextAttemptAt: z.nullable(z.string()),
  lastAttemptAt: z.nullable(z.string()),
  /** null when nothing was answered */
  responseStatus: z.nullable(z.number()),
  responseMs: z.nullable(z.number()),
  /** begin of what was answered */
  responseExcerpt: z.nullable(z.string()),
  /** what went wrong */
  error: z.nullable(z.string()),
})

/** Form of the wire, from when webhooks were another service's (api.md 1.12). */
export const WebhookInitializationStatus = z.object({
  organizationId: z.string(),
  svixApplicationId: z.nullable(z.string()),
  lastError: z.nullable(z.string()),
  retryCount: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

const organization = '/webhooks/organizations/{organizationId}'
const endpoint = `${organization}/endpoints/{endpointId}` as const

/** Endpoints that are told of events, and what was sent to them. */
export const webhookRoutes = defineRoutes({
  webhookControllerGetAppPortalAccess: {
    method: 'POST',
    path: `${organization}/app-portal-access`,
    summary: 'Where webhooks are managed: a page of this platform; the token is always empty',
    access: 'member',
    response: z.object({ token: z.string(), url: z.string() }),
    status: 201,
  },
  webhookControllerGetInitializationStatus: {
    method: 'GET',
    path: `${organization}/initialization-status`,
    summary: 'Whether webhooks can be used; they always can',
    access: 'member',
    response: WebhookInitializationStatus,
    status: 200,
  },
  webhookControllerInitializeWebhooks: {
    method: 'POST',
    path: `${organization}/initialize`,
    summary: 'Make webhooks usable; they are already',
    access: 'member',
    response: WebhookInitializationStatus,
    status: 201,
  },
  webhookControllerRefreshEndpoints: {
    method: 'POST',
    path: `${organization}/refresh-endpoints`,
    summary: 'Look for what waits to be sent; it is looked for anyway',
    access: 'member',
    status: 204,
  },
  createWebhookEndpoint: {
    method: 'POST',
    path: `${organization}/endpoints`,
    summary: 'Tell this URL of events; the answer has the secret that its messages are signed with',
    access: 'write:sandboxes',
    body: z.object({
      url: endpointUrl,
      description: z.optional(description),
      events: z.optional(events),
      enabled: z.optional(z.boolean()),
    }),
    response: WebhookEndpointWithSecret,
    status: 201,
  },
  listWebhookEndpoints: {
    method: 'GET',
    path: `${organization}/endpoints`,
    summary: 'All endpoints of the organization, the oldest first',
    access: 'member',
    response: z.array(WebhookEndpoint),
    status: 200,
  },
  getWebhookEndpoint: {
    method: 'GET',
    path: endpoint,
    summary: 'One endpoint',
    access: 'member',
    response: WebhookEndpoint,
    status: 200,
  },
  updateWebhookEndpoint: {
    method: 'PATCH',
    path: endpoint,
    summary: 'Change an endpoint; enabling it forgets its failures',
    access: 'write:sandboxes',
    body: z.object({
      url: z.optional(endpointUrl),
      description: z.optional(description),
      events: z.optional(events),
      enabled: z.optional(z.boolean()),
    }),
    response: WebhookEndpoint,
    status: 200,
  },
  deleteWebhookEndpoint: {
    method: 'DELETE',
    path: endpoint,
    summary: 'Remove an endpoint with its deliveries; what waits is not sent',
    access: 'write:sandboxes',
    status: 204,
  },
  testWebhookEndpoint: {
    method: 'POST',
    path: `${endpoint}/test`,
    summary: 'Send a message of type webhook.test; the delivery tells what came of it',
    access: 'write:sandboxes',
    response: WebhookDelivery,
    status: 201,
  },
  rotateWebhookSecret: {
    method: 'POST',
    path: `${endpoint}/rotate-secret`,
    summary: 'Make a new secret; for a day messages are signed with the old one too',
    access: 'write:sandboxes',
    response: z.object({ secret: z.string() }),
    status: 200,
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: `${endpoint}/deliveries`,
    summary: 'What was sent to an endpoint, a page at a time, the newest first',
    access: 'member',
    query: z.object({
      ...pageQuery,
      state: z.optional(z.enum(webhookDeliveryStates)),
    }),
    response: z.object({
      items: z.array(WebhookDelivery),
      ...pageCounts,
    }),
    status: 200,
  },
  replayWebhookDelivery: {
    method: 'POST',
    path: `${endpoint}/deliveries/{deliveryId}/replay`,
    summary: 'Send a message once more, under the id that it had',
    access: 'write:sandboxes',
    response: WebhookDelivery,
    status: 200,
  },
  replayFailedWebhooks: {
    method: 'POST',
    path: `${endpoint}/replay-failed`,
    summary: 'Send once more all that has failed since a time',
    access: 'write:sandboxes',
    body: z.object({ since: dateText }),
    response: z.object({ count: z.number() }),
    status: 200,
  },
})
