import { type StepName, type StepState, stepNames } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { EnvironmentRecord, FormerServing } from '../environments/records.ts'
import type { StepFindings } from '../environments/step.ts'
import type { EnvironmentTable } from './environment-tables.ts'
import { litter, toEnvironment } from './environments.ts'
import type { Tables } from './tables.ts'

/** One way of an environment through all steps. What a run writes is refused as soon as a newer one is wanted. */
export type RunKey = Pick<EnvironmentRecord, 'id' | 'run'>

/** How a step has ended. */
export interface StepEnd {
  readonly state: Extract<StepState, 'done' | 'failed' | 'skipped'>
  readonly reason: string | null
  readonly findings?: StepFindings
}

/** Runs of preview environments in the store. */
export type EnvironmentRunStore = ReturnType<typeof createEnvironmentRunStore>

/** Makes the part of the store that has the runs of preview environments. */
export function createEnvironmentRunStore(db: Kysely<Tables>) {
  const unfinished = () => db.selectFrom('previewEnvironments').where('status', 'in', ['building', 'queued'])

  /** Does the work in a transaction, if the run is not out of date; answers the row as it is then. */
  function inRun(
    { id, run }: RunKey,
    nowMs: number,
    work: (transaction: Kysely<Tables>, environment: EnvironmentRecord) => Promise<void>,
  ): Promise<EnvironmentRecord | undefined> {
    return db.transaction().execute(async (transaction) => {
      const row = await transaction
        .updateTable('previewEnvironments')
        .set({ updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('run', '=', run)
        .where('wantedRun', '=', run)
        .where('status', '=', 'building')
        .returningAll()
        .executeTakeFirst()
      if (row === undefined) return undefined
      await work(transaction, toEnvironment(row))
      const after = await transaction
        .selectFrom('previewEnvironments')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return toEnvironment(after)
    })
  }

  const set = (transaction: Kysely<Tables>, id: string) =>
    transaction.updateTable('previewEnvironments').where('id', '=', id)

  return {
    /** Organizations with runs to be worked on beside these: those whose runs were begun first, then the oldest. */
    async waiting(exceptIds: readonly string[], limit: number): Promise<string[]> {
      const rows = await unfinished()
        .select('organizationId')
        .where('id', 'not in', ['', ...exceptIds])
        .groupBy('organizationId')
        // `building` comes before `queued`.
        .orderBy((column) => column.fn.min('status'))
        .orderBy((column) => column.fn.min('updatedAtMs'))
        .limit(limit)
        .execute()
      return rows.map(({ organizationId }) => organizationId)
    },

    /** The next of an organization to be worked on: what was begun comes first, then what waits the longest. */
    async next(organizationId: string, exceptIds: readonly string[]): Promise<EnvironmentRecord | undefined> {
      const row = await unfinished()
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where('id', 'not in', ['', ...exceptIds])
        .orderBy('status')
        .orderBy('updatedAtMs')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? undefined : toEnvironment(row)
    },

    /** How many organizations have preview environments, at most two. */
    async organizations(): Promise<number> {
      const rows = await db.selectFrom('previewEnvironments').select('organizationId').distinct().limit(2).execute()
      return rows.length
    },

    /** Begins the run that is wanted of a queued environment; `undefined` when something else is wanted by now. */
    async begin(wanted: EnvironmentRecord, nowMs: number): Promise<EnvironmentRecord | undefined> {
      return db.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable('previewEnvironments')
          .set({ status: 'building', run: wanted.wantedRun, error: null, updatedAtMs: nowMs })
          .where('id', '=', wanted.id)
          .where('status', '=', 'queued')
          .where('wantedRun', '=', wanted.wantedRun)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        await transaction.deleteFrom('previewSteps').where('environmentId', '=', row.id).execute()
        await transaction
          .insertInto('previewSteps')
          .values(stepNames.map((name) => ({ ...newStep, environmentId: row.id, name })))
          .execute()
        if (row.isFresh === 0 && !(await mustBeFresh(transaction, row))) return toEnvironment(row)
        // A fresh run that did not end has left one that serves and one that is half made.
        const isHalfMade = row.former !== null
        if (isHalfMade) await litter(transaction, row.id, [row.sandboxId])
        const former = isHalfMade ? row.former : formatFormer(toEnvironment(row))
        const fresh = await set(transaction, row.id)
          .set({ isFresh: 0, sandboxId: null, former })
          .returningAll()
          .executeTakeFirstOrThrow()
        return toEnvironment(fresh)
      })
    },

    /** Notes that a step is begun; `isAgain` for one that a crash has left under way, which is no other try. */
    async beginStep(
      key: RunKey,
      name: StepName,
      { isAgain, nowMs }: { readonly isAgain: boolean; readonly nowMs: number },
    ): Promise<EnvironmentRecord | undefined> {
      return inRun(key, nowMs, async (transaction) => {
        const step = transaction
          .updateTable('previewSteps')
          .where('environmentId', '=', key.id)
          .where('name', '=', name)
        await step
          .set((column) => ({
            state: 'running',
            ...(isAgain ? {} : { attempts: column('attempts', '+', 1) }),
          }))
          .execute()
        await step.set({ startedAtMs: nowMs }).where('startedAtMs', 'is', null).execute()
      })
    },

    /** Keeps what a step goes on from; `false` when the run is out of date. */
    async remember(key: RunKey, name: StepName, memory: string, nowMs: number): Promise<boolean> {
      const after = await inRun(key, nowMs, async (transaction) => {
        await transaction
          .updateTable('previewSteps')
          .set({ memory })
          .where('environmentId', '=', key.id)
          .where('name', '=', name)
          .execute()
      })
      return after !== undefined
    },

    /**
     * Writes how a step has ended, with what it has found out. Answers `'taken'`, and writes nothing, when the branch
     * that it has found has an environment already; `undefined` when the run is out of date.
     */
    async endStep(
      key: RunKey,
      name: StepName,
      { state, reason, findings = {}, nowMs }: StepEnd & { readonly nowMs: number },
    ): Promise<EnvironmentRecord | 'taken' | undefined> {
      const taken = new Error('Nothing happens')
      try {
        return await inRun(key, nowMs, async (transaction, environment) => {
          const { branch, plan, ...plain } = findings
          const isNamed = branch !== undefined && environment.branch === ''
          if (isNamed && (await hasBranch(transaction, environment, branch))) throw taken
          const { sandboxId } = plain
          if (sandboxId !== undefined && sandboxId !== environment.sandboxId) {
            await litter(transaction, key.id, [environment.sandboxId])
            if (sandboxId !== null) {
              await transaction.deleteFrom('previewLitter').where('sandboxId', '=', sandboxId).execute()
            }
          }
          await set(transaction, key.id)
            .set({
              updatedAtMs: nowMs,
              ...plain,
              ...(isNamed ? { branch } : {}),
              ...(plan === undefined ? {} : { plan: plan === null ? null : JSON.stringify(plan) }),
              // Visitors of a former sandbox stay there until the run has ended.
              ...(name === 'ready' && state === 'done' && environment.former === null
                ? { servedPort: (plan ?? environment.plan)?.port ?? null }
                : {}),
            })
            .execute()
          await transaction
            .updateTable('previewSteps')
            .set({ state, reason, endedAtMs: nowMs })
            .where('environmentId', '=', key.id)
            .where('name', '=', name)
            .execute()
        })
      } catch (thrown) {
        if (thrown === taken) return 'taken'
        throw thrown
      }
    },

    /** Ends a run well: what served before goes. */
    async succeed(key: RunKey, nowMs: number): Promise<EnvironmentRecord | undefined> {
      return inRun(key, nowMs, async (transaction, { former, plan }) => {
        await litter(transaction, key.id, [former?.sandboxId])
        const servedPort = plan?.port ?? null
        await set(transaction, key.id).set({ status: 'ready', error: null, former: null, servedPort }).execute()
      })
    },

    /** Ends a run that has failed: what served before a fresh sandbox was begun comes back. */
    async fail(key: RunKey, error: string, nowMs: number): Promise<EnvironmentRecord | undefined> {
      return inRun(key, nowMs, async (transaction, { former, sandboxId }) => {
        if (former !== null) await litter(transaction, key.id, [sandboxId])
        const plan = former === null || former.plan === null ? null : JSON.stringify(former.plan)
        await set(transaction, key.id)
          .set({
            status: 'failed',
            error,
            ...(former === null ? {} : { sandboxId: former.sandboxId, commit: former.commit, plan, former: null }),
          })
          .execute()
      })
    },

    /**
     * A ready environment serves no more: it has failed. `undefined` when something else was written since it was read.
     */
    async degrade(before: EnvironmentRecord, error: string, nowMs: number): Promise<EnvironmentRecord | undefined> {
      const row = await db
        .updateTable('previewEnvironments')
        .set({ status: 'failed', error, updatedAtMs: nowMs })
        .where('id', '=', before.id)
        .where('status', '=', 'ready')
        .where('wantedRun', '=', before.wantedRun)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? undefined : toEnvironment(row)
    },
  }
}

