import { randomUUID } from 'node:crypto'
import type { WebhookEvent } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Something of an organization that has happened, as its endpoints are told. */
export interface OutboxEvent {
  readonly type: WebhookEvent
  readonly organizationId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly nowMs: number
}

/**
 * Notes an event for every endpoint that wants it. Call it in the transaction that makes it true: what is committed is
 * delivered, whatever happens to this process afterwards. Without an endpoint nothing is written. The id means nothing
 * but that two messages are the same, so unlike others it is made here.
 */
export async function noteEvent(transaction: Kysely<Tables>, event: OutboxEvent): Promise<void> {
  const { type, organizationId, data, nowMs } = event
  await transaction
    .insertInto('webhookDeliveries')
    .columns(['endpointId', 'eventId', 'type', 'data', 'occurredAtMs', 'state', 'attempts', 'nextAtMs'])
    .expression((builder) =>
      builder
        .selectFrom('webhookEndpoints')
        .select((each) => [
          'id',
          each.cast<string>(each.val(randomUUID()), 'text').as('eventId'),
          each.cast<string>(each.val(type), 'text').as('type'),
          each.cast<string>(each.val(JSON.stringify(data)), 'text').as('data'),
          each.cast<number>(each.val(nowMs), 'bigint').as('occurredAtMs'),
          each.cast<string>(each.val('pending'), 'text').as('state'),
          each.cast<number>(each.val(0), 'integer').as('attempts'),
          each.cast<number>(each.val(nowMs), 'bigint').as('nextAtMs'),
        ])
        .where('organizationId', '=', organizationId)
        .where('isEnabled', '=', 1)
        .where((where) => where.or([where('events', '=', '[]'), where('events', 'like', `%"${type}"%`)])),
    )
    .execute()
}
