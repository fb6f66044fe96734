import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { AuditTable, Tables } from './tables.ts'

/** An entry of the audit log. */
export type AuditEntry = Readonly<AuditTable>

/** Columns that a listing can be filtered by. */
export const auditColumns = [
  'id',
  'actorId',
  'actorEmail',
  'actorApiKeyPrefix',
  'actorApiKeySuffix',
  'action',
  'targetType',
  'targetId',
  'statusCode',
  'createdAtMs',
] as const satisfies readonly (keyof AuditTable)[]

/** One condition on an entry. */
export interface AuditFilter {
  readonly column: (typeof auditColumns)[number]
  /** `in` and `not in` take several values, the others the first one */
  readonly operator: '=' | '!=' | 'in' | 'not in' | '>=' | '<=' | '>' | '<'
  readonly values: readonly (string | number)[]
}

/** A place in the log: what comes after it is older. */
export interface AuditPosition {
  readonly createdAtMs: number
  readonly id: string
}

/** A listing, the newest first; without an organization it is of all. */
export interface AuditQuery {
  readonly organizationId: string | undefined
  readonly filters: readonly AuditFilter[]
}

/** Entries per statement. */
const entriesPerInsert = 200

/** The audit log in the store. */
export type AuditStore = ReturnType<typeof createAuditStore>

/** Makes the part of the store with the audit log. */
export function createAuditStore(db: Kysely<Tables>) {
  return {
    /** Writes entries, all or none. */
    async insert(entries: readonly AuditEntry[]): Promise<void> {
      if (entries.length <= entriesPerInsert) {
        await db.insertInto('auditLog').values(entries).execute()
        return
      }
      await db.transaction().execute(async (transaction) => {
        for (let from = 0; from < entries.length; from += entriesPerInsert) {
          await transaction
            .insertInto('auditLog')
            .values(entries.slice(from, from + entriesPerInsert))
            .execute()
        }
      })
    },

    /** One page, from a position or after so many entries. */
    async page(
      query: AuditQuery,
      { limit, offset, after }: { limit: number; offset: number; after: AuditPosition | undefined },
    ): Promise<AuditEntry[]> {
      let select = matching(db, query).selectAll().orderBy('createdAtMs', 'desc').orderBy('id', 'desc').limit(limit)
      if (after === undefined) return select.offset(offset).execute()
      select = select
        .where('createdAtMs', '<=', after.createdAtMs)
        .where((where) => where.or([where('createdAtMs', '<', after.createdAtMs), where('id', '<', after.id)]))
      return select.execute()
    },

    /** How many entries there are, counted up to `most`. */
    async count(query: AuditQuery, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(matching(db, query).select('id').limit(most).as('found'))
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** Removes the oldest entries of an organization, null: of none, beyond the newest `kept`, at most so many; answers how many. */
    async trim(organizationId: string | null, kept: number, limit: number): Promise<number> {
      const own = db
        .selectFrom('auditLog')
        .where('organizationId', organizationId === null ? 'is' : '=', organizationId)
      const first = await own
        .select(['createdAtMs', 'id'])
        .orderBy('createdAtMs', 'desc')
        .orderBy('id', 'desc')
        .offset(kept)
        .limit(1)
        .executeTakeFirst()
      if (first === undefined) return 0
      const removed = await db
        .deleteFrom('auditLog')
        .where(
          'id',
          'in',
          own
            .select('id')
            .where('createdAtMs', '<=', first.createdAtMs)
            .where((where) => where.or([where('createdAtMs', '<', first.createdAtMs), where('id', '<=', first.id)]))
            .limit(limit),
        )
        .executeTakeFirst()
      return Number(removed.numDeletedRows)
    },

    /** Removes entries from before, at most so many; answers how many. */
    async purge(beforeMs: number, limit: number): Promise<number> {
      const removed = await db
        .deleteFrom('auditLog')
        .where('id', 'in', (inner) =>
          inner
            .selectFrom('auditLog')
            .select('id')
            .where('createdAtMs', '<', beforeMs)
            .orderBy('createdAtMs')
            .limit(limit),
        )
        .executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}

function matching(db: Kysely<Tables>, { organizationId, filters }: AuditQuery) {
  let select = db.selectFrom('auditLog')
  if (organizationId !== undefined) select = select.where('organizationId', '=', organizationId)
  for (const filter of filters) select = select.where(condition(filter))
  return select
}

/** What has no value is not equal to one. */
function condition({ column, operator, values }: AuditFilter): Expression<SqlBool> {
  const name = sql.ref(column)
  const list = sql`(${sql.join(values)})`
  switch (operator) {
    case 'in':
      return sql<SqlBool>`${name} in ${list}`
    case 'not in':
      return sql<SqlBool>`(${name} is null or ${name} not in ${list})`
    case '!=':
      return sql<SqlBool>`(${name} is null or ${name} != ${values[0]})`
    default:
      return sql<SqlBool>`${name} ${sql.raw(operator)} ${values[0]}`
  }
}
