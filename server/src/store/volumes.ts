import { canVolumeFollow, PlatformError, type VolumeState } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { Guard } from './guard.ts'
import { noteEvent } from './outbox.ts'
import { namedCreated, namedMoved } from './outbox-events.ts'
import type { SandboxRecord } from './sandbox-record.ts'
import type { Tables, VolumeTable } from './tables.ts'

/** A volume of an organization. */
export type VolumeRecord = Readonly<VolumeTable>

/** What can change of a volume, besides its state. */
export type VolumePatch = Partial<Pick<VolumeRecord, 'name' | 'errorReason'>>

/** One change of state: it happens only when the volume still is in `from`. */
export interface VolumeStateChange {
  readonly id: string
  readonly from: VolumeState
  readonly to: VolumeState
  readonly patch: VolumePatch
  readonly nowMs: number
}

/** Volumes in the store. */
export type VolumeStore = ReturnType<typeof createVolumeStore>

/** Makes the volume part of the store. */
export function createVolumeStore(db: Kysely<Tables>) {
  return {
    /** Writes a new volume; `false` when the organization has one of the name. */
    async insert(volume: VolumeRecord, guard?: Guard): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const inserted = await transaction
          .insertInto('volumes')
          .values(volume)
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst()
        if (inserted === undefined) return false
        await noteEvent(transaction, namedCreated('volume', volume))
        await guard?.(transaction)
        return true
      })
    },

    /** All of an organization that are there, or all that are deleted and remembered: those first that were used last. */
    async of(organizationId: string, options: { areDeleted: boolean; limit: number }): Promise<VolumeRecord[]> {
      return (
        db
          .selectFrom('volumes')
          .selectAll()
          .where('organizationId', '=', organizationId)
          .where('state', options.areDeleted ? '=' : '!=', 'deleted')
          // What was never used comes last, in every dialect.
          .orderBy(({ fn, lit }) => fn.coalesce('lastUsedAtMs', lit(0)), 'desc')
          .orderBy('createdAtMs', 'desc')
          .orderBy('id')
          .limit(options.limit)
          .execute()
      )
    },

    /** Which sandboxes have an organization's volumes mounted and are not on their way out, the newest of each volume. */
    async mounts(organizationId: string, most: number): Promise<{ volumeId: string; id: string; name: string }[]> {
      const mounts = db
        .selectFrom('sandboxVolumes')
        .innerJoin('sandboxes', 'sandboxes.id', 'sandboxVolumes.sandboxId')
        .select(({ fn }) => [
          'sandboxVolumes.volumeId as volumeId',
          'sandboxes.id as id',
          'sandboxes.name as name',
          fn
            .agg<number>('row_number')
            .over((over) =>
              over
                .partitionBy('sandboxVolumes.volumeId')
                .orderBy('sandboxes.createdAtMs', 'desc')
                .orderBy('sandboxes.id'),
            )
            .as('place'),
        ])
        .where('sandboxes.organizationId', '=', organizationId)
        .where('sandboxes.state', 'not in', ['destroying', 'destroyed'])
      return db
        .selectFrom(mounts.as('mounts'))
        .select(['volumeId', 'id', 'name'])
        .where('place', '<=', most)
        .orderBy('place')
        .execute()
    },

    /** By id, in any state; in one organization when it is given. */
    async byId(id: string, organizationId?: string): Promise<VolumeRecord | undefined> {
      let select = db.selectFrom('volumes').selectAll().where('id', '=', id)
      if (organizationId !== undefined) select = select.where('organizationId', '=', organizationId)
      return select.executeTakeFirst()
    },

    /** By name in an organization; deleted ones have none any more. */
    async byName(organizationId: string, name: string): Promise<VolumeRecord | undefined> {
      return db
        .selectFrom('volumes')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where('name', '=', name)
        .where('state', '!=', 'deleted')
        .executeTakeFirst()
    },

    /** How many an organization has but for those in these states; by default as its quota counts them (api.md 5). */
    async count(organizationId: string, but: readonly VolumeState[] = ['deleted', 'error']): Promise<number> {
      const row = await db
        .selectFrom('volumes')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('organizationId', '=', organizationId)
        .where('state', 'not in', but)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    async inStates(states: readonly VolumeState[]): Promise<VolumeRecord[]> {
      return db.selectFrom('volumes').selectAll().where('state', 'in', states).execute()
    },

    /** Compare-and-set on the old state; `undefined` when the volume is no longer in it. */
    async changeState(change: VolumeStateChange): Promise<VolumeRecord | undefined> {
      return db.transaction().execute((transaction) => setState(transaction, change))
    },

    /**
     * The same, unless a sandbox has the volume mounted that is not on its way out: then nothing happens, and it is the
     * answer.
     */
    async changeStateUnlessMounted(
      change: VolumeStateChange,
    ): Promise<VolumeRecord | { mountedBy: string } | undefined> {
      const undo = new Error('Nothing happens')
      let outcome: VolumeRecord | { mountedBy: string } | undefined
      try {
        await db.transaction().execute(async (transaction) => {
          // First the change, which whoever mounts it waits for or has been waited for; only then the look.
          outcome = await setState(transaction, change)
          if (outcome === undefined) return
          const mountedBy = await selectUser(transaction, change.id)
          if (mountedBy === undefined) return
          outcome = { mountedBy }
          throw undo
        })
      } catch (thrown) {
        if (thrown !== undo) throw thrown
      }
      return outcome
    },

    /** Removes the rows of what was deleted before. */
    async purge(beforeMs: number): Promise<void> {
      await db.deleteFrom('volumes').where('state', '=', 'deleted').where('updatedAtMs', '<', beforeMs).execute()
    },
  }
}

