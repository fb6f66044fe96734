import type { SandboxSpec } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { Guard } from './guard.ts'
import type { SandboxRecord } from './sandbox-record.ts'
import { insertSandbox } from './sandboxes.ts'
import type { Tables, WarmPoolTable, WarmSandboxTable } from './tables.ts'

/** A pool: so many sandboxes of a snapshot are to be ready. */
export type WarmPoolRecord = Readonly<WarmPoolTable>

/**
 * A sandbox made ahead, which is nobody's yet. `making`: the engine was ordered to make it. `ready`: it can be claimed.
 * `leaving`: it is given up, unless whoever took it for a claim finishes that. `gone`: it is being destroyed.
 */
export interface WarmSandbox extends Readonly<Omit<WarmSandboxTable, 'spec'>> {
  readonly spec: SandboxSpec
}

/** Stands where an organization would, with sandboxes that are ready for whoever asks first. */
export const nobody = ''

/** Warm pools in the store. */
export type WarmPoolStore = ReturnType<typeof createWarmPoolStore>

/** Makes the part of the store with pools and what is in them. */
export function createWarmPoolStore(db: Kysely<Tables>) {
  return {
    /** All pools; those of one organization, oldest first, when it is given. */
    async pools(organizationId?: string): Promise<WarmPoolRecord[]> {
      let select = db.selectFrom('warmPools').selectAll().orderBy('createdAtMs').orderBy('id')
      if (organizationId !== undefined) select = select.where('organizationId', '=', organizationId)
      return select.execute()
    },

    /** Writes a new pool; `false` when the organization has one for the snapshot. */
    async insertPool(pool: WarmPoolRecord): Promise<boolean> {
      const inserted = await db
        .insertInto('warmPools')
        .values(pool)
        .onConflict((conflict) => conflict.columns(['organizationId', 'snapshot', 'region']).doNothing())
        .returning('id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    /** Changes a pool; `undefined` when there is none. */
    async updatePool(
      organizationId: string,
      id: string,
      change: Partial<Pick<WarmPoolTable, 'size' | 'errorReason' | 'updatedAtMs'>>,
    ): Promise<WarmPoolRecord | undefined> {
      return db
        .updateTable('warmPools')
        .set(change)
        .where('organizationId', '=', organizationId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
    },

    /** Removes a pool and gives up what is in it; `false` when there is none. */
    async deletePool(organizationId: string, id: string): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const removed = await transaction
          .deleteFrom('warmPools')
          .where('organizationId', '=', organizationId)
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst()
        if (removed === undefined) return false
        await transaction.updateTable('warmSandboxes').set({ state: 'leaving' }).where('poolId', '=', id).execute()
        return true
      })
    },

    /** Everything that was made ahead and is nobody's yet. */
    async all(): Promise<WarmSandbox[]> {
      return (await db.selectFrom('warmSandboxes').selectAll().orderBy('createdAtMs').execute()).map(toWarm)
    },

    /** How many are ready, by pool. */
    async readyCounts(organizationId: string): Promise<ReadonlyMap<string, number>> {
      const rows = await db
        .selectFrom('warmSandboxes')
        .select(({ fn }) => ['poolId', fn.countAll<number>().as('count')])
        .where('organizationId', '=', organizationId)
        .where('state', '=', 'ready')
        .groupBy('poolId')
        .execute()
      return new Map(rows.map(({ poolId, count }) => [poolId, Number(count)]))
    },

    /** True when it was made ahead and is nobody's yet. */
    async has(id: string): Promise<boolean> {
      const row = await db.selectFrom('warmSandboxes').select('id').where('id', '=', id).executeTakeFirst()
      return row !== undefined
    },

    async insert({ spec, ...rest }: WarmSandbox, guard?: Guard): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('warmSandboxes')
          .values({ ...rest, spec: JSON.stringify(spec) })
          .execute()
        await guard?.(transaction)
      })
    },

    /** Compare-and-set on the old state; `false` when somebody else was faster. */
    async move(id: string, from: WarmSandbox['state'], to: WarmSandbox['state']): Promise<boolean> {
      const moved = await db
        .updateTable('warmSandboxes')
        .set({ state: to })
        .where('id', '=', id)
        .where('state', '=', from)
        .returning('id')
        .executeTakeFirst()
      return moved !== undefined
    },

    /** Those of a snapshot that an organization could claim: its own before what is for everybody, oldest first. */
    async ready(organizationId: string, snapshotRef: string, limit: number): Promise<WarmSandbox[]> {
      const rows = await db
        .selectFrom('warmSandboxes')
        .selectAll()
        .where('snapshotRef', '=', snapshotRef)
        .where('organizationId', 'in', [organizationId, nobody])
        .where('state', '=', 'ready')
        .orderBy('organizationId', 'desc')
        .orderBy('createdAtMs')
        .limit(limit)
        .execute()
      return rows.map(toWarm)
    },

    /**
     * Turns a warm sandbox into a sandbox of the same id, in one step: `'lost'` when it is no longer in the state it was
     * taken in, `'taken'` when the name is. Nothing has changed then, nor in a rehearsal, which only tells.
     */
    async claim(
      sandbox: SandboxRecord,
      from: WarmSandbox['state'],
      { guard, isRehearsal = false }: { readonly guard?: Guard; readonly isRehearsal?: boolean } = {},
    ): Promise<'claimed' | 'lost' | 'taken'> {
      const undo = new Error('Nothing happens')
      let outcome: 'claimed' | 'lost' | 'taken' = 'lost'
      try {
        await db.transaction().execute(async (transaction) => {
          const removed = await transaction
            .deleteFrom('warmSandboxes')
            .where('id', '=', sandbox.id)
            .where('state', '=', from)
            .returning('id')
            .executeTakeFirst()
          if (removed === undefined) return
          outcome = (await insertSandbox(transaction, sandbox, guard)) ? 'claimed' : 'taken'
          if (outcome === 'taken' || isRehearsal) throw undo
        })
      } catch (thrown) {
        if (thrown !== undo) throw thrown
      }
      return outcome
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('warmSandboxes').where('id', '=', id).execute()
    },
  }
}

function toWarm(row: WarmSandboxTable): WarmSandbox {
  return { ...row, spec: JSON.parse(row.spec) as SandboxSpec }
}
