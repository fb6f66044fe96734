import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Guard } from './guard.ts'
import { formatList, parseList } from './lists.ts'
import { insertNewborn, type Newborn } from './sandboxes.ts'
import type { BuildState, BuildTable, Tables } from './tables.ts'

/** What a build makes a snapshot of, as it was asked for. */
export type BuildSource =
  | { readonly kind: 'image'; readonly image: string; readonly entrypoint: readonly string[] | null }
  | {
      readonly kind: 'dockerfile'
      readonly dockerfile: string
      readonly contextHashes: readonly string[]
      /** code of somebody outside: no logins are used for it, and it shares nothing with what the organization builds */
      readonly isOfStranger?: true
    }

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

    /** Organizations with builds to be worked on beside these: those whose builds were begun first, then the oldest. */
    async waiting(exceptIds: readonly string[], limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('builds')
        .select('organizationId')
        .where('state', 'in', ['making', 'pending'])
        .where('id', 'not in', ['', ...exceptIds])
        .groupBy('organizationId')
        // `making` comes before `pending`.
        .orderBy((column) => column.fn.min('state'))
        .orderBy((column) => column.fn.min('createdAtMs'))
        .limit(limit)
        .execute()
      return rows.map(({ organizationId }) => organizationId)
    },

    /** The next of an organization to be worked on: what was begun comes first, then the oldest. */
    async next(organizationId: string, exceptIds: readonly string[]): Promise<BuildRecord | undefined> {
      const row = await db
        .selectFrom('builds')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where('state', 'in', ['making', 'pending'])
        .where('id', 'not in', ['', ...exceptIds])
        .orderBy('state')
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
        .where((where) => where.not(isInUse(where)))
        .limit(limit)
        .execute()
      return rows.map(toBuild)
    },

    /**
     * What an organization has too much of: builds that are kept for the next sandbox, over `most` or `mostBytes`, and
     * failed ones over `mostFailed`, whose logs take room. The newest ones stay.
     */
    async surplus(
      {
        most,
        mostBytes,
        mostFailed,
      }: { readonly most: number; readonly mostBytes: number; readonly mostFailed: number },
      limit: number,
    ): Promise<BuildRecord[]> {
      const kept = db
        .selectFrom('builds')
        .selectAll()
        .select(({ fn }) => [
          fn
            .countAll<number | string>()
            .over((over) => over.partitionBy('organizationId').orderBy('lastUsedAtMs', 'desc').orderBy('id'))
            .as('place'),
          fn
            .sum<number | string>('sizeBytes')
            .over((over) => over.partitionBy('organizationId').orderBy('lastUsedAtMs', 'desc').orderBy('id'))
            .as('bytes'),
        ])
        .where('state', '=', 'ready')
        .where((where) => where.not(isInUse(where)))
      const failed = db
        .selectFrom('builds')
        .selectAll()
        .select(({ fn }) =>
          fn
            .countAll<number | string>()
            .over((over) => over.partitionBy('organizationId').orderBy('updatedAtMs', 'desc').orderBy('id'))
            .as('place'),
        )
        .where('state', '=', 'failed')
      const tooMany = await db
        .selectFrom(kept.as('kept'))
        .selectAll()
        .where(({ or, eb }) => or([eb('place', '>', most), eb('bytes', '>', mostBytes)]))
        .limit(limit)
        .execute()
      const tooManyFailed = await db
        .selectFrom(failed.as('failed'))
        .selectAll()
        .where('place', '>', mostFailed)
        .limit(limit)
        .execute()
      return [
        ...tooMany.map(({ place, bytes, ...row }) => toBuild(row)),
        ...tooManyFailed.map(({ place, ...row }) => toBuild(row)),
      ]
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('builds').where('id', '=', id).execute()
    },
  }
}

/**
 * True for a build that a snapshot or a sandbox stands on. A snapshot that was refused although its build is ready, as it
 * is too large, stands on nothing: it counts in no quota.
 */
function isInUse({ or, exists, selectFrom }: ExpressionBuilder<Tables, 'builds'>) {
  return or([
    exists(
      selectFrom('snapshots')
        .select('snapshots.id')
        .whereRef('snapshots.buildId', '=', 'builds.id')
        .where((snapshot) =>
          snapshot.or([snapshot('snapshots.state', '!=', 'error'), snapshot('builds.state', '!=', 'ready')]),
        ),
    ),
    exists(
      selectFrom('sandboxes')
        .select('sandboxes.id')
        .whereRef('sandboxes.snapshotRef', '=', 'builds.id')
        .where('sandboxes.state', '!=', 'destroyed'),
    ),
  ])
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
