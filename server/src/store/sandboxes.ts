import { canFollow, type SandboxState } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import { type SandboxPageQuery, selectPage } from './sandbox-page.ts'
import {
  type SandboxPatch,
  type SandboxRecord,
  summaryColumns,
  toColumns,
  toRecord,
  toRow,
  toSummary,
} from './sandbox-record.ts'
import type { Tables } from './tables.ts'

/** One change of state: it happens only when the sandbox still is in `from`. */
export interface StateChange {
  readonly id: string
  readonly from: SandboxState
  readonly to: SandboxState
  readonly patch: SandboxPatch
  readonly nowMs: number
}

/** Sandboxes in the store. */
export type SandboxStore = ReturnType<typeof createSandboxStore>

const minuteMs = 60_000

/** Makes the sandbox part of the store. */
export function createSandboxStore(db: Kysely<Tables>) {
  return {
    /** Writes a new sandbox; `false` when its name is taken in the organization. */
    async insert(sandbox: SandboxRecord): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const inserted = await transaction
          .insertInto('sandboxes')
          .values(toRow(sandbox))
          .onConflict((conflict) => conflict.columns(['organizationId', 'name']).doNothing())
          .returning('id')
          .executeTakeFirst()
        if (inserted === undefined) return false
        await insertLabels(transaction, sandbox.id, sandbox.labels)
        return true
      })
    },

    /** By id, in any state and organization. */
    async byId(id: string): Promise<SandboxRecord | undefined> {
      const row = await db.selectFrom('sandboxes').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toRecord(row)
    },

    /** By id or name in an organization; an id wins. Destroyed ones are not found. */
    async byIdOrName(organizationId: string, idOrName: string): Promise<SandboxRecord | undefined> {
      const rows = await db
        .selectFrom('sandboxes')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
        .where('state', '!=', 'destroyed')
        .execute()
      const row = rows.find((candidate) => candidate.id === idOrName) ?? rows[0]
      return row === undefined ? undefined : toRecord(row)
    },

    /** One page of a listing, without environments. */
    async page(query: SandboxPageQuery) {
      return (await selectPage(db, query).execute()).map(toSummary)
    },

    /** Compare-and-set on the old state; `undefined` when the sandbox is no longer in it. */
    async changeState(change: StateChange): Promise<SandboxRecord | undefined> {
      const { id, from, to } = change
      if (!canFollow(from, to)) throw new Error(`Sandbox ${id} cannot go from ${from} to ${to}`)
      const row = await db
        .updateTable('sandboxes')
        .set({ ...toColumns(change.patch), state: to, updatedAtMs: change.nowMs })
        .where('id', '=', id)
        .where('state', '=', from)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? undefined : toRecord(row)
    },

    /** Changes settings, unless the sandbox is on its way out (`undefined`). */
    async update(id: string, patch: SandboxPatch, nowMs: number): Promise<SandboxRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable('sandboxes')
          .set({ ...toColumns(patch), updatedAtMs: nowMs })
          .where('id', '=', id)
          .where('state', 'not in', ['destroying', 'destroyed'])
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        if (patch.labels !== undefined) {
          await transaction.deleteFrom('sandboxLabels').where('sandboxId', '=', id).execute()
          await insertLabels(transaction, id, patch.labels)
        }
        return toRecord(row)
      })
    },

    /** Gives a sandbox its signing key, unless it has one; `undefined` when it is on its way out. */
    async giveSigningKey(id: string, signingKey: string): Promise<SandboxRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('sandboxes')
          .set({ signingKey })
          .where('id', '=', id)
          .where('signingKey', 'is', null)
          .execute()
        const row = await transaction
          .selectFrom('sandboxes')
          .selectAll()
          .where('id', '=', id)
          .where('state', 'not in', ['destroying', 'destroyed'])
          .executeTakeFirst()
        return row === undefined ? undefined : toRecord(row)
      })
    },

    /** All that are in one of the states. */
    async inStates(states: readonly SandboxState[]): Promise<SandboxRecord[]> {
      const rows = await db.selectFrom('sandboxes').selectAll().where('state', 'in', states).execute()
      return rows.map(toRecord)
    },

    /** Started ones without activity for longer than their interval. */
    async idle(nowMs: number, limit: number) {
      const rows = await db
        .selectFrom('sandboxes')
        .select(summaryColumns)
        .where('state', '=', 'started')
        .where('autoStopMinutes', '>', 0)
        .where(sql<boolean>`${sql.ref('lastActivityAtMs')} + ${sql.ref('autoStopMinutes')} * ${minuteMs} < ${nowMs}`)
        .limit(limit)
        .execute()
      return rows.map(toSummary)
    },

    /** Stopped ones whose time to be deleted has come. */
    async expired(nowMs: number, limit: number) {
      const rows = await db
        .selectFrom('sandboxes')
        .select(summaryColumns)
        .where('state', '=', 'stopped')
        .where('autoDeleteMinutes', '>=', 0)
        .where(sql<boolean>`${sql.ref('lastActivityAtMs')} + ${sql.ref('autoDeleteMinutes')} * ${minuteMs} <= ${nowMs}`)
        .limit(limit)
        .execute()
      return rows.map(toSummary)
    },

    /** Writes last activities, epoch ms by sandbox id; an older one than stored changes nothing. */
    async touch(activities: ReadonlyMap<string, number>): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        for (const [id, atMs] of activities) {
          await transaction
            .updateTable('sandboxes')
            .set({ lastActivityAtMs: atMs })
            .where('id', '=', id)
            .where('lastActivityAtMs', '<', atMs)
            .execute()
        }
      })
    },

    /** Counts the time in which nobody could reach them as activity. */
    async touchStarted(nowMs: number): Promise<void> {
      await db.updateTable('sandboxes').set({ lastActivityAtMs: nowMs }).where('state', '=', 'started').execute()
    },

    /** Removes the rows of what was destroyed before. */
    async purge(beforeMs: number): Promise<void> {
      await db.deleteFrom('sandboxes').where('state', '=', 'destroyed').where('updatedAtMs', '<', beforeMs).execute()
    },
  }
}

async function insertLabels(db: Kysely<Tables>, sandboxId: string, labels: Readonly<Record<string, string>>) {
  const rows = Object.entries(labels).map(([key, value]) => ({ sandboxId, key, value }))
  if (rows.length > 0) await db.insertInto('sandboxLabels').values(rows).execute()
}
