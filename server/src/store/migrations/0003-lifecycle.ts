import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Forks, intervals, unconfirmed changes and saved snapshots. */
export async function lifecycle(db: Kysely<Tables>): Promise<void> {
  const sandboxes = db.schema.alterTable('sandboxes')
  await sandboxes.addColumn('snapshotRef', 'text', (column) => column.notNull().defaultTo('')).execute()
  await db
    .updateTable('sandboxes')
    .set({ snapshotRef: sql.ref('snapshot') })
    .execute()
  await sandboxes.addColumn('parentId', 'text').execute()
  await sandboxes.addColumn('wanted', 'text').execute()
  await sandboxes.addColumn('autoPauseMinutes', 'integer', (column) => column.notNull().defaultTo(0)).execute()
  await sandboxes.addColumn('autoDestroyAtMs', 'bigint').execute()
  await db.schema.createIndex('sandboxesByParent').on('sandboxes').columns(['parentId', 'createdAtMs']).execute()
  await db.schema.createIndex('sandboxesBySnapshot').on('sandboxes').columns(['snapshotRef', 'state']).execute()
  await db.schema.createIndex('sandboxesByEnd').on('sandboxes').column('autoDestroyAtMs').execute()
  await db.schema
    .createTable('snapshots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('sourceSandboxId', 'text', (column) => column.notNull())
    .addColumn('sizeBytes', 'bigint')
    .addColumn('cpu', 'integer', (column) => column.notNull())
    .addColumn('memoryGib', 'integer', (column) => column.notNull())
    .addColumn('diskGib', 'integer', (column) => column.notNull())
    .addColumn('errorReason', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addUniqueConstraint('snapshotsName', ['organizationId', 'name'])
    .execute()
  await db.schema.createIndex('snapshotsByState').on('snapshots').columns(['state', 'sourceSandboxId']).execute()
}
