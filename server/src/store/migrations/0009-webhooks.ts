import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Endpoints of webhooks, and the messages to them. */
export async function webhooks(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('webhookEndpoints')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) =>
      column.notNull().references('organizations.id').onDelete('cascade'),
    )
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('isEnabled', 'integer', (column) => column.notNull())
    .addColumn('disabledReason', 'text')
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('previousSecret', 'text')
    .addColumn('previousUntilMs', 'bigint')
    .addColumn('failingSinceMs', 'bigint')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('webhookEndpointsByOrganization')
    .on('webhookEndpoints')
    .columns(['organizationId', 'isEnabled'])
    .execute()
  await db.schema
    .createTable('webhookDeliveries')
    .addColumn('endpointId', 'text', (column) => column.notNull().references('webhookEndpoints.id').onDelete('cascade'))
    .addColumn('eventId', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('occurredAtMs', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('nextAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastAtMs', 'bigint')
    .addColumn('lastStatus', 'integer')
    .addColumn('lastMs', 'integer')
    .addColumn('lastExcerpt', 'text')
    .addColumn('lastError', 'text')
    .addPrimaryKeyConstraint('webhookDeliveriesKey', ['endpointId', 'eventId'])
    .execute()
  await db.schema
    .createIndex('webhookDeliveriesByState')
    .on('webhookDeliveries')
    .columns(['state', 'endpointId', 'nextAtMs'])
    .execute()
  await db.schema
    .createIndex('webhookDeliveriesByTime')
    .on('webhookDeliveries')
    .columns(['endpointId', 'occurredAtMs'])
    .execute()
}
