import type { SnapshotState } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { SnapshotTable, Tables } from './tables.ts'

/** A snapshot that an organization has saved. */
export type SnapshotRecord = Readonly<SnapshotTable>

/** What can change of a snapshot, besides its state. */
export type SnapshotPatch = Partial<Pick<SnapshotRecord, 'name' | 'sizeBytes' | 'errorReason'>>

/** One change of state: it happens only when the snapshot still is in `from`. */
export interface SnapshotChange {
  readonly id: string
  readonly from: SnapshotState
  readonly to: SnapshotState
  readonly patch: SnapshotPatch
  readonly nowMs: number
}

/** Snapshots in the store. */
export type SnapshotStore = ReturnType<typeof createSnapshotStore>

/** Makes the snapshot part of the store. */
export function createSnapshotStore(db: Kysely<Tables>) {
  return {
    /** All of an organization, but for those that are being removed. */
    async of(organizationId: string): Promise<SnapshotRecord[]> {
      return db
        .selectFrom('snapshots')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where('state', '!=', 'removing')
        .execute()
    },

    /** By id or name in an organization; an id wins. Those that are being removed are not found. */
    async byIdOrName(organizationId: string, idOrName: string): Promise<SnapshotRecord | undefined> {
      const rows = await db
        .selectFrom('snapshots')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
        .where('state', '!=', 'removing')
        .execute()
      return rows.find((row) => row.id === idOrName) ?? rows[0]
    },

    /** The one that is being saved from a sandbox. */
    async unsaved(sourceSandboxId: string): Promise<SnapshotRecord | undefined> {
      return db
        .selectFrom('snapshots')
        .selectAll()
        .where('sourceSandboxId', '=', sourceSandboxId)
        .where('state', '=', 'snapshotting')
        .executeTakeFirst()
    },

    async inState(state: SnapshotState): Promise<SnapshotRecord[]> {
      return db.selectFrom('snapshots').selectAll().where('state', '=', state).execute()
    },

    /** Compare-and-set on the old state; `undefined` when the snapshot is no longer in it. */
    async changeState({ id, from, to, patch, nowMs }: SnapshotChange): Promise<SnapshotRecord | undefined> {
      return db
        .updateTable('snapshots')
        .set({ ...patch, state: to, updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('state', '=', from)
        .returningAll()
        .executeTakeFirst()
    },

    async noteUse(id: string, lastUsedAtMs: number): Promise<void> {
      await db.updateTable('snapshots').set({ lastUsedAtMs }).where('id', '=', id).execute()
    },

    /** Removes a row; `false` when there is none. */
    async delete(id: string): Promise<boolean> {
      const removed = await db.deleteFrom('snapshots').where('id', '=', id).returning('id').executeTakeFirst()
      return removed !== undefined
    },
  }
}
