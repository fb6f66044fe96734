import type { Kysely } from 'kysely'
import type { Guard } from './guard.ts'
import { formatList, parseList } from './lists.ts'
import { insertNewborn, type Newborn } from './sandboxes.ts'
import type { BuildState, BuildTable, Tables } from './tables.ts'

/** What a build makes a snapshot of, as it was asked for. */
export type BuildSource =
  | { readonly kind: 'image'; readonly image: string; readonly entrypoint: readonly string[] | null }
  | { readonly kind: 'dockerfile'; readonly dockerfile: string; readonly contextHashes: readonly string[] }

/** The making of a snapshot from an image or a Dockerfile; the engine knows the snapshot by the id of the build. */
export interface BuildRecord {
  readonly id: string
  readonly organizationId: string
  /** whoever asks for the same in the organization gets this one; null for one that is not shared any more */
  readonly key: string | null
  readonly source: BuildSource
  readonly state: BuildState
  /** counts those who have asked for it: who removes it must have seen them all */
  readonly uses: number
  readonly sizeBytes: number | null
  /** who works in a sandbox of it that names nobody; null until it is ready, as the next */
  readonly user: string | null
  readonly entrypoint: readonly string[] | null
  readonly errorReason: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** the last sandbox that asked for it by itself */
  readonly lastUsedAtMs: number | null
}

/** What can change of a build, besides its state. */
export type BuildPatch = Partial<Pick<BuildRecord, 'sizeBytes' | 'user' | 'entrypoint' | 'errorReason'>>

/** Builds in the store. */
export type BuildStore = ReturnType<typeof createBuildStore>

/** Makes the part of the store that has builds. */
export function createBuildStore(db: Kysely<Tables>) {
  return {
    async byId(id: string): Promise<BuildRecord | undefined> {
      const row = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toBuild(row)
    },

    /** The next to be worked on: what was begun comes first, then the oldest. */
    async next(except: {
      readonly ids: readonly string[]
      readonly organizations: readonly string[]
    }): Promise<BuildRecord | undefined> {
      const row = await db
        .selectFrom('builds')
        .selectAll()
        .where('state', 'in', ['making', 'pending'])
        .where('id', 'not in', ['', ...except.ids])
        .where('organizationId', 'not in', ['', ...except.organizations])
        .orderBy((when) => when.case().when('state', '=', 'making').then(0).else(1).end())
        .orderBy('createdAtMs')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? undefined : toBuild(row)
    },

    /** Those that nobody wants any more; the one that was tried the longest ago comes first. */
    async retired(limit: number): Promise<BuildRecord[]> {
      const rows = await db
        .selectFrom('builds')
        .selectAll()
        .where('state', '=', 'removing')
        .orderBy('updatedAtMs')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toBuild)
    },

    /**
     * Writes what stands on a build, together with the build unless there is one with its key: all or nothing.
     * `'taken'` when the newborn's name is; what the guard throws undoes it.
     */
    async join<Born extends Newborn>(
      wanted: BuildRecord,
      newborn: (build: BuildRecord) => Born,
      guard?: Guard,
    ): Promise<{ build: BuildRecord; newborn: Born } | 'taken'> {
      const undo = new Error('Nothing happens')
      try {
        return await db.transaction().execute(async (transaction) => {
          const build = await findOrInsert(transaction, wanted)
          const born = newborn(build)
          if (!(await insertNewborn(transaction, born, guard))) throw undo
          return { build, newborn: born }
        })
      } catch (thrown) {
        if (thrown === undo) return 'taken'
        throw thrown
      }
    },

    /** Compare-and-set on the old state; `undefined` when the build is no longer in it. A failed one is not shared. */
    async changeState(
      { id, state: from }: Pick<BuildRecord, 'id' | 'state'>,
      to: BuildState,
      { patch = {}, nowMs }: { readonly patch?: BuildPatch; readonly nowMs: number },
    ): Promise<BuildRecord | undefined> {
      const { entrypoint, ...plain } = patch
      const row = await db
        .updateTable('builds')
        .set({
          ...plain,
          ...(entrypoint === undefined ? {} : { entrypoint: formatList(entrypoint) }),
          ...(to === 'failed' ? { key: null } : {}),
          state: to,
          updatedAtMs: nowMs,
        })
        .where('id', '=', id)
        .where('state', '=', from)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? undefined : toBuild(row)
    },

    /** Takes a build out of use, unless it has changed or somebody has asked for it since it was read. */
    async retire({ id, state, uses }: BuildRecord, nowMs: number): Promise<BuildRecord | undefined> {
      const row = await db
        .updateTable('builds')
        .set({ state: 'removing', key: null, updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('state', '=', state)
        .where('uses', '=', uses)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? undefined : toBuild(row)
    },

    /**
     * Builds that no snapshot and no sandbox stands on, and that are not kept for the next sandbox: those that are
     * ready and were last asked for after `keptSinceMs`.
     */
    async unused(keptSinceMs: number, limit: number): Promise<BuildRecord[]> {
      const rows = await db
        .selectFrom('builds')
        .selectAll()
        .where('state', '!=', 'removing')
        .where((where) =>
          where.or([
            where('state', '!=', 'ready'),
            where('key', 'is', null),
            where('lastUsedAtMs', 'is', null),
            where('lastUsedAtMs', '<', keptSinceMs),
          ]),
        )
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('snapshots').select('id').whereRef('buildId', '=', 'builds.id'))),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('sandboxes')
                .select('id')
                .whereRef('snapshotRef', '=', 'builds.id')
                .where('sandboxes.state', '!=', 'destroyed'),
            ),
          ),
        )
        .limit(limit)
        .execute()
      return rows.map(toBuild)
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('builds').where('id', '=', id).execute()
    },
  }
}

/** Finds the build that has the key, or writes it; either way one more has asked for it. */
async function findOrInsert(db: Kysely<Tables>, wanted: BuildRecord): Promise<BuildRecord> {
  await db
    .insertInto('builds')
    .values({ ...wanted, source: JSON.stringify(wanted.source), entrypoint: formatList(wanted.entrypoint) })
    .onConflict((conflict) => conflict.columns(['organizationId', 'key']).doNothing())
    .execute()
  const { id, organizationId, key, lastUsedAtMs } = wanted
  const update = db
    .updateTable('builds')
    .set((column) => ({ uses: column('uses', '+', 1), ...(lastUsedAtMs === null ? {} : { lastUsedAtMs }) }))
    .returningAll()
  const found = key === null ? update.where('id', '=', id) : update.where('key', '=', key)
  return toBuild(await found.where('organizationId', '=', organizationId).executeTakeFirstOrThrow())
}

function toBuild(row: BuildTable): BuildRecord {
  return { ...row, source: JSON.parse(row.source) as BuildSource, entrypoint: parseList(row.entrypoint) }
}
