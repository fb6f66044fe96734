import type { Log } from '../log.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { WebhookDeliveryStore } from '../store/webhook-deliveries.ts'
import type { WebhookStore } from '../store/webhooks.ts'
import { type Courier, createCourier } from './courier.ts'
import { createDestinations, type Destinations } from './destination.ts'
import { createPost } from './post.ts'

/** What sends webhooks, and what checks where they go. */
export interface Webhooks {
  readonly courier: Courier
  readonly destinations: Destinations
  readonly cipher: Cipher
}

/** What it needs. */
interface Parts {
  readonly webhooks: WebhookStore
  readonly webhookDeliveries: WebhookDeliveryStore
  readonly cipher: Cipher
  /** CIDRs that messages may go to although they are private */
  readonly allowed: readonly string[]
  readonly version: string
  readonly clock: () => number
  readonly log: Log
}

/** Makes what sends webhooks. */
export function createWebhooks({ allowed, ...parts }: Parts): Webhooks {
  const destinations = createDestinations(allowed)
  const courier = createCourier({ ...parts, post: createPost(destinations) })
  return { courier, destinations, cipher: parts.cipher }
}
