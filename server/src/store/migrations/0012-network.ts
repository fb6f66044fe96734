import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Names that a sandbox may ask for, and the sandbox that it follows. */
export async function network(db: Kysely<Tables>): Promise<void> {
  const sandboxes = db.schema.alterTable('sandboxes')
  await sandboxes.addColumn('domainAllowList', 'text').execute()
  await sandboxes.addColumn('linkedSandboxId', 'text').execute()
  await db.schema.createIndex('sandboxesByLink').on('sandboxes').column('linkedSandboxId').execute()
}
