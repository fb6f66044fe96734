import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Domains of users, whose the tokens of previews and SSH are, and the warning of an organization's own choice. */
export async function previews(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('organizations').addColumn('previewWarning', 'integer').execute()
  for (const table of ['signedPreviewTokens', 'sshAccesses'] as const) {
    await db.schema.alterTable(table).addColumn('userId', 'text').execute()
    await db.schema.alterTable(table).addColumn('keyId', 'text').execute()
    await db.schema.createIndex(`${table}ByUser`).on(table).column('userId').execute()
  }
  await db.schema
    .createTable('customDomains')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('organizationId', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('sandboxId', 'text', (column) => column.notNull().references('sandboxes.id').onDelete('cascade'))
    .addColumn('domain', 'text', (column) => column.notNull())
    .addColumn('port', 'integer', (column) => column.notNull())
    .addColumn('proof', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    // The domain again while it is active: one organization at a time has it.
    .addColumn('activeDomain', 'text', (column) => column.unique())
    .addColumn('reason', 'text')
    .addColumn('checks', 'integer', (column) => column.notNull())
    .addColumn('nextCheckAtMs', 'bigint')
    .addColumn('checkedAtMs', 'bigint')
    .addColumn('provenAtMs', 'bigint')
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('customDomainsOfOrganization', ['organizationId', 'domain'])
    .execute()
  await db.schema.createIndex('customDomainsBySandbox').on('customDomains').column('sandboxId').execute()
  await db.schema.createIndex('customDomainsByCheck').on('customDomains').column('nextCheckAtMs').execute()
}
