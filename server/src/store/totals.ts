import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** How many there are of what has a state. */
export interface Totals {
  readonly table: string
  readonly state: string
  readonly count: number
}

const counted = ['sandboxes', 'warmSandboxes', 'snapshots', 'volumes', 'builds', 'webhookDeliveries'] as const

/** Totals in the store. */
export type TotalStore = ReturnType<typeof createTotalStore>

/** Makes the part of the store that counts. */
export function createTotalStore(db: Kysely<Tables>) {
  return {
    /** Rows by table and state, over all organizations. */
    async byState(): Promise<Totals[]> {
      const totals: Totals[] = []
      for (const table of counted) {
        const rows = await db
          .selectFrom(table)
          .select((each) => ['state', each.fn.countAll<number>().as('count')])
          .groupBy('state')
          .execute()
        for (const { state, count } of rows) totals.push({ table, state, count: Number(count) })
      }
      return totals
    },

    /** Sandboxes that pools are to hold ready. */
    async pooled(): Promise<number> {
      const { size } = await db
        .selectFrom('warmPools')
        .select((each) => each.fn.sum<number | null>('size').as('size'))
        .executeTakeFirstOrThrow()
      return Number(size ?? 0)
    },

    async organizations(): Promise<number> {
      const { count } = await db
        .selectFrom('organizations')
        .select((each) => each.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  }
}
