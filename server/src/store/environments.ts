import { stepNames } from '@sandyard/protocol'
import type { Kysely, Selectable } from 'kysely'
import type { EnvironmentRecord, FormerServing, StepRecord } from '../environments/records.ts'
import type { EnvironmentTable } from './environment-tables.ts'
import type { Guard } from './guard.ts'
import { claimProject } from './projects.ts'
import type { Tables } from './tables.ts'

/** A preview environment as somebody wants it. What is absent stays as it is. */
export interface WantedEnvironment {
  /** of the row, where there is none yet */
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  /** URL of the fork that the branch is of; empty: the project's own */
  readonly headRepository: string
  /** empty: the repository's own */
  readonly branch: string
  /** null: where the branch is */
  readonly commit: string | null
  readonly pull?: { readonly number: number; readonly title: string | null; readonly url: string | null }
  readonly isPinned?: true
}

/** A listing. */
export interface EnvironmentFilter {
  readonly projectId?: string
  readonly branch?: string
}

/** A sandbox that says that it is of an environment. */
export interface StraySandbox {
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly environmentId: string
}

/** Preview environments in the store; their runs are in EnvironmentRunStore. */
export type EnvironmentStore = ReturnType<typeof createEnvironmentStore>

/** Makes the part of the store that has preview environments. */
export function createEnvironmentStore(db: Kysely<Tables>) {
  const all = () => db.selectFrom('previewEnvironments').selectAll()

  return {
    /**
     * Writes that an environment is to be built, and makes it where there is none; one that goes comes back. `'full'`
     * when the organization would have more than `most`. Throws CONFLICT for a project that goes, and what the guard
     * throws.
     */
    async want(
      wanted: WantedEnvironment,
      { most, nowMs, guard }: { readonly most: number; readonly nowMs: number; readonly guard?: Guard },
    ): Promise<EnvironmentRecord | 'full'> {
      return db.transaction().execute(async (transaction) => {
        // Whoever wants another environment of the project at the same time waits here.
        await claimProject(transaction, wanted.projectId)
        await guard?.(transaction)
        const found = await findWanted(transaction, wanted)
        if (found === undefined) return insertWanted(transaction, wanted, { most, nowMs })
        const row = await transaction
          .updateTable('previewEnvironments')
          .set((column) => ({
            wantedRun: column('wantedRun', '+', 1),
            wantedCommit: wanted.commit,
            ...pullColumns(wanted),
            ...(wanted.isPinned === true ? { isPinned: 1 } : {}),
            ...(wanted.branch === '' ? { isDefaultBranch: 1 } : {}),
            status: 'queued',
            error: null,
            updatedAtMs: nowMs,
          }))
          .where('id', '=', found.id)
          .returningAll()
          .executeTakeFirstOrThrow()
        return toEnvironment(row)
      })
    },

    /** Writes that an environment is to be built in a fresh sandbox; `undefined` when it is gone or goes. */
    async refresh(id: string, nowMs: number): Promise<EnvironmentRecord | undefined> {
      const row = await db
        .updateTable('previewEnvironments')
        .set((column) => ({
          wantedRun: column('wantedRun', '+', 1),
          isFresh: 1,
          status: 'queued',
          error: null,
          updatedAtMs: nowMs,
        }))
        .where('id', '=', id)
        .where('status', '!=', 'deleting')
        .returningAll()
        .executeTakeFirst()
      return recordOf(row)
    },

    /** Writes what is known of the pull request; nothing is built for that. */
    async describe(id: string, pull: NonNullable<WantedEnvironment['pull']>, nowMs: number): Promise<void> {
      await db
        .updateTable('previewEnvironments')
        .set({ ...pullColumns({ pull }), updatedAtMs: nowMs })
        .where('id', '=', id)
        .execute()
    },

    /**
     * Notes that an environment goes, with its sandboxes. `undefined` when it is gone, or goes already; the guard holds
     * for that, too.
     */
    async leave(id: string, nowMs: number, guard?: Guard): Promise<EnvironmentRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        await guard?.(transaction)
        const before = await transaction
          .selectFrom('previewEnvironments')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        if (before === undefined) return undefined
        const row = await transaction
          .updateTable('previewEnvironments')
          .set((column) => ({
            wantedRun: column('wantedRun', '+', 1),
            status: 'deleting',
            error: null,
            sandboxId: null,
            former: null,
            updatedAtMs: nowMs,
          }))
          .where('id', '=', id)
          .where('status', '!=', 'deleting')
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        await litter(transaction, id, [before.sandboxId, parseFormer(before.former)?.sandboxId])
        return toEnvironment(row)
      })
    },

    async byId(id: string, organizationId?: string): Promise<EnvironmentRecord | undefined> {
      let select = all().where('id', '=', id)
      if (organizationId !== undefined) select = select.where('organizationId', '=', organizationId)
      return recordOf(await select.executeTakeFirst())
    },

    /** The one of a branch; `headRepository` is empty for the project's own. */
    async find(projectId: string, headRepository: string, branch: string): Promise<EnvironmentRecord | undefined> {
      const row = await all()
        .where('projectId', '=', projectId)
        .where('headRepository', '=', headRepository)
        .where('branch', '=', branch)
        .executeTakeFirst()
      return recordOf(row)
    },

    /** Those of an organization, the newest first; there are `limits.environmentCount` at most. */
    async ofOrganization(organizationId: string, filter: EnvironmentFilter = {}): Promise<EnvironmentRecord[]> {
      let select = all().where('organizationId', '=', organizationId)
      if (filter.projectId !== undefined) select = select.where('projectId', '=', filter.projectId)
      if (filter.branch !== undefined) select = select.where('branch', '=', filter.branch)
      return (await select.orderBy('createdAtMs', 'desc').orderBy('id').execute()).map(toEnvironment)
    },

    /** The ready ones whose sandboxes are started, in the order of their ids; only those after this one. */
    async serving(afterId: string, most: number): Promise<EnvironmentRecord[]> {
      const rows = await all()
        .where('id', '>', afterId)
        .where('status', '=', 'ready')
        .where('sandboxId', 'in', db.selectFrom('sandboxes').select('sandboxes.id').where('state', '=', 'started'))
        .orderBy('id')
        .limit(most)
        .execute()
      return rows.map(toEnvironment)
    },

    async ofProject(projectId: string): Promise<EnvironmentRecord[]> {
      return (await all().where('projectId', '=', projectId).orderBy('id').execute()).map(toEnvironment)
    },

    async bySandbox(sandboxId: string): Promise<EnvironmentRecord | undefined> {
      return recordOf(await all().where('sandboxId', '=', sandboxId).executeTakeFirst())
    },

    /** The steps of the last runs of these, in the order of steps. */
    async steps(environmentIds: readonly string[]): Promise<StepRecord[]> {
      const rows = await db
        .selectFrom('previewSteps')
        .selectAll()
        .where('environmentId', 'in', ['', ...environmentIds])
        .execute()
      return rows.sort((one, other) => stepNames.indexOf(one.name) - stepNames.indexOf(other.name))
    },

    /** Those that go, in the order of their ids; only those after this one. */
    async leaving(afterId: string, most: number): Promise<EnvironmentRecord[]> {
      const rows = await all()
        .where('status', '=', 'deleting')
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(most)
        .execute()
      return rows.map(toEnvironment)
    },

    /** Removes one that goes and has no sandbox left; `false` while it has, or when somebody wants it again. */
    async delete(id: string): Promise<boolean> {
      const removed = await db
        .deleteFrom('previewEnvironments')
        .where('id', '=', id)
        .where('status', '=', 'deleting')
        .where('id', 'not in', db.selectFrom('previewLitter').select('environmentId'))
        .returning('id')
        .executeTakeFirst()
      return removed !== undefined
    },

    /** Sandboxes that are to be destroyed, in the order of their ids; only those after this one. */
    async litter(afterId: string, most: number): Promise<{ sandboxId: string; environmentId: string }[]> {
      return db
        .selectFrom('previewLitter')
        .selectAll()
        .where('sandboxId', '>', afterId)
        .orderBy('sandboxId')
        .limit(most)
        .execute()
    },

    /** Notes that a sandbox is to be destroyed, unless it is one that an environment has. */
    async addLitter(environmentId: string, sandboxId: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        const holder = await transaction
          .selectFrom('previewEnvironments')
          .select('id')
          .where('sandboxId', '=', sandboxId)
          .executeTakeFirst()
        if (holder === undefined) await litter(transaction, environmentId, [sandboxId])
      })
    },

    /**
     * Sandboxes that carry this label with the id of an environment and are neither an environment's nor litter, in the
     * order of their ids; only those after this one.
     */
    async strays(label: string, afterId: string, most: number): Promise<StraySandbox[]> {
      return db
        .selectFrom('sandboxLabels')
        .innerJoin('sandboxes', 'sandboxes.id', 'sandboxLabels.sandboxId')
        .select(['sandboxes.id', 'sandboxes.name', 'sandboxes.organizationId', 'sandboxLabels.value as environmentId'])
        .where('sandboxLabels.key', '=', label)
        .where('sandboxes.id', '>', afterId)
        .where('sandboxes.desiredState', '!=', 'destroyed')
        .where('sandboxes.id', 'not in', db.selectFrom('previewLitter').select('sandboxId'))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('previewEnvironments')
                .select('previewEnvironments.id')
                .whereRef('previewEnvironments.sandboxId', '=', 'sandboxes.id'),
            ),
          ),
        )
        .orderBy('sandboxes.id')
        .limit(most)
        .execute()
    },

    async removeLitter(sandboxId: string): Promise<void> {
      await db.deleteFrom('previewLitter').where('sandboxId', '=', sandboxId).execute()
    },

    /** Those that do not work on it now, and whose sandbox is gone or about to be. */
    async bereft(most: number): Promise<EnvironmentRecord[]> {
      const rows = await all()
        .where('sandboxId', 'is not', null)
        .where('status', 'in', ['ready', 'failed', 'queued'])
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('sandboxes')
                .select('sandboxes.id')
                .whereRef('sandboxes.id', '=', 'previewEnvironments.sandboxId')
                .where('sandboxes.desiredState', '!=', 'destroyed'),
            ),
          ),
        )
        .limit(most)
        .execute()
      return rows.map(toEnvironment)
    },

    /** Takes a sandbox that is gone from its environment; one that was ready has failed for this reason. */
    async bereave(
      { id, status, sandboxId }: EnvironmentRecord,
      error: string,
      nowMs: number,
    ): Promise<EnvironmentRecord | undefined> {
      const row = await db
        .updateTable('previewEnvironments')
        .set({ sandboxId: null, ...(status === 'ready' ? { status: 'failed', error } : {}), updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('status', '=', status)
        .where('sandboxId', '=', sandboxId)
        .returningAll()
        .executeTakeFirst()
      return recordOf(row)
    },
  }
}

