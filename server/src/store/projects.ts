import { PlatformError } from '@sandyard/protocol'
import type { Insertable, Kysely } from 'kysely'
import type { ProjectRecord, ServingSettings } from '../environments/records.ts'
import type { ProjectTable } from './environment-tables.ts'
import type { Tables } from './tables.ts'

/** What can change of a project. */
export type ProjectPatch = Partial<
  Pick<
    ProjectRecord,
    'name' | 'host' | 'apiUrl' | 'token' | 'username' | 'reporting' | 'forks' | 'settings' | 'webhookSecret'
  > &
    Pick<ProjectRecord, 'reportError'>
>

/** A webhook that was taken in. */
export interface GitDelivery {
  readonly projectId: string
  /** whichever of these is known already, the delivery is */
  readonly deliveryIds: readonly string[]
  readonly nowMs: number
}

/** Projects in the store. */
export type ProjectStore = ReturnType<typeof createProjectStore>

/** Makes the part of the store that has projects. */
export function createProjectStore(db: Kysely<Tables>) {
  const all = () => db.selectFrom('previewProjects').selectAll()

  return {
    /** Writes a new one. `full`: the organization has as many as it may; `known`: it has one of the repository. */
    async insert(project: ProjectRecord, most: number): Promise<'done' | 'full' | 'known'> {
      const { organizationId } = project
      return db.transaction().execute(async (transaction) => {
        // The row of the organization stands for the count: two at once wait for each other.
        await transaction
          .updateTable('organizations')
          .set({ id: organizationId })
          .where('id', '=', organizationId)
          .execute()
        const { held } = await transaction
          .selectFrom('previewProjects')
          .select(({ fn }) => fn.countAll<number>().as('held'))
          .where('organizationId', '=', organizationId)
          .executeTakeFirstOrThrow()
        const known = await transaction
          .selectFrom('previewProjects')
          .select('id')
          .where('organizationId', '=', organizationId)
          .where('repositoryKey', '=', project.repositoryKey)
          .executeTakeFirst()
        if (known !== undefined) return 'known'
        if (Number(held) >= most) return 'full'
        await transaction.insertInto('previewProjects').values(toRow(project)).execute()
        return 'done'
      })
    },

    /** All of an organization, the newest first. */
    async of(organizationId: string): Promise<ProjectRecord[]> {
      const rows = await all()
        .where('organizationId', '=', organizationId)
        .orderBy('createdAtMs', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(toRecord)
    },

    /** By id; in one organization when it is given. */
    async byId(id: string, organizationId?: string): Promise<ProjectRecord | undefined> {
      let select = all().where('id', '=', id)
      if (organizationId !== undefined) select = select.where('organizationId', '=', organizationId)
      return recordOf(await select.executeTakeFirst())
    },

    async byRepository(organizationId: string, repositoryKey: string): Promise<ProjectRecord | undefined> {
      return recordOf(
        await all()
          .where('organizationId', '=', organizationId)
          .where('repositoryKey', '=', repositoryKey)
          .executeTakeFirst(),
      )
    },

    /**
     * Changes a project as `patch` says of what it is now; `undefined` when it is gone, or goes. It is asked again where
     * somebody else has changed it meanwhile.
     */
    async change(
      id: string,
      patch: (project: ProjectRecord) => ProjectPatch,
      nowMs: number,
    ): Promise<ProjectRecord | undefined> {
      for (;;) {
        const before = await all().where('id', '=', id).where('isLeaving', '=', 0).executeTakeFirst()
        if (before === undefined) return undefined
        const row = await db
          .updateTable('previewProjects')
          // Later than before, so that whoever has read the row before does not write over this.
          .set({ ...toColumns(patch(toRecord(before))), updatedAtMs: Math.max(nowMs, Number(before.updatedAtMs) + 1) })
          .where('id', '=', id)
          .where('isLeaving', '=', 0)
          .where('updatedAtMs', '=', before.updatedAtMs)
          .returningAll()
          .executeTakeFirst()
        if (row !== undefined) return toRecord(row)
      }
    },

    /** Notes that nothing is to be told the git host any more, with what the project has for that now. */
    async noteReportError(project: ProjectRecord, reportError: string): Promise<void> {
      await db
        .updateTable('previewProjects')
        .set({ reportError })
        .where('id', '=', project.id)
        .where('updatedAtMs', '=', project.updatedAtMs)
        .execute()
    },

    /** Notes that it goes; from here on it gets no environment and does not change. */
    async leave(id: string): Promise<void> {
      await db.updateTable('previewProjects').set({ isLeaving: 1 }).where('id', '=', id).execute()
    },

    /** Those that go, in the order of their ids; only those after this one. */
    async leaving(afterId: string, most: number): Promise<ProjectRecord[]> {
      const rows = await all().where('isLeaving', '=', 1).where('id', '>', afterId).orderBy('id').limit(most).execute()
      return rows.map(toRecord)
    },

    /** Removes one that goes and has no environment; `false` while it has. */
    async delete(id: string): Promise<boolean> {
      const removed = await db
        .deleteFrom('previewProjects')
        .where('id', '=', id)
        .where('isLeaving', '=', 1)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('previewEnvironments').select('id').where('projectId', '=', id))),
        )
        .returning('id')
        .executeTakeFirst()
      return removed !== undefined
    },

    /** Notes a webhook that changes nothing else; `false` when it was, as far as it matters, taken in before. */
    async takeIn(delivery: GitDelivery): Promise<boolean> {
      return db.transaction().execute((transaction) => noteDelivery(transaction, delivery))
    },

    /** Forgets that a webhook was taken in. */
    async forgetDelivery({ projectId, deliveryIds }: GitDelivery): Promise<void> {
      await db
        .deleteFrom('gitDeliveries')
        .where('projectId', '=', projectId)
        .where('deliveryId', 'in', deliveryIds)
        .execute()
    },

    /** Forgets webhooks that came before this time. */
    async purgeDeliveries(beforeMs: number): Promise<void> {
      await db.deleteFrom('gitDeliveries').where('receivedAtMs', '<', beforeMs).execute()
    },
  }
}

