import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Networks and names that a sandbox is denied. */
export async function networkDenials(db: Kysely<Tables>): Promise<void> {
  const sandboxes = db.schema.alterTable('sandboxes')
  await sandboxes.addColumn('networkDenyList', 'text').execute()
  await sandboxes.addColumn('domainDenyList', 'text').execute()
}
