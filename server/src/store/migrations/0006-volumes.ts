import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Volumes, and which sandboxes mount them. */
export async function volumes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('volumes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('errorReason', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .execute()
  // Names of deleted ones are free.
  await db.schema
    .createIndex('volumesName')
    .unique()
    .on('volumes')
    .columns(['organizationId', 'name'])
    .where(sql.ref('state'), '!=', 'deleted')
    .execute()
  await db.schema.createIndex('volumesByState').on('volumes').columns(['state', 'updatedAtMs']).execute()
  await db.schema
    .alterTable('sandboxes')
    .addColumn('volumes', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute()
  await db.schema
    .createTable('sandboxVolumes')
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('volumeId', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sandboxVolumesKey', ['sandboxId', 'volumeId'])
    .execute()
  await db.schema.createIndex('sandboxVolumesByVolume').on('sandboxVolumes').column('volumeId').execute()
}
