import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Pools of sandboxes made ahead, and those in them. */
export async function warmPools(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('warmPools')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('snapshot', 'text', (column) => column.notNull())
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('errorReason', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('warmPoolsSnapshot', ['organizationId', 'snapshot', 'region'])
    .execute()
  await db.schema
    .createTable('warmSandboxes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('poolId', 'text', (column) => column.notNull())
    .addColumn('organizationId', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('snapshotRef', 'text', (column) => column.notNull())
    .addColumn('spec', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('warmSandboxesBySnapshot')
    .on('warmSandboxes')
    .columns(['snapshotRef', 'organizationId', 'state'])
    .execute()
}
