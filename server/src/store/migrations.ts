import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** One step of the schema. A released one never changes. */
export interface Migration {
  readonly name: string
  up(db: Kysely<Tables>): Promise<void>
}

/** All steps, in the order in which they are applied. */
export const migrations: readonly Migration[] = [
  { name: '0001-accounts-and-sandboxes', up: accountsAndSandboxes },
  { name: '0002-signing-keys', up: signingKeys },
  { name: '0003-lifecycle', up: lifecycle },
]

async function accountsAndSandboxes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('organizations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('createdBy', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('apiKeys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('masked', 'text', (column) => column.notNull())
    .addColumn('permissions', 'text', (column) => column.notNull())
    .addColumn('isAdmin', 'integer', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastUsedAtMs', 'bigint')
    .addColumn('expiresAtMs', 'bigint')
    .addUniqueConstraint('apiKeysName', ['organizationId', 'userId', 'name'])
    .execute()
  await sandboxes(db)
  await db.schema
    .createTable('sandboxLabels')
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sandboxLabelsKey', ['sandboxId', 'key'])
    .execute()
  await db.schema
    .createIndex('sandboxLabelsByValue')
    .on('sandboxLabels')
    .columns(['key', 'value', 'sandboxId'])
    .execute()
  await db.schema
    .createTable('signedPreviewTokens')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('port', 'integer', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('signedPreviewTokensByExpiry').on('signedPreviewTokens').column('expiresAtMs').execute()
  await db.schema.createIndex('signedPreviewTokensBySandbox').on('signedPreviewTokens').column('sandboxId').execute()
}

async function sandboxes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('sandboxes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('region', 'text', (column) => column.notNull())
    .addColumn('sandboxClass', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('nameFolded', 'text', (column) => column.notNull())
    .addColumn('snapshot', 'text', (column) => column.notNull())
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('env', 'text', (column) => column.notNull())
    .addColumn('labels', 'text', (column) => column.notNull())
    .addColumn('isPublic', 'integer', (column) => column.notNull())
    .addColumn('networkBlockAll', 'integer', (column) => column.notNull())
    .addColumn('networkAllowList', 'text')
    .addColumn('cpu', 'integer', (column) => column.notNull())
    .addColumn('memoryGib', 'integer', (column) => column.notNull())
    .addColumn('diskGib', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('desiredState', 'text', (column) => column.notNull())
    .addColumn('errorReason', 'text')
    .addColumn('isRecoverable', 'integer', (column) => column.notNull())
    .addColumn('previewToken', 'text', (column) => column.notNull())
    .addColumn('autoStopMinutes', 'integer', (column) => column.notNull())
    .addColumn('autoArchiveMinutes', 'integer', (column) => column.notNull())
    .addColumn('autoDeleteMinutes', 'integer', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('lastActivityAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('sandboxesName', ['organizationId', 'name'])
    .execute()
  await db.schema
    .createIndex('sandboxesByActivity')
    .on('sandboxes')
    .columns(['organizationId', 'lastActivityAtMs', 'id'])
    .execute()
  await db.schema
    .createIndex('sandboxesByCreation')
    .on('sandboxes')
    .columns(['organizationId', 'createdAtMs', 'id'])
    .execute()
  await db.schema.createIndex('sandboxesByState').on('sandboxes').columns(['state', 'lastActivityAtMs']).execute()
}

async function signingKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('sandboxes').addColumn('signingKey', 'text').execute()
}

async function lifecycle(db: Kysely<Tables>): Promise<void> {
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
