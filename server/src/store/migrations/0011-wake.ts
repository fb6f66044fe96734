import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Whether a request starts a sandbox that rests. */
export async function wake(db: Kysely<Tables>): Promise<void> {
  const sandboxes = db.schema.alterTable('sandboxes')
  await sandboxes.addColumn('autoWake', 'integer').execute()
  await sandboxes.addColumn('isIdle', 'integer', (column) => column.notNull().defaultTo(0)).execute()
}
