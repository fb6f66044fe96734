import type { WebhookDeliveryState } from '@sandyard/protocol'

/** Who is told of events. */
export interface WebhookEndpointTable {
  id: string
  organizationId: string
  url: string
  description: string
  /** JSON array of event types; an empty one is all */
  events: string
  isEnabled: number
  /** why the platform has disabled it */
  disabledReason: string | null
  /** signs its messages, sealed */
  secret: string
  /** the one before, and until when it signs too */
  previousSecret: string | null
  previousUntilMs: number | null
  /** since when nothing has reached it */
  failingSinceMs: number | null
  createdAtMs: number
  updatedAtMs: number
}

/** One message to one endpoint. */
export interface WebhookDeliveryTable {
  endpointId: string
  /** the same for all endpoints that are told of an event */
  eventId: string
  type: string
  /** JSON of what is told, without type and time */
  data: string
  occurredAtMs: number
  state: WebhookDeliveryState
  attempts: number
  /** when it is tried, while it is pending */
  nextAtMs: number
  lastAtMs: number | null
  /** HTTP status of the last answer */
  lastStatus: number | null
  /** time that the last attempt took */
  lastMs: number | null
  lastExcerpt: string | null
  lastError: string | null
}
