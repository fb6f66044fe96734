import { canFollow, restingStates, type SandboxState } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { Guard } from './guard.ts'
import { noteEvent } from './outbox.ts'
import { namedCreated, sandboxCreated, sandboxMoved } from './outbox-events.ts'
import { selectFamily } from './sandbox-family.ts'
import { type SandboxPageQuery, selectPage } from './sandbox-page.ts'
import { type SandboxPatch, type SandboxRecord, toColumns, toRecord, toRow, toSummary } from './sandbox-record.ts'
import { claimSecrets, lockSecrets, replaceSecrets } from './sandbox-secrets.ts'
import { selectByClock } from './sandboxes-by-clock.ts'
import { type SnapshotRecord, toSnapshotRow } from './snapshots.ts'
import type { Tables } from './tables.ts'
import { notePeriod } from './usage.ts'
import { claimVolumes } from './volumes.ts'

/** One change of state: it happens only when the sandbox still is in `from`. */
export interface StateChange {
  readonly id: string
  readonly from: SandboxState
  readonly to: SandboxState
  readonly patch: SandboxPatch
  readonly nowMs: number
}

/** What is born with a change of state. */
export type Newborn = { readonly sandbox: SandboxRecord } | { readonly snapshot: SnapshotRecord }

/** Sandboxes in the store. */
export type SandboxStore = ReturnType<typeof createSandboxStore>

const restingStatesOfLiving = [...restingStates].filter((state) => state !== 'destroyed')

/** Makes the sandbox part of the store. */
export function createSandboxStore(db: Kysely<Tables>) {
  return {
    ...selectByClock(db),
    ...selectFamily(db),

    /** Writes a new sandbox; `false` when its name is taken in the organization. */
    async insert(sandbox: SandboxRecord, guard?: Guard): Promise<boolean> {
      return db.transaction().execute((transaction) => insertSandbox(transaction, sandbox, guard))
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
    async changeState(change: StateChange, guard?: Guard): Promise<SandboxRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        const after = await setState(transaction, change)
        if (after !== undefined) await guard?.(transaction)
        return after
      })
    },

    /** The same, and something is born with it, or nothing happens: `'taken'` when its name is. */
    async changeStateWith(
      change: StateChange,
      newborn: Newborn,
      guard?: Guard,
    ): Promise<SandboxRecord | 'taken' | undefined> {
      const undo = new Error('Nothing happens')
      let outcome: SandboxRecord | 'taken' | undefined
      try {
        await db.transaction().execute(async (transaction) => {
          outcome = await setState(transaction, change)
          if (outcome === undefined) return
          if (await insertNewborn(transaction, newborn, guard)) return
          outcome = 'taken'
          throw undo
        })
      } catch (thrown) {
        if (thrown !== undo) throw thrown
      }
      return outcome
    },

    /** Changes settings, unless the sandbox is on its way out (`undefined`). */
    async update(id: string, patch: SandboxPatch, nowMs: number, guard?: Guard): Promise<SandboxRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        // Before the sandbox, as whoever deletes a secret comes by it first.
        if (patch.secrets !== undefined) await lockSecrets(transaction, patch.secrets)
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
        if (patch.secrets !== undefined) await replaceSecrets(transaction, id, patch.secrets)
        await guard?.(transaction)
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

    /** At rest, with a change that the engine has not confirmed. */
    async unconfirmed(): Promise<SandboxRecord[]> {
      const rows = await db
        .selectFrom('sandboxes')
        .selectAll()
        .where('wanted', 'is not', null)
        .where('state', 'in', restingStatesOfLiving)
        .execute()
      return rows.map(toRecord)
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

async function setState(db: Kysely<Tables>, change: StateChange): Promise<SandboxRecord | undefined> {
  const { id, from, to } = change
  if (!canFollow(from, to)) throw new Error(`Sandbox ${id} cannot go from ${from} to ${to}`)
  const row = await db
    .updateTable('sandboxes')
    .set({ ...toColumns(change.patch), state: to, updatedAtMs: change.nowMs })
    .where('id', '=', id)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) return undefined
  const sandbox = toRecord(row)
  await notePeriod(db, sandbox, change.nowMs)
  if (from !== to) await noteEvent(db, sandboxMoved(from, sandbox))
  return sandbox
}

/** Writes what is born with a change; `false` when its name is taken. */
export async function insertNewborn(db: Kysely<Tables>, newborn: Newborn, guard?: Guard): Promise<boolean> {
  if ('sandbox' in newborn) return insertSandbox(db, newborn.sandbox, guard)
  const inserted = await db
    .insertInto('snapshots')
    .values(toSnapshotRow(newborn.snapshot))
    .onConflict((conflict) => conflict.columns(['organizationId', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  await noteEvent(db, namedCreated('snapshot', newborn.snapshot))
  await guard?.(db)
  return true
}

/** Writes a new sandbox with its labels; `false` when its name is taken in the organization. */
export async function insertSandbox(db: Kysely<Tables>, sandbox: SandboxRecord, guard?: Guard): Promise<boolean> {
  const inserted = await db
    .insertInto('sandboxes')
    .values(toRow(sandbox))
    .onConflict((conflict) => conflict.columns(['organizationId', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  await insertLabels(db, sandbox.id, sandbox.labels)
  await claimVolumes(db, sandbox)
  await claimSecrets(db, sandbox)
  await notePeriod(db, sandbox, sandbox.createdAtMs)
  await noteEvent(db, sandboxCreated(sandbox))
  await guard?.(db)
  return true
}

async function insertLabels(db: Kysely<Tables>, sandboxId: string, labels: Readonly<Record<string, string>>) {
  const rows = Object.entries(labels).map(([key, value]) => ({ sandboxId, key, value }))
  if (rows.length > 0) await db.insertInto('sandboxLabels').values(rows).execute()
}
