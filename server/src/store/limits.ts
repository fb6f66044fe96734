import { type Kysely, sql } from 'kysely'
import type { OrganizationLimitTable, RegionQuotaTable, Tables } from './tables.ts'

/** Limits of one organization; null: the platform's own holds. */
export type OrganizationLimits = Readonly<Omit<OrganizationLimitTable, 'organizationId' | 'revision'>>

/** Limits of one organization in one region. */
export type RegionQuotaRecord = Readonly<RegionQuotaTable>

/** What names the limits of an organization in a region. */
export type RegionQuotaKey = Pick<RegionQuotaRecord, 'organizationId' | 'regionId' | 'sandboxClass'>

/** Snapshot states that count (api.md 5); one that is being saved counts as one that is being pulled. */
const countedSnapshotStates = ['building', 'pending', 'pulling', 'active', 'snapshotting'] as const

/** Limits of organizations in the store. */
export type LimitStore = ReturnType<typeof createLimitStore>

/** Makes the part of the store with limits. */
export function createLimitStore(db: Kysely<Tables>) {
  return {
    organization: (organizationId: string) => organizationLimits(db, organizationId),

    /** Changes what is given. */
    async changeOrganization(organizationId: string, change: Partial<OrganizationLimits>): Promise<void> {
      await db
        .insertInto('organizationLimits')
        .values({ organizationId, revision: 0, ...change })
        .onConflict((conflict) =>
          conflict
            .column('organizationId')
            .doUpdateSet({ revision: sql`${sql.ref('organizationLimits.revision')} + 1`, ...change }),
        )
        .execute()
    },

    region: (key: RegionQuotaKey) => regionQuota(db, key),

    /** `false` when there is one. */
    async insertRegion(quota: RegionQuotaRecord): Promise<boolean> {
      const inserted = await db
        .insertInto('regionQuotas')
        .values(quota)
        .onConflict((conflict) => conflict.columns(['organizationId', 'regionId', 'sandboxClass']).doNothing())
        .returning('regionId')
        .executeTakeFirst()
      return inserted !== undefined
    },

    /** Changes what is given; a quota that is not there is made. */
    async changeRegion(key: RegionQuotaKey, change: Partial<RegionQuotaRecord>): Promise<void> {
      await db
        .insertInto('regionQuotas')
        .values({ ...change, ...key })
        .onConflict((conflict) =>
          conflict.columns(['organizationId', 'regionId', 'sandboxClass']).doUpdateSet({ ...change, ...key }),
        )
        .execute()
    },

    /** `false` when there is none. */
    async deleteRegion({ organizationId, regionId, sandboxClass }: RegionQuotaKey): Promise<boolean> {
      const removed = await db
        .deleteFrom('regionQuotas')
        .where('organizationId', '=', organizationId)
        .where('regionId', '=', regionId)
        .where('sandboxClass', '=', sandboxClass)
        .returning('regionId')
        .executeTakeFirst()
      return removed !== undefined
    },

    countSnapshots: (organizationId: string) => countSnapshots(db, organizationId),
    countVolumes: (organizationId: string) => countVolumes(db, organizationId),
  }
}

/** What is set for an organization. */
export async function organizationLimits(
  db: Kysely<Tables>,
  organizationId: string,
): Promise<Partial<OrganizationLimits>> {
  const row = await db
    .selectFrom('organizationLimits')
    .selectAll()
    .where('organizationId', '=', organizationId)
    .executeTakeFirst()
  return row ?? {}
}

/** What is set for an organization in a region. */
export async function regionQuota(db: Kysely<Tables>, key: RegionQuotaKey): Promise<RegionQuotaRecord | undefined> {
  return db
    .selectFrom('regionQuotas')
    .selectAll()
    .where('organizationId', '=', key.organizationId)
    .where('regionId', '=', key.regionId)
    .where('sandboxClass', '=', key.sandboxClass)
    .executeTakeFirst()
}

/**
 * From here to the end of the transaction no other one counts what the organization has: a row that each of them writes
 * makes them wait for each other, also where a database runs transactions side by side.
 */
export async function lockOrganization(db: Kysely<Tables>, organizationId: string): Promise<void> {
  await db
    .insertInto('organizationLimits')
    .values({ organizationId, revision: 0 })
    .onConflict((conflict) =>
      conflict.column('organizationId').doUpdateSet({ revision: sql`${sql.ref('organizationLimits.revision')} + 1` }),
    )
    .execute()
}

/** Snapshots that count. */
export async function countSnapshots(db: Kysely<Tables>, organizationId: string): Promise<number> {
  const { count } = await db
    .selectFrom('snapshots')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('organizationId', '=', organizationId)
    .where('state', 'in', countedSnapshotStates)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * Images and saved disks that an organization has on the disks of this machine, also those that count as no snapshot:
 * inactive ones, deleted ones that a sandbox stands on, be it archived, and those kept for the next sandbox.
 */
export async function countHeld(db: Kysely<Tables>, organizationId: string): Promise<number> {
  const built = await db
    .selectFrom('builds')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('organizationId', '=', organizationId)
    .where('state', 'in', ['ready', 'removing'])
    .executeTakeFirstOrThrow()
  const saved = await db
    .selectFrom('snapshots')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('organizationId', '=', organizationId)
    .where('buildId', 'is', null)
    .where('state', '!=', 'error')
    .executeTakeFirstOrThrow()
  return Number(built.count) + Number(saved.count)
}

/** Volumes that count: all but those that are gone or failed (api.md 5). */
export async function countVolumes(db: Kysely<Tables>, organizationId: string): Promise<number> {
  const { count } = await db
    .selectFrom('volumes')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('organizationId', '=', organizationId)
    .where('state', 'not in', ['deleted', 'error'])
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Secrets of an organization. */
export async function countSecrets(db: Kysely<Tables>, organizationId: string): Promise<number> {
  const { count } = await db
    .selectFrom('secrets')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('organizationId', '=', organizationId)
    .executeTakeFirstOrThrow()
  return Number(count)
}
