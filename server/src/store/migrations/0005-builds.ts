import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Builds, snapshots that have one, and the registries that they pull from. */
export async function builds(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('builds')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('key', 'text')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('uses', 'integer', (column) => column.notNull())
    .addColumn('sizeBytes', 'bigint')
    .addColumn('user', 'text')
    .addColumn('entrypoint', 'text')
    .addColumn('errorReason', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addUniqueConstraint('buildsKey', ['organizationId', 'key'])
    .execute()
  await db.schema.createIndex('buildsByState').on('builds').columns(['state', 'createdAtMs']).execute()
  await db.schema.alterTable('sandboxes').addColumn('buildInfo', 'text').execute()
  await snapshots(db)
  await db.schema
    .createTable('dockerRegistries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('username', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('dockerRegistriesByOrganization')
    .on('dockerRegistries')
    .columns(['organizationId', 'createdAtMs'])
    .execute()
}

/** The table anew: not every snapshot was saved from a sandbox any more, and SQLite cannot take a NOT NULL away. */
async function snapshots(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropIndex('snapshotsByState').execute()
  await db.schema.alterTable('snapshots').renameTo('savedSnapshots').execute()
  await db.schema
    .createTable('snapshots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('sourceSandboxId', 'text')
    .addColumn('buildId', 'text')
    .addColumn('imageName', 'text')
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('entrypoint', 'text')
    .addColumn('sizeBytes', 'bigint')
    .addColumn('cpu', 'integer', (column) => column.notNull())
    .addColumn('memoryGib', 'integer', (column) => column.notNull())
    .addColumn('diskGib', 'integer', (column) => column.notNull())
    .addColumn('errorReason', 'text')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addUniqueConstraint('snapshotsNameOfOrganization', ['organizationId', 'name'])
    .execute()
  const kept = [
    'id',
    'organizationId',
    'name',
    'state',
    'sourceSandboxId',
    'sizeBytes',
    'cpu',
    'memoryGib',
    'diskGib',
    'errorReason',
    'createdAtMs',
    'updatedAtMs',
    'lastUsedAtMs',
  ] as const
  const columns = sql.join(kept.map((column) => sql.ref(column)))
  await sql`insert into ${sql.table('snapshots')} (${columns}, ${sql.ref('user')})
    select ${columns}, 'daytona' from ${sql.table('savedSnapshots')}`.execute(db)
  await db.schema.dropTable('savedSnapshots').execute()
  await db.schema.createIndex('snapshotsByState').on('snapshots').columns(['state', 'sourceSandboxId']).execute()
  await db.schema.createIndex('snapshotsByBuild').on('snapshots').column('buildId').execute()
  await db.schema.createIndex('snapshotsByUse').on('snapshots').columns(['organizationId', 'lastUsedAtMs']).execute()
}
