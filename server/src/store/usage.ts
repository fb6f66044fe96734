import type { Resources, SandboxSpec } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import { add, noUse, useOf } from '../quotas/use.ts'
import type { SandboxRecord, WantedChange } from './sandbox-record.ts'
import type { Tables, UsagePeriodTable } from './tables.ts'

/** A time in which a sandbox took the same. */
export type UsagePeriod = Readonly<UsagePeriodTable>

/** Periods of an organization that overlap a time, epoch ms; the end is not part of it. */
export interface PeriodQuery {
  readonly organizationId: string
  readonly fromMs: number
  readonly toMs: number
  readonly sandboxId: string | undefined
}

/** What all periods of a query come to, each cut to the query's time. */
export interface UsageTotals {
  readonly periods: number
  readonly cpuMs: number
  readonly memoryGibMs: number
  readonly diskGibMs: number
}

/** Use over time in the store. */
export type UsageStore = ReturnType<typeof createUsageStore>

/** Makes the part of the store that knows what is and was in use. */
export function createUsageStore(db: Kysely<Tables>) {
  return {
    /** What an organization takes now, by region. */
    byRegion: (organizationId: string) => sumUse(db, organizationId),

    /** One page of periods, the newest first. */
    async periods(query: PeriodQuery, page: { limit: number; offset: number }): Promise<UsagePeriod[]> {
      return overlapping(db, query)
        .selectAll()
        .orderBy('startAtMs', 'desc')
        .orderBy('sandboxId', 'desc')
        .limit(page.limit)
        .offset(page.offset)
        .execute()
    },

    /** The sum of all periods; one that goes on counts until `nowMs`. */
    async totals(query: PeriodQuery, nowMs: number): Promise<UsageTotals> {
      const [start, end] = [sql.ref('startAtMs'), sql.ref('endAtMs')]
      const from = sql`case when ${start} < ${query.fromMs} then ${query.fromMs} else ${start} end`
      const last = Math.min(query.toMs, nowMs)
      const to = sql`case when ${end} is null or ${end} > ${last} then ${last} else ${end} end`
      const length = sql`case when (${to}) > (${from}) then (${to}) - (${from}) else 0 end`
      const row = await overlapping(db, query)
        .select([
          sql<number | string>`count(*)`.as('periods'),
          sql<number | string | null>`sum(cpu * (${length}))`.as('cpuMs'),
          sql<number | string | null>`sum(${sql.ref('memoryGib')} * (${length}))`.as('memoryGibMs'),
          sql<number | string | null>`sum(${sql.ref('diskGib')} * (${length}))`.as('diskGibMs'),
        ])
        .executeTakeFirstOrThrow()
      return {
        periods: Number(row.periods),
        cpuMs: Number(row.cpuMs ?? 0),
        memoryGibMs: Number(row.memoryGibMs ?? 0),
        diskGibMs: Number(row.diskGibMs ?? 0),
      }
    },

    /** Removes periods that ended before, at most so many; answers how many. */
    async purge(beforeMs: number, limit: number): Promise<number> {
      const removed = await db
        .deleteFrom('usagePeriods')
        .where((where) =>
          where(where.refTuple('sandboxId', 'startAtMs'), 'in', (inner) =>
            inner
              .selectFrom('usagePeriods')
              .select(['sandboxId', 'startAtMs'])
              .where('endAtMs', '<', beforeMs)
              .limit(limit)
              .$asTuple('sandboxId', 'startAtMs'),
          ),
        )
        .executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}

/** What an organization takes, by region: its sandboxes, and those made ahead for it. */
export async function sumUse(db: Kysely<Tables>, organizationId: string): Promise<Map<string, Resources>> {
  const sums = new Map<string, Resources>()
  const count = (region: string, use: Resources) => void sums.set(region, add(sums.get(region) ?? noUse, use))
  // Grouped by all that decides how much counts, so that the groups can be weighed one by one.
  const groups = await db
    .selectFrom('sandboxes')
    .select([
      'region',
      'state',
      'desiredState',
      sql<number | string>`sum(cpu)`.as('cpu'),
      sql<number | string>`sum(${sql.ref('memoryGib')})`.as('memoryGib'),
      sql<number | string>`sum(${sql.ref('diskGib')})`.as('diskGib'),
    ])
    .where('organizationId', '=', organizationId)
    .where('state', 'not in', ['destroyed', 'resizing'])
    .groupBy(['region', 'state', 'desiredState'])
    .execute()
  for (const group of groups) {
    const { region, state, desiredState } = group
    const sum = { cpu: Number(group.cpu), memoryGib: Number(group.memoryGib), diskGib: Number(group.diskGib) }
    count(region, useOf({ state, desiredState, ...sum }))
  }
  const resizing = await db
    .selectFrom('sandboxes')
    .select(['region', 'state', 'desiredState', 'cpu', 'memoryGib', 'diskGib', 'wanted'])
    .where('organizationId', '=', organizationId)
    .where('state', '=', 'resizing')
    .execute()
  for (const { wanted, ...row } of resizing) {
    count(row.region, useOf({ ...row, wanted: wanted === null ? null : (JSON.parse(wanted) as WantedChange) }))
  }
  const warm = await db
    .selectFrom('warmSandboxes')
    .select('spec')
    .where('organizationId', '=', organizationId)
    .execute()
  for (const { spec } of warm) {
    const { env, cpu, memoryGib, diskGib } = JSON.parse(spec) as SandboxSpec
    count(env.DAYTONA_REGION_ID ?? '', { cpu, memoryGib, diskGib })
  }
  return sums
}

/** Notes what the sandbox takes from now on; nothing is written when that is what it took before. */
export async function notePeriod(db: Kysely<Tables>, sandbox: SandboxRecord, nowMs: number): Promise<void> {
  const { id: sandboxId, organizationId, region } = sandbox
  const use = useOf(sandbox)
  const open = await db
    .selectFrom('usagePeriods')
    .select(['startAtMs', 'cpu', 'memoryGib', 'diskGib'])
    .where('sandboxId', '=', sandboxId)
    .where('endAtMs', 'is', null)
    .executeTakeFirst()
  if (isSame(open ?? noUse, use)) return
  if (open !== undefined) {
    const ofIt = { sandboxId, startAtMs: Number(open.startAtMs) }
    if (ofIt.startAtMs >= nowMs) {
      await db.deleteFrom('usagePeriods').where('sandboxId', '=', sandboxId).where('endAtMs', 'is', null).execute()
    } else {
      await db
        .updateTable('usagePeriods')
        .set({ endAtMs: nowMs })
        .where('sandboxId', '=', sandboxId)
        .where('startAtMs', '=', ofIt.startAtMs)
        .execute()
    }
  }
  if (isSame(use, noUse)) return
  // A clock that was put back must not make two periods of one moment.
  const startAtMs = open === undefined ? nowMs : Math.max(nowMs, Number(open.startAtMs))
  await db
    .insertInto('usagePeriods')
    .values({ sandboxId, startAtMs, endAtMs: null, organizationId, region, ...use })
    .onConflict((conflict) => conflict.columns(['sandboxId', 'startAtMs']).doUpdateSet({ endAtMs: null, ...use }))
    .execute()
}

function isSame(a: Resources, b: Resources): boolean {
  return a.cpu === b.cpu && a.memoryGib === b.memoryGib && a.diskGib === b.diskGib
}

function overlapping(db: Kysely<Tables>, { organizationId, fromMs, toMs, sandboxId }: PeriodQuery) {
  const select = db
    .selectFrom('usagePeriods')
    .where('organizationId', '=', organizationId)
    .where('startAtMs', '<', toMs)
    .where((where) => where.or([where('endAtMs', 'is', null), where('endAtMs', '>', fromMs)]))
  return sandboxId === undefined ? select : select.where('sandboxId', '=', sandboxId)
}
