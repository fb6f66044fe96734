import type { WebhookDeliveryState } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'
import type { WebhookDeliveryTable } from './webhook-tables.ts'

/** One message to one endpoint. */
export type WebhookDeliveryRecord = Readonly<WebhookDeliveryTable>

/** What came of an attempt. */
export type WebhookAttempt = Pick<
  WebhookDeliveryRecord,
  | 'endpointId'
  | 'eventId'
  | 'state'
  | 'attempts'
  | 'nextAtMs'
  | 'lastAtMs'
  | 'lastStatus'
  | 'lastMs'
  | 'lastExcerpt'
  | 'lastError'
>

/** What is remembered of one endpoint. */
interface Bounds {
  /** most that may wait */
  readonly queue: number
  /** most that are remembered when they are done */
  readonly log: number
  /** of those that are done, the oldest that are remembered */
  readonly afterMs: number
}

/** Messages of webhooks in the store. */
export type WebhookDeliveryStore = ReturnType<typeof createWebhookDeliveryStore>

/** Makes the part of the store that knows what is sent. */
export function createWebhookDeliveryStore(db: Kysely<Tables>) {
  return {
    /** Notes a message to one endpoint. */
    async insert(delivery: Pick<WebhookDeliveryRecord, 'endpointId' | 'eventId' | 'type' | 'data'>, nowMs: number) {
      return db
        .insertInto('webhookDeliveries')
        .values({ ...delivery, occurredAtMs: nowMs, state: 'pending', attempts: 0, nextAtMs: nowMs })
        .returningAll()
        .executeTakeFirstOrThrow()
    },

    /** What is to be tried now, the longest due first. */
    async due(endpointId: string, nowMs: number, most: number): Promise<WebhookDeliveryRecord[]> {
      return db
        .selectFrom('webhookDeliveries')
        .selectAll()
        .where('state', '=', 'pending')
        .where('endpointId', '=', endpointId)
        .where('nextAtMs', '<=', nowMs)
        .orderBy('nextAtMs')
        .limit(most)
        .execute()
    },

    /** Endpoints for which something waits, and when it is to be tried. */
    async waiting(): Promise<{ endpointId: string; nextAtMs: number }[]> {
      const rows = await db
        .selectFrom('webhookDeliveries')
        .select((each) => ['endpointId', each.fn.min('nextAtMs').as('nextAtMs')])
        .where('state', '=', 'pending')
        .groupBy('endpointId')
        .execute()
      return rows.map(({ endpointId, nextAtMs }) => ({ endpointId, nextAtMs: Number(nextAtMs) }))
    },

    /** Writes what came of attempts, all in one commit. What is no longer waiting stays as it is. */
    async record(attempts: readonly WebhookAttempt[]): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        for (const { endpointId, eventId, ...outcome } of attempts) {
          await transaction
            .updateTable('webhookDeliveries')
            .set(outcome)
            .where('endpointId', '=', endpointId)
            .where('eventId', '=', eventId)
            .where('state', '=', 'pending')
            .execute()
        }
      })
    },

    async byId(endpointId: string, eventId: string): Promise<WebhookDeliveryRecord | undefined> {
      return db
        .selectFrom('webhookDeliveries')
        .selectAll()
        .where('endpointId', '=', endpointId)
        .where('eventId', '=', eventId)
        .executeTakeFirst()
    },

    /** One page, the newest first, and how many there are in all. */
    async page(query: { endpointId: string; state?: WebhookDeliveryState | undefined; skip: number; limit: number }) {
      const { endpointId, state, skip, limit } = query
      let rows = db.selectFrom('webhookDeliveries').where('endpointId', '=', endpointId)
      if (state !== undefined) rows = rows.where('state', '=', state)
      const { total } = await rows.select((each) => each.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
      const items = await rows
        .selectAll()
        .orderBy('occurredAtMs', 'desc')
        .orderBy('eventId', 'desc')
        .offset(skip)
        .limit(limit)
        .execute()
      return { items, total: Number(total) }
    },

    /** Sends one once more; one that waits is sent now. `undefined` when it is gone. */
    async replay(endpointId: string, eventId: string, nowMs: number): Promise<WebhookDeliveryRecord | undefined> {
      return db
        .updateTable('webhookDeliveries')
        .set({ state: 'pending', attempts: 0, nextAtMs: nowMs })
        .where('endpointId', '=', endpointId)
        .where('eventId', '=', eventId)
        .returningAll()
        .executeTakeFirst()
    },

    /** Sends once more all that has failed of what has happened since; gives their number. */
    async replayFailed(endpointId: string, sinceMs: number, nowMs: number): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('webhookDeliveries')
        .set({ state: 'pending', attempts: 0, nextAtMs: nowMs })
        .where('state', '=', 'failed')
        .where('endpointId', '=', endpointId)
        .where('occurredAtMs', '>=', sinceMs)
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows)
    },

    /**
     * Keeps an endpoint within its bounds: what is too much to wait is given up, the oldest first, with this reason, and
     * what is too much to remember is removed. Gives the number of those given up.
     */
    async trim(endpointId: string, { queue, log, afterMs }: Bounds, reason: string): Promise<number> {
      return db.transaction().execute(async (transaction) => {
        const pending = transaction
          .selectFrom('webhookDeliveries')
          .select('eventId')
          .where('state', '=', 'pending')
          .where('endpointId', '=', endpointId)
        const excess = pending.orderBy('occurredAtMs', 'desc').orderBy('eventId', 'desc').offset(queue).limit(50_000)
        const { numUpdatedRows } = await transaction
          .updateTable('webhookDeliveries')
          .set({ state: 'failed', lastError: reason })
          .where('endpointId', '=', endpointId)
          .where('eventId', 'in', excess)
          .executeTakeFirstOrThrow()
        const done = transaction
          .selectFrom('webhookDeliveries')
          .select('eventId')
          .where('endpointId', '=', endpointId)
          .where('state', '!=', 'pending')
        await transaction
          .deleteFrom('webhookDeliveries')
          .where('endpointId', '=', endpointId)
          .where((where) =>
            where.or([
              where.and([where('state', '!=', 'pending'), where('occurredAtMs', '<', afterMs)]),
              where(
                'eventId',
                'in',
                done.orderBy('occurredAtMs', 'desc').orderBy('eventId', 'desc').offset(log).limit(50_000),
              ),
            ]),
          )
          .execute()
        return Number(numUpdatedRows)
      })
    },
  }
}