/**
 * Notes within the transaction that makes a sandbox which volumes it mounts. Throws BAD_REQUEST for one that is not ready
 * any more: from here on nobody can delete them.
 */
export async function claimVolumes(db: Kysely<Tables>, sandbox: SandboxRecord): Promise<void> {
  // In one order, so that two sandboxes do not wait for each other.
  const ids = [...new Set(sandbox.volumes.map(({ volumeId }) => volumeId))].sort()
  for (const volumeId of ids) {
    const claimed = await db
      .updateTable('volumes')
      .set({ lastUsedAtMs: sandbox.createdAtMs })
      .where('id', '=', volumeId)
      .where('organizationId', '=', sandbox.organizationId)
      .where('state', '=', 'ready')
      .returning('id')
      .executeTakeFirst()
    if (claimed === undefined) throw new PlatformError('BAD_REQUEST', `Volume '${volumeId}' is not in a ready state`)
  }
  const rows = ids.map((volumeId) => ({ sandboxId: sandbox.id, volumeId }))
  if (rows.length > 0) await db.insertInto('sandboxVolumes').values(rows).execute()
}

/** Name of a sandbox that has the volume mounted and is not on its way out. */
async function selectUser(db: Kysely<Tables>, volumeId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('sandboxVolumes')
    .innerJoin('sandboxes', 'sandboxes.id', 'sandboxVolumes.sandboxId')
    .select('sandboxes.name')
    .where('sandboxVolumes.volumeId', '=', volumeId)
    .where('sandboxes.state', 'not in', ['destroying', 'destroyed'])
    .limit(1)
    .executeTakeFirst()
  return row?.name
}

async function setState(db: Kysely<Tables>, change: VolumeStateChange): Promise<VolumeRecord | undefined> {
  const { id, from, to, patch, nowMs } = change
  if (!canVolumeFollow(from, to)) throw new Error(`Volume ${id} cannot go from ${from} to ${to}`)
  const row = await db
    .updateTable('volumes')
    .set({ ...patch, state: to, updatedAtMs: nowMs })
    .where('id', '=', id)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined && from !== to) await noteEvent(db, namedMoved('volume', from, row))
  return row
}