function findWanted(db: Kysely<Tables>, { projectId, headRepository, branch }: WantedEnvironment) {
  const found = db
    .selectFrom('previewEnvironments')
    .select('id')
    .where('projectId', '=', projectId)
    .where('headRepository', '=', headRepository)
  const own = branch === '' ? found.where('isDefaultBranch', '=', 1) : found.where('branch', '=', branch)
  return own.executeTakeFirst()
}

async function insertWanted(
  db: Kysely<Tables>,
  wanted: WantedEnvironment,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): Promise<EnvironmentRecord | 'full'> {
  const { id, organizationId, projectId, headRepository, branch, commit } = wanted
  // The row of the organization stands for the count: two at once wait for each other.
  await db.updateTable('organizations').set({ id: organizationId }).where('id', '=', organizationId).execute()
  const { held } = await db
    .selectFrom('previewEnvironments')
    .select(({ fn }) => fn.countAll<number>().as('held'))
    .where('organizationId', '=', organizationId)
    .executeTakeFirstOrThrow()
  if (Number(held) >= most) return 'full'
  const row = await db
    .insertInto('previewEnvironments')
    .values({
      ...{ id, organizationId, projectId, headRepository, branch },
      ...{ pullNumber: null, pullTitle: null, pullUrl: null, ...pullColumns(wanted) },
      ...{ status: 'queued', error: null, wantedCommit: commit, commit: null, wantedRun: 1, run: 0, isFresh: 0 },
      ...{ sandboxId: null, former: null, plan: null, servedPort: null },
      isDefaultBranch: Number(branch === ''),
      isPinned: Number(wanted.isPinned === true),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toEnvironment(row)
}

function pullColumns({ pull }: Pick<WantedEnvironment, 'pull'>) {
  return pull === undefined ? {} : { pullNumber: pull.number, pullTitle: pull.title, pullUrl: pull.url }
}

/** Within a transaction: notes sandboxes that are to be destroyed. */
export async function litter(
  db: Kysely<Tables>,
  environmentId: string,
  sandboxIds: readonly (string | null | undefined)[],
): Promise<void> {
  const rows = sandboxIds.flatMap((sandboxId) => (sandboxId == null ? [] : [{ sandboxId, environmentId }]))
  if (rows.length === 0) return
  await db
    .insertInto('previewLitter')
    .values(rows)
    .onConflict((conflict) => conflict.column('sandboxId').doNothing())
    .execute()
}

/** What a run with a fresh sandbox has left to come back to. */
export function parseFormer(text: string | null): FormerServing | null {
  return text === null ? null : (JSON.parse(text) as FormerServing)
}

function recordOf(row: Selectable<EnvironmentTable> | undefined): EnvironmentRecord | undefined {
  return row === undefined ? undefined : toEnvironment(row)
}

/** A row as the rest of the server knows it. */
export function toEnvironment(row: Selectable<EnvironmentTable>): EnvironmentRecord {
  return {
    ...row,
    isDefaultBranch: row.isDefaultBranch === 1,
    isFresh: row.isFresh === 1,
    isPinned: row.isPinned === 1,
    former: parseFormer(row.former),
    plan: row.plan === null ? null : (JSON.parse(row.plan) as EnvironmentRecord['plan']),
  }
}
