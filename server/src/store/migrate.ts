import type { Kysely } from 'kysely'
import { type Migration, migrations } from './migrations.ts'
import type { Tables } from './tables.ts'

/** Applies what is missing, each step in a transaction of its own. Refuses a store that a newer version wrote. */
export async function migrate(
  db: Kysely<Tables>,
  nowMs: number,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('appliedAtMs', 'bigint', (column) => column.notNull())
    .execute()
  const applied = new Set((await db.selectFrom('migrations').select('name').execute()).map((row) => row.name))
  const known = new Set(steps.map((step) => step.name))
  for (const name of applied) {
    if (!known.has(name)) throw new Error(`The store has the migration ${name}, which this version does not know`)
  }
  for (const step of steps) {
    if (applied.has(step.name)) continue
    await db.transaction().execute(async (transaction) => {
      await step.up(transaction)
      await transaction.insertInto('migrations').values({ name: step.name, appliedAtMs: nowMs }).execute()
    })
  }
}
