import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'
import type { WebhookEndpointTable } from './webhook-tables.ts'

/** Who is told of events. */
export interface WebhookEndpointRecord extends Readonly<Omit<WebhookEndpointTable, 'events' | 'isEnabled'>> {
  /** an empty list is all */
  readonly events: readonly string[]
  readonly isEnabled: boolean
}

/** What can change of an endpoint. */
export type WebhookEndpointPatch = Partial<
  Omit<WebhookEndpointRecord, 'id' | 'organizationId' | 'createdAtMs' | 'updatedAtMs'>
>

/** Endpoints of webhooks in the store. */
export type WebhookStore = ReturnType<typeof createWebhookStore>

/** Makes the part of the store that knows who is told. */
export function createWebhookStore(db: Kysely<Tables>) {
  return {
    /** Writes a new endpoint; `false` when the organization has as many as it may. */
    async insert(endpoint: WebhookEndpointRecord, most: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const { count } = await transaction
          .selectFrom('webhookEndpoints')
          .select((each) => each.fn.countAll<number>().as('count'))
          .where('organizationId', '=', endpoint.organizationId)
          .executeTakeFirstOrThrow()
        if (Number(count) >= most) return false
        await transaction.insertInto('webhookEndpoints').values(toRow(endpoint)).execute()
        return true
      })
    },

    /** All of an organization, oldest first. */
    async of(organizationId: string): Promise<WebhookEndpointRecord[]> {
      const rows = await db
        .selectFrom('webhookEndpoints')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .orderBy('createdAtMs')
        .orderBy('id')
        .execute()
      return rows.map(toRecord)
    },

    async byId(id: string): Promise<WebhookEndpointRecord | undefined> {
      const row = await db.selectFrom('webhookEndpoints').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toRecord(row)
    },

    /** Ids and organizations of those that are sent to. */
    async enabled(): Promise<{ id: string; organizationId: string }[]> {
      return db.selectFrom('webhookEndpoints').select(['id', 'organizationId']).where('isEnabled', '=', 1).execute()
    },

    /** Changes an endpoint; `undefined` when it is gone. */
    async update(id: string, patch: WebhookEndpointPatch, nowMs: number): Promise<WebhookEndpointRecord | undefined> {
      const row = await db
        .updateTable('webhookEndpoints')
        .set({ ...toColumns(patch), updatedAtMs: nowMs })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? undefined : toRecord(row)
    },

    /** Notes that something has reached it (`null`), or since when nothing has; an earlier time stays. */
    async noteFailing(id: string, sinceMs: number | null): Promise<void> {
      const update = db.updateTable('webhookEndpoints').set({ failingSinceMs: sinceMs }).where('id', '=', id)
      await (sinceMs === null ? update : update.where('failingSinceMs', 'is', null)).execute()
    },

    /** Sends no more to it, and gives up what waits; does nothing when it is disabled already. */
    async disable(id: string, reason: string, nowMs: number): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        const disabled = await transaction
          .updateTable('webhookEndpoints')
          .set({ isEnabled: 0, disabledReason: reason, updatedAtMs: nowMs })
          .where('id', '=', id)
          .where('isEnabled', '=', 1)
          .returning('id')
          .executeTakeFirst()
        if (disabled === undefined) return
        await transaction
          .updateTable('webhookDeliveries')
          .set({ state: 'failed', lastError: reason })
          .where('endpointId', '=', id)
          .where('state', '=', 'pending')
          .execute()
      })
    },

    /** Removes an endpoint with its messages. */
    async delete(id: string): Promise<void> {
      await db.deleteFrom('webhookEndpoints').where('id', '=', id).execute()
    },
  }
}

function toRecord(row: WebhookEndpointTable): WebhookEndpointRecord {
  return { ...row, events: JSON.parse(row.events) as string[], isEnabled: row.isEnabled === 1 }
}

function toRow(endpoint: WebhookEndpointRecord): WebhookEndpointTable {
  return { ...endpoint, events: JSON.stringify(endpoint.events), isEnabled: Number(endpoint.isEnabled) }
}

function toColumns({ events, isEnabled, ...plain }: WebhookEndpointPatch): Partial<WebhookEndpointTable> {
  return {
    ...plain,
    ...(events === undefined ? {} : { events: JSON.stringify(events) }),
    ...(isEnabled === undefined ? {} : { isEnabled: Number(isEnabled) }),
  }
}
