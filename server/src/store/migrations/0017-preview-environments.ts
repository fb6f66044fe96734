import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Preview environments: their projects, the steps of their runs, and the webhooks that were taken in. */
export async function previewEnvironments(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('previewProjects')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('repositoryKey', 'text', (column) => column.notNull())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('apiUrl', 'text')
    .addColumn('token', 'text')
    .addColumn('username', 'text')
    .addColumn('reporting', 'text', (column) => column.notNull())
    .addColumn('forks', 'integer', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('webhookSecret', 'text', (column) => column.notNull())
    .addColumn('lastWebhookAtMs', 'bigint')
    .addColumn('cacheVolumeId', 'text')
    .addColumn('isLeaving', 'integer', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('previewProjectsRepository', ['organizationId', 'repositoryKey'])
    .execute()
  await db.schema
    .createTable('previewEnvironments')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull())
    .addColumn('projectId', 'text', (column) => column.notNull().references('previewProjects.id').onDelete('cascade'))
    .addColumn('headRepository', 'text', (column) => column.notNull())
    .addColumn('branch', 'text', (column) => column.notNull())
    .addColumn('pullNumber', 'integer')
    .addColumn('pullTitle', 'text')
    .addColumn('pullUrl', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('wantedCommit', 'text')
    .addColumn('commit', 'text')
    .addColumn('wantedRun', 'integer', (column) => column.notNull())
    .addColumn('run', 'integer', (column) => column.notNull())
    .addColumn('isFresh', 'integer', (column) => column.notNull())
    .addColumn('sandboxId', 'text')
    .addColumn('plan', 'text')
    .addColumn('told', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('previewEnvironmentsBranch', ['projectId', 'headRepository', 'branch'])
    .execute()
  for (const column of ['status', 'sandboxId', 'organizationId'] as const) {
    const name = `previewEnvironmentsBy${column[0]?.toUpperCase()}${column.slice(1)}`
    await db.schema.createIndex(name).on('previewEnvironments').column(column).execute()
  }
  await db.schema
    .createTable('previewSteps')
    .addColumn('environmentId', 'text', (column) =>
      column.notNull().references('previewEnvironments.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('startedAtMs', 'bigint')
    .addColumn('endedAtMs', 'bigint')
    .addColumn('reason', 'text')
    .addColumn('memory', 'text')
    .addPrimaryKeyConstraint('previewStepsKey', ['environmentId', 'name'])
    .execute()
  await db.schema
    .createTable('gitDeliveries')
    .addColumn('projectId', 'text', (column) => column.notNull().references('previewProjects.id').onDelete('cascade'))
    .addColumn('deliveryId', 'text', (column) => column.notNull())
    .addColumn('receivedAtMs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('gitDeliveriesKey', ['projectId', 'deliveryId'])
    .execute()
}
