// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/webhooks.ts: change that, and run it again. */

export interface WebhookDelivery {
  id: string
  endpointId: string
  event: string
  payload: Record<string, unknown>
  state: 'pending' | 'delivered' | 'failed'
  attempts: number
  createdAt: string
  nextAttemptAt: string | null
  lastAttemptAt: string | null
  responseStatus: number | null
  responseMs: number | null
  responseExcerpt: string | null
  error: string | null
}

export interface WebhookEndpoint {
  id: string
  organizationId: string
  url: string
  description: string
  events: string[]
  enabled: boolean
  disabledReason: string | null
  failingSince: string | null
  createdAt: string
  updatedAt: string
}

export interface WebhookEndpointWithSecret {
  id: string
  organizationId: string
  url: string
  description: string
  events: string[]
  enabled: boolean
  disabledReason: string | null
  failingSince: string | null
  createdAt: string
  updatedAt: string
  secret: string
}

export interface WebhookInitializationStatus {
  organizationId: string
  svixApplicationId: string | null
  lastError: string | null
  retryCount: number
  createdAt: string
  updatedAt: string
}

/** What is sent and answered. */
export interface WebhookOperations {
  /** Where webhooks are managed: a page of this platform; the token is always empty */
  webhookControllerGetAppPortalAccess: {
    params: { organizationId: string | number | boolean }
    answer: {
      token: string
      url: string
    }
  }
  /** Whether webhooks can be used; they always can */
  webhookControllerGetInitializationStatus: {
    params: { organizationId: string | number | boolean }
    answer: WebhookInitializationStatus
  }
  /** Make webhooks usable; they are already */
  webhookControllerInitializeWebhooks: {
    params: { organizationId: string | number | boolean }
    answer: WebhookInitializationStatus
  }
  /** Look for what waits to be sent; it is looked for anyway */
  webhookControllerRefreshEndpoints: {
    params: { organizationId: string | number | boolean }
    answer: undefined
  }
  /** Tell this URL of events; the answer has the secret that its messages are signed with */
  createWebhookEndpoint: {
    params: { organizationId: string | number | boolean }
    body: {
      url: string
      description?: string | undefined
      events?: readonly ('sandbox.created' | 'sandbox.state.updated' | 'snapshot.created' | 'snapshot.state.updated' | 'snapshot.removed' | 'volume.created' | 'volume.state.updated')[] | undefined
      enabled?: boolean | undefined
    }
    answer: WebhookEndpointWithSecret
  }
  /** All endpoints of the organization, the oldest first */
  listWebhookEndpoints: {
    params: { organizationId: string | number | boolean }
    answer: WebhookEndpoint[]
  }
  /** One endpoint */
  getWebhookEndpoint: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    answer: WebhookEndpoint
  }
  /** Change an endpoint; enabling it forgets its failures */
  updateWebhookEndpoint: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    body: {
      url?: string | undefined
      description?: string | undefined
      events?: readonly ('sandbox.created' | 'sandbox.state.updated' | 'snapshot.created' | 'snapshot.state.updated' | 'snapshot.removed' | 'volume.created' | 'volume.state.updated')[] | undefined
      enabled?: boolean | undefined
    }
    answer: WebhookEndpoint
  }
  /** Remove an endpoint with its deliveries; what waits is not sent */
  deleteWebhookEndpoint: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    answer: undefined
  }
  /** Send a message of type webhook.test; the delivery tells what came of it */
  testWebhookEndpoint: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    answer: WebhookDelivery
  }
  /** Make a new secret; for a day messages are signed with the old one too */
  rotateWebhookSecret: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    answer: {
      secret: string
    }
  }
  /** What was sent to an endpoint, a page at a time, the newest first */
  listWebhookDeliveries: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      state?: 'pending' | 'delivered' | 'failed' | undefined
    }
    answer: {
      items: WebhookDelivery[]
      total: number
      page: number
      totalPages: number
    }
  }
  /** Send a message once more, under the id that it had */
  replayWebhookDelivery: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean; deliveryId: string | number | boolean }
    answer: WebhookDelivery
  }
  /** Send once more all that has failed since a time */
  replayFailedWebhooks: {
    params: { organizationId: string | number | boolean; endpointId: string | number | boolean }
    body: {
      since: string
    }
    answer: {
      count: number
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const webhookOperations = {
  webhookControllerGetAppPortalAccess: 'POST /webhooks/organizations/{organizationId}/app-portal-access',
  webhookControllerGetInitializationStatus: 'GET /webhooks/organizations/{organizationId}/initialization-status',
  webhookControllerInitializeWebhooks: 'POST /webhooks/organizations/{organizationId}/initialize',
  webhookControllerRefreshEndpoints: 'POST /webhooks/organizations/{organizationId}/refresh-endpoints',
  createWebhookEndpoint: 'POST /webhooks/organizations/{organizationId}/endpoints',
  listWebhookEndpoints: 'GET /webhooks/organizations/{organizationId}/endpoints',
  getWebhookEndpoint: 'GET /webhooks/organizations/{organizationId}/endpoints/{endpointId}',
  updateWebhookEndpoint: 'PATCH /webhooks/organizations/{organizationId}/endpoints/{endpointId}',
  deleteWebhookEndpoint: 'DELETE /webhooks/organizations/{organizationId}/endpoints/{endpointId}',
  testWebhookEndpoint: 'POST /webhooks/organizations/{organizationId}/endpoints/{endpointId}/test',
  rotateWebhookSecret: 'POST /webhooks/organizations/{organizationId}/endpoints/{endpointId}/rotate-secret',
  listWebhookDeliveries: 'GET /webhooks/organizations/{organizationId}/endpoints/{endpointId}/deliveries',
  replayWebhookDelivery: 'POST /webhooks/organizations/{organizationId}/endpoints/{endpointId}/deliveries/{deliveryId}/replay',
  replayFailedWebhooks: 'POST /webhooks/organizations/{organizationId}/endpoints/{endpointId}/replay-failed',
} as const
