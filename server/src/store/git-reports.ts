import type { Kysely } from 'kysely'
import type { ReportTable } from './environment-tables.ts'
import type { Tables } from './tables.ts'

/** What was told the git host of an environment. */
export type ReportRecord = Readonly<ReportTable>

/** Reports to git hosts in the store. */
export type GitReportStore = ReturnType<typeof createGitReportStore>

/** Makes the part of the store that knows what git hosts were told. */
export function createGitReportStore(db: Kysely<Tables>) {
  return {
    async byEnvironment(environmentId: string): Promise<ReportRecord | undefined> {
      const row = await db
        .selectFrom('gitReports')
        .selectAll()
        .where('environmentId', '=', environmentId)
        .executeTakeFirst()
      return row === undefined ? undefined : toReport(row)
    },

    /** Writes what was told; nothing happens when the project is gone. */
    async save(report: ReportRecord): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        const project = await transaction
          .selectFrom('previewProjects')
          .select('id')
          .where('id', '=', report.projectId)
          .executeTakeFirst()
        if (project === undefined) return
        const { environmentId, ...values } = report
        await transaction
          .insertInto('gitReports')
          .values(report)
          .onConflict((conflict) => conflict.column('environmentId').doUpdateSet(values))
          .execute()
      })
    },

    async remove(environmentId: string): Promise<void> {
      await db.deleteFrom('gitReports').where('environmentId', '=', environmentId).execute()
    },

    /** Environments of which something could not be told, and those that are gone; as far as it is their time. */
    async due(nowMs: number, most: number): Promise<string[]> {
      const rows = await db
        .selectFrom('gitReports')
        .select('environmentId')
        .where('nextAtMs', '<=', nowMs)
        .where(({ or, eb, not, exists, selectFrom }) =>
          or([
            eb('attempts', '>', 0),
            not(
              exists(
                selectFrom('previewEnvironments')
                  .select('previewEnvironments.id')
                  .whereRef('previewEnvironments.id', '=', 'gitReports.environmentId'),
              ),
            ),
          ]),
        )
        .orderBy('nextAtMs')
        .limit(most)
        .execute()
      return rows.map(({ environmentId }) => environmentId)
    },

    /** True while something is known of an environment of the project, and was not tried so often to no end. */
    async hasAny(projectId: string, tries: number): Promise<boolean> {
      const row = await db
        .selectFrom('gitReports')
        .select('environmentId')
        .where('projectId', '=', projectId)
        .where('attempts', '<', tries)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Environments of projects that report, in the order of their ids, after this one. */
    async reported(afterId: string, most: number): Promise<string[]> {
      const rows = await db
        .selectFrom('previewEnvironments')
        .innerJoin('previewProjects', 'previewProjects.id', 'previewEnvironments.projectId')
        .select('previewEnvironments.id')
        .where('previewEnvironments.id', '>', afterId)
        .where('previewProjects.reporting', '!=', 'none')
        .where('previewProjects.token', 'is not', null)
        .where('previewProjects.reportError', 'is', null)
        .orderBy('previewEnvironments.id')
        .limit(most)
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

function toReport(row: ReportTable): ReportRecord {
  return { ...row, nextAtMs: Number(row.nextAtMs) }
}