const newStep = {
  state: 'pending',
  attempts: 0,
  startedAtMs: null,
  endedAtMs: null,
  reason: null,
  memory: null,
} as const

async function hasBranch(
  db: Kysely<Tables>,
  { id, projectId, headRepository }: EnvironmentRecord,
  branch: string,
): Promise<boolean> {
  const other = await db
    .selectFrom('previewEnvironments')
    .select('id')
    .where('projectId', '=', projectId)
    .where('headRepository', '=', headRepository)
    .where('branch', '=', branch)
    .where('id', '!=', id)
    .executeTakeFirst()
  return other !== undefined
}

function formatFormer({ sandboxId, commit, plan }: EnvironmentRecord): string | null {
  if (sandboxId === null) return null
  const former: FormerServing = { sandboxId, commit, plan }
  return JSON.stringify(former)
}

/**
 * True for an environment that is updated with a token. Git gets it inside, where code of the earlier commits has run and
 * may lie in wait for it; in a fresh sandbox nothing has run before git.
 */
async function mustBeFresh(db: Kysely<Tables>, row: EnvironmentTable): Promise<boolean> {
  if (row.sandboxId === null || row.headRepository !== '') return false
  const { token } = await db
    .selectFrom('previewProjects')
    .select('token')
    .where('id', '=', row.projectId)
    .executeTakeFirstOrThrow()
  return token !== null
}
