import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Tokens for SSH. */
export async function sshAccesses(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('sshAccesses')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('expiresAtMs', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sshAccessesBySandbox').on('sshAccesses').columns(['sandboxId', 'createdAtMs']).execute()
  await db.schema.createIndex('sshAccessesByExpiry').on('sshAccesses').column('expiresAtMs').execute()
}
