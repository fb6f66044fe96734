import { waitingStates } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import { type SandboxRecord, toRecord } from './sandbox-record.ts'
import type { Tables } from './tables.ts'

/** Who was forked from whom, who is linked to whom, and who stands on which snapshot. */
export function selectFamily(db: Kysely<Tables>) {
  const children = (parentId: string) => db.selectFrom('sandboxes').selectAll().where('parentId', '=', parentId)

  return {
    /** Forks of a sandbox, newest first. */
    async forks(parentId: string, includeDestroyed: boolean, limit: number): Promise<SandboxRecord[]> {
      let select = children(parentId).orderBy('createdAtMs', 'desc').orderBy('id').limit(limit)
      if (!includeDestroyed) select = select.where('state', '!=', 'destroyed')
      return (await select.execute()).map(toRecord)
    },

    /** True when a fork of the sandbox is there that nobody has deleted. */
    async hasForks(parentId: string): Promise<boolean> {
      const row = await children(parentId).where('desiredState', '!=', 'destroyed').limit(1).executeTakeFirst()
      return row !== undefined
    },

    /** The fork of the sandbox that is not made yet. */
    async unmadeFork(parentId: string): Promise<SandboxRecord | undefined> {
      const row = await children(parentId).where('state', '=', 'creating').executeTakeFirst()
      return row === undefined ? undefined : toRecord(row)
    },

    /** Those that are linked to a sandbox and that nobody has deleted. */
    async followers(sandboxId: string, limit: number): Promise<SandboxRecord[]> {
      const rows = await db
        .selectFrom('sandboxes')
        .selectAll()
        .where('linkedSandboxId', '=', sandboxId)
        .where('desiredState', '!=', 'destroyed')
        .limit(limit)
        .execute()
      return rows.map(toRecord)
    },

    /** Those that wait for a build. */
    async waitingFor(buildId: string): Promise<SandboxRecord[]> {
      const rows = await db
        .selectFrom('sandboxes')
        .selectAll()
        .where('snapshotRef', '=', buildId)
        .where('state', 'in', [...waitingStates])
        .execute()
      return rows.map(toRecord)
    },

    /** True when a sandbox stands on what the engine calls so. */
    async standsOn(snapshotRef: string): Promise<boolean> {
      const row = await db
        .selectFrom('sandboxes')
        .select('id')
        .where('snapshotRef', '=', snapshotRef)
        .where('state', '!=', 'destroyed')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
