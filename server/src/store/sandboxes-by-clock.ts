import { restingStates, type SandboxState } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import { type SandboxSummary, summaryColumns, toSummary } from './sandbox-record.ts'
import type { Tables } from './tables.ts'

const minuteMs = 60_000

/** Intervals that count from the last activity. */
type Interval = 'autoStopMinutes' | 'autoPauseMinutes' | 'autoArchiveMinutes' | 'autoDeleteMinutes'

/** Sandboxes whose time for something has come. */
export function selectByClock(db: Kysely<Tables>) {
  function select(states: readonly SandboxState[], limit: number) {
    return db.selectFrom('sandboxes').select(summaryColumns).where('state', 'in', states).limit(limit)
  }

  const isOver = (interval: Interval, nowMs: number) =>
    sql<boolean>`${sql.ref('lastActivityAtMs')} + ${sql.ref(interval)} * ${minuteMs} < ${nowMs}`

  return {
    /** Started ones without activity for longer than their interval of automatic stop. */
    async idle(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const rows = select(['started'], limit).where('autoStopMinutes', '>', 0).where(isOver('autoStopMinutes', nowMs))
      return (await rows.execute()).map(toSummary)
    },

    /** Started ones without activity for longer than their interval of automatic pause. */
    async pausable(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const rows = select(['started'], limit).where('autoPauseMinutes', '>', 0).where(isOver('autoPauseMinutes', nowMs))
      return (await rows.execute()).map(toSummary)
    },

    /** Stopped ones whose time to be archived has come; those that would be deleted at a stop wait for that. */
    async archivable(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const rows = select(['stopped'], limit)
        .where('autoDeleteMinutes', '!=', 0)
        .where(isOver('autoArchiveMinutes', nowMs))
      return (await rows.execute()).map(toSummary)
    },

    /** Stopped and archived ones whose time to be deleted has come. */
    async expired(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const rows = select(['stopped', 'archived'], limit)
        .where('autoDeleteMinutes', '>=', 0)
        .where(isOver('autoDeleteMinutes', nowMs + 1))
      return (await rows.execute()).map(toSummary)
    },

    /** Those that are up in an organization whose suspension has lasted longer than its grace period. */
    async suspended(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const organizations = db
        .selectFrom('organizations')
        .select('id')
        .where(sql<boolean>`${sql.ref('suspendedAtMs')} + ${sql.ref('suspensionGraceHours')} * 3600000 <= ${nowMs}`)
        .where(({ or, eb }) => or([eb('suspendedUntilMs', 'is', null), eb('suspendedUntilMs', '>', nowMs)]))
      const rows = select(['started', 'paused'], limit).where('organizationId', 'in', organizations)
      return (await rows.execute()).map(toSummary)
    },

    /** Those that were made while their organization was being deleted. */
    async orphaned(limit: number): Promise<SandboxSummary[]> {
      const organizations = db.selectFrom('organizations').select('id').where('deletedAtMs', 'is not', null)
      const living = [...restingStates].filter((state) => state !== 'destroyed')
      const rows = select(living, limit).where('organizationId', 'in', organizations)
      return (await rows.execute()).map(toSummary)
    },

    /** Those that are linked to a sandbox that is gone or on its way out. */
    async leaderless(limit: number): Promise<SandboxSummary[]> {
      const living = [...restingStates].filter((state) => state !== 'destroyed')
      const rows = select(living, limit)
        .where('linkedSandboxId', 'is not', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('sandboxes as leader')
                .select('leader.id')
                .whereRef('leader.id', '=', 'sandboxes.linkedSandboxId')
                .where('leader.state', 'not in', ['destroying', 'destroyed']),
            ),
          ),
        )
      return (await rows.execute()).map(toSummary)
    },

    /** Those that must not outlive this moment, whatever their state at rest. */
    async ended(nowMs: number, limit: number): Promise<SandboxSummary[]> {
      const living = [...restingStates].filter((state) => state !== 'destroyed')
      const rows = select(living, limit).where('autoDestroyAtMs', '<=', nowMs)
      return (await rows.execute()).map(toSummary)
    },
  }
}
