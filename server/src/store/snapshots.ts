import type { SnapshotState } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import type { Guard } from './guard.ts'
import { formatList, parseList } from './lists.ts'
import { noteEvent } from './outbox.ts'
import { namedMoved, snapshotRemoved } from './outbox-events.ts'
import type { SnapshotTable, Tables } from './tables.ts'

/** A snapshot of an organization. */
export interface SnapshotRecord extends Readonly<Omit<SnapshotTable, 'entrypoint'>> {
  readonly entrypoint: readonly string[] | null
}

/** What can change of a snapshot, besides its state. */
export type SnapshotPatch = Partial<
  Pick<SnapshotRecord, 'name' | 'sizeBytes' | 'errorReason' | 'user' | 'entrypoint' | 'buildId'>
>

/** One change of state: it happens only when the snapshot still is in `from`. */
export interface SnapshotChange {
  readonly id: string
  readonly from: SnapshotState
  readonly to: SnapshotState
  readonly patch: SnapshotPatch
  readonly nowMs: number
}

/** Columns that a listing can be sorted by. */
export type SnapshotSort = 'name' | 'state' | 'lastUsedAtMs' | 'createdAtMs'

/** Which snapshots of an organization a listing has. Those that are being removed are never listed. */
export interface SnapshotFilter {
  readonly organizationId: string
  /** part of the name, case-insensitive */
  readonly namePart: string
  readonly sourceSandboxId: string | undefined
}

/** One page of a listing. */
export interface SnapshotPageQuery extends SnapshotFilter {
  readonly sort: SnapshotSort
  readonly order: 'asc' | 'desc'
  readonly offset: number
  readonly limit: number
}

/** Snapshots in the store. */
export type SnapshotStore = ReturnType<typeof createSnapshotStore>

/** Makes the snapshot part of the store. */
export function createSnapshotStore(db: Kysely<Tables>) {
  const listed = ({ organizationId, namePart, sourceSandboxId }: SnapshotFilter) => {
    const pattern = `%${namePart.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
    let select = db
      .selectFrom('snapshots')
      .where('organizationId', '=', organizationId)
      .where('state', '!=', 'removing')
    if (namePart !== '') {
      select = select.where(sql<boolean>`lower(${sql.ref('name')}) like ${pattern} escape '\\'`)
    }
    if (sourceSandboxId !== undefined) select = select.where('sourceSandboxId', '=', sourceSandboxId)
    return select
  }

  return {
    /** One page, what has no value in the sorted column last; then the newest first, then by id. */
    async page({ sort, order, offset, limit, ...filter }: SnapshotPageQuery): Promise<SnapshotRecord[]> {
      const rows = await listed(filter)
        .selectAll()
        .orderBy((when) => when.case().when(sort, 'is', null).then(1).else(0).end())
        .orderBy(sort, order)
        .orderBy('createdAtMs', 'desc')
        .orderBy('id')
        .offset(offset)
        .limit(limit)
        .execute()
      return rows.map(toSnapshot)
    },

    async count(filter: SnapshotFilter): Promise<number> {
      const row = await listed(filter)
        .select((count) => count.fn.countAll<number | string>().as('total'))
        .executeTakeFirst()
      return Number(row?.total ?? 0)
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
      const row = rows.find((candidate) => candidate.id === idOrName) ?? rows[0]
      return row === undefined ? undefined : toSnapshot(row)
    },

    /** The one that is being saved from a sandbox. */
    async unsaved(sourceSandboxId: string): Promise<SnapshotRecord | undefined> {
      const row = await db
        .selectFrom('snapshots')
        .selectAll()
        .where('sourceSandboxId', '=', sourceSandboxId)
        .where('state', '=', 'snapshotting')
        .executeTakeFirst()
      return row === undefined ? undefined : toSnapshot(row)
    },

    /** Those that stand on a build. */
    async ofBuild(buildId: string): Promise<SnapshotRecord[]> {
      const rows = await db.selectFrom('snapshots').selectAll().where('buildId', '=', buildId).execute()
      return rows.map(toSnapshot)
    },

    async inState(...states: readonly SnapshotState[]): Promise<SnapshotRecord[]> {
      const rows = await db.selectFrom('snapshots').selectAll().where('state', 'in', states).execute()
      return rows.map(toSnapshot)
    },

    /** Compare-and-set on the old state; `undefined` when the snapshot is no longer in it. */
    async changeState(
      { id, from, to, patch, nowMs }: SnapshotChange,
      guard?: Guard,
    ): Promise<SnapshotRecord | undefined> {
      const { entrypoint, ...plain } = patch
      return db.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable('snapshots')
          .set({
            ...plain,
            ...(entrypoint === undefined ? {} : { entrypoint: formatList(entrypoint) }),
            state: to,
            updatedAtMs: nowMs,
          })
          .where('id', '=', id)
          .where('state', '=', from)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        if (from !== to) await noteEvent(transaction, namedMoved('snapshot', from, row))
        await guard?.(transaction)
        return toSnapshot(row)
      })
    },

    async noteUse(id: string, lastUsedAtMs: number): Promise<void> {
      await db.updateTable('snapshots').set({ lastUsedAtMs }).where('id', '=', id).execute()
    },

    /** Removes a row; `false` when there is none. */
    async delete(id: string, nowMs: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const removed = await transaction.deleteFrom('snapshots').where('id', '=', id).returningAll().executeTakeFirst()
        if (removed === undefined) return false
        await noteEvent(transaction, snapshotRemoved(removed, nowMs))
        return true
      })
    },
  }
}

function toSnapshot(row: SnapshotTable): SnapshotRecord {
  return { ...row, entrypoint: parseList(row.entrypoint) }
}

/** The row of a new snapshot. */
export function toSnapshotRow(snapshot: SnapshotRecord): SnapshotTable {
  return { ...snapshot, entrypoint: formatList(snapshot.entrypoint) }
}
