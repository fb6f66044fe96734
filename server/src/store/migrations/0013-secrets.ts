import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Secrets, which sandboxes have them, and of which sandboxes the engine does not know them yet. */
export async function secrets(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('secrets')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('nameFolded', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('placeholder', 'text', (column) => column.notNull().unique())
    .addColumn('hosts', 'text', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('secretsName', ['organizationId', 'name'])
    .execute()
  await db.schema
    .alterTable('sandboxes')
    .addColumn('secrets', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute()
  await db.schema
    .createTable('sandboxSecrets')
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('secretId', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sandboxSecretsKey', ['sandboxId', 'secretId'])
    .execute()
  await db.schema.createIndex('sandboxSecretsBySecret').on('sandboxSecrets').column('secretId').execute()
  await db.schema
    .createTable('untoldSecrets')
    .addColumn('sandboxId', 'text', (column) => column.primaryKey().references('sandboxes.id').onDelete('cascade'))
    .addColumn('revision', 'integer', (column) => column.notNull())
    .execute()
}
