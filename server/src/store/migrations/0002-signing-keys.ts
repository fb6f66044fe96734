import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Keys that sign URLs of file calls. */
export async function signingKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('sandboxes').addColumn('signingKey', 'text').execute()
}
