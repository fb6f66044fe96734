import type { Kysely } from 'kysely'
import type { DomainTable } from './domain-tables.ts'
import type { Tables } from './tables.ts'

/** A domain of a user, attached to a port of a sandbox. */
export type DomainRecord = Readonly<Omit<DomainTable, 'activeDomain'>>

/** What a check changes. */
export type DomainPatch = Pick<DomainRecord, 'state' | 'reason' | 'checks' | 'nextCheckAtMs'> &
  Partial<Pick<DomainRecord, 'checkedAtMs' | 'provenAtMs'>>

/** Domains in the store. */
export type DomainStore = ReturnType<typeof createDomainStore>

/** Makes the part of the store that has the domains of users. */
export function createDomainStore(db: Kysely<Tables>) {
  const all = () => db.selectFrom('customDomains').selectAll()

  return {
    /**
     * Attaches a domain, or moves the one that the organization has to another port with its proof. Answers `full` when
     * the organization would have more than `most`.
     */
    async attach(domain: DomainRecord, most: number): Promise<DomainRecord | 'full'> {
      const { organizationId, sandboxId, port, updatedAtMs } = domain
      return db.transaction().execute(async (transaction) => {
        // The row of the organization stands for the count: two that attach at once wait for each other.
        await transaction
          .updateTable('organizations')
          .set({ id: organizationId })
          .where('id', '=', organizationId)
          .execute()
        const moved = await transaction
          .updateTable('customDomains')
          .set({ sandboxId, port, updatedAtMs })
          .where('organizationId', '=', organizationId)
          .where('domain', '=', domain.domain)
          .returningAll()
          .executeTakeFirst()
        if (moved !== undefined) return toDomain(moved)
        const { held } = await transaction
          .selectFrom('customDomains')
          .select(({ fn }) => fn.countAll<number>().as('held'))
          .where('organizationId', '=', organizationId)
          .executeTakeFirstOrThrow()
        if (Number(held) >= most) return 'full'
        await transaction
          .insertInto('customDomains')
          .values({ ...domain, activeDomain: null })
          .execute()
        return domain
      })
    },

    async ofOrganization(organizationId: string): Promise<DomainRecord[]> {
      return (await all().where('organizationId', '=', organizationId).orderBy('domain').execute()).map(toDomain)
    },

    async find(organizationId: string, domain: string): Promise<DomainRecord | undefined> {
      const row = await all()
        .where('organizationId', '=', organizationId)
        .where('domain', '=', domain)
        .executeTakeFirst()
      return row === undefined ? undefined : toDomain(row)
    },

    /** Who has this domain now. */
    async holder(domain: string): Promise<DomainRecord | undefined> {
      const row = await all().where('activeDomain', '=', domain).executeTakeFirst()
      return row === undefined ? undefined : toDomain(row)
    },

    async active(): Promise<DomainRecord[]> {
      return (await all().where('activeDomain', 'is not', null).execute()).map(toDomain)
    },

    /** Those that are to be checked by now, the longest waiting first. */
    async due(nowMs: number, most: number): Promise<DomainRecord[]> {
      const rows = await all().where('nextCheckAtMs', '<=', nowMs).orderBy('nextCheckAtMs').limit(most).execute()
      return rows.map(toDomain)
    },

    /**
     * Writes what came of a check, unless the row has another state by now or another organization has the domain.
     * Answers the row as it is then; undefined: nothing was written.
     */
    async settle(before: DomainRecord, patch: DomainPatch, nowMs: number): Promise<DomainRecord | undefined> {
      const activeDomain = patch.state === 'active' ? before.domain : null
      return db.transaction().execute(async (transaction) => {
        if (activeDomain !== null) {
          const other = await transaction
            .selectFrom('customDomains')
            .select('id')
            .where('activeDomain', '=', activeDomain)
            .where('id', '!=', before.id)
            .executeTakeFirst()
          if (other !== undefined) return undefined
        }
        const row = await transaction
          .updateTable('customDomains')
          .set({ ...patch, activeDomain, updatedAtMs: nowMs })
          .where('id', '=', before.id)
          .where('state', '=', before.state)
          .returningAll()
          .executeTakeFirst()
        return row === undefined ? undefined : toDomain(row)
      })
    },

    /** Removes a domain of a sandbox; `false` when it has none of this name. */
    async remove(sandboxId: string, domain: string): Promise<boolean> {
      const removed = await db
        .deleteFrom('customDomains')
        .where('sandboxId', '=', sandboxId)
        .where('domain', '=', domain)
        .returning('id')
        .executeTakeFirst()
      return removed !== undefined
    },

    /** Removes those of sandboxes that are gone, or about to be. Tells whether there were any. */
    async removeOrphans(): Promise<boolean> {
      const gone = db.selectFrom('sandboxes').select('id').where('desiredState', '=', 'destroyed')
      const removed = await db.deleteFrom('customDomains').where('sandboxId', 'in', gone).returning('id').execute()
      return removed.length > 0
    },
  }
}

function toDomain({ activeDomain: _, ...row }: DomainTable): DomainRecord {
  return row
}