/** Within a transaction: notes a webhook; `false`, and then the transaction has to end, when it was taken in before. */
export async function noteDelivery(
  db: Kysely<Tables>,
  { projectId, deliveryIds, nowMs }: GitDelivery,
): Promise<boolean> {
  // Also what two that come at the same time wait for.
  await db.updateTable('previewProjects').set({ lastWebhookAtMs: nowMs }).where('id', '=', projectId).execute()
  const noted = await db
    .insertInto('gitDeliveries')
    .values(deliveryIds.map((deliveryId) => ({ projectId, deliveryId, receivedAtMs: nowMs })))
    .onConflict((conflict) => conflict.columns(['projectId', 'deliveryId']).doNothing())
    .returning('deliveryId')
    .execute()
  return noted.length === deliveryIds.length
}

/** Within the transaction that makes an environment: throws CONFLICT for a project that goes, or is gone. */
export async function claimProject(db: Kysely<Tables>, projectId: string): Promise<void> {
  const claimed = await db
    .updateTable('previewProjects')
    .set({ isLeaving: 0 })
    .where('id', '=', projectId)
    .where('isLeaving', '=', 0)
    .returning('id')
    .executeTakeFirst()
  if (claimed === undefined) throw new PlatformError('CONFLICT', `Project ${projectId} is being deleted`)
}

function recordOf(row: ProjectTable | undefined): ProjectRecord | undefined {
  return row === undefined ? undefined : toRecord(row)
}

function toRecord(row: ProjectTable): ProjectRecord {
  return {
    ...row,
    forks: row.forks === 1,
    isLeaving: row.isLeaving === 1,
    settings: JSON.parse(row.settings) as ServingSettings,
  }
}

function toRow(project: ProjectRecord): Insertable<ProjectTable> {
  return {
    ...project,
    forks: Number(project.forks),
    isLeaving: Number(project.isLeaving),
    settings: JSON.stringify(project.settings),
  }
}

function toColumns({ forks, settings, ...plain }: ProjectPatch): Partial<ProjectTable> {
  return {
    ...plain,
    ...(forks === undefined ? {} : { forks: Number(forks) }),
    ...(settings === undefined ? {} : { settings: JSON.stringify(settings) }),
  }
}
