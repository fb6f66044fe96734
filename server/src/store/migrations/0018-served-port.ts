import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Where the visitors of a preview environment go. */
export async function servedPort(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('previewEnvironments').addColumn('servedPort', 'integer').execute()
}
