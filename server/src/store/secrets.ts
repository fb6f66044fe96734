import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Guard } from './guard.ts'
import type { SecretMount } from './sandbox-record.ts'
import { detachSecret, noteUntoldOf, sandboxesWith, selectUntold } from './sandbox-secrets.ts'
import type { SecretTable } from './secret-tables.ts'
import type { Tables } from './tables.ts'

/** A secret of an organization, its value sealed. */
export interface SecretRecord extends Readonly<Omit<SecretTable, 'nameFolded' | 'hosts'>> {
  readonly hosts: readonly string[]
}

/** What can change of a secret. */
export type SecretPatch = Partial<Pick<SecretRecord, 'description' | 'value' | 'hosts'>>

/** What listings can be sorted by. */
export type SecretSort = 'name' | 'createdAtMs' | 'updatedAtMs'

/** A page of a listing. */
export interface SecretPageQuery {
  readonly limit: number
  readonly sort: SecretSort
  readonly order: 'asc' | 'desc'
  /** the last row of the page before */
  readonly after: { readonly sortValue: string | number; readonly id: string } | undefined
  /** part of the name, lower case */
  readonly namePart: string | undefined
}

/** A sandbox that may ask for values, with its organization's standing. */
export interface SecretHolder {
  readonly organizationId: string
  readonly suspendedAtMs: number | null
  readonly suspendedUntilMs: number | null
}

/** Secrets in the store. */
export type SecretStore = ReturnType<typeof createSecretStore>

/** Makes the part of the store that has secrets. */
export function createSecretStore(db: Kysely<Tables>) {
  const of = (organizationId: string) => db.selectFrom('secrets').where('organizationId', '=', organizationId)

  return {
    ...selectUntold(db),

    /** Writes a new one; `false` when the organization has one of the name. */
    async insert(secret: SecretRecord, guard?: Guard): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const inserted = await transaction
          .insertInto('secrets')
          .values({ ...secret, nameFolded: secret.name.toLowerCase(), hosts: JSON.stringify(secret.hosts) })
          .onConflict((conflict) => conflict.columns(['organizationId', 'name']).doNothing())
          .returning('id')
          .executeTakeFirst()
        if (inserted === undefined) return false
        await guard?.(transaction)
        return true
      })
    },

    async byId(organizationId: string, id: string): Promise<SecretRecord | undefined> {
      const row = await of(organizationId).selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toSecret(row)
    },

    /** Those of an organization that have one of the names. */
    async named(organizationId: string, names: readonly string[]): Promise<SecretRecord[]> {
      if (names.length === 0) return []
      return (await of(organizationId).selectAll().where('name', 'in', names).execute()).map(toSecret)
    },

    /** Those of these ids that are there. */
    async withIds(ids: readonly string[]): Promise<SecretRecord[]> {
      if (ids.length === 0) return []
      return (await db.selectFrom('secrets').selectAll().where('id', 'in', ids).execute()).map(toSecret)
    },

    /** One page of a listing. */
    async page(organizationId: string, query: SecretPageQuery): Promise<SecretRecord[]> {
      const { sort, order, after, namePart, limit } = query
      const beyond = order === 'asc' ? '>' : '<'
      let select = of(organizationId).selectAll().orderBy(sort, order).orderBy('id', order).limit(limit)
      if (namePart !== undefined) select = select.where(contains(namePart))
      if (after !== undefined) {
        select = select.where((where) =>
          where.or([
            where(sort, beyond, after.sortValue),
            where.and([where(sort, '=', after.sortValue), where('id', beyond, after.id)]),
          ]),
        )
      }
      return (await select.execute()).map(toSecret)
    },

    /** How many there are in all pages. */
    async count(organizationId: string, namePart?: string): Promise<number> {
      let select = of(organizationId).select(({ fn }) => fn.countAll<number | string>().as('count'))
      if (namePart !== undefined) select = select.where(contains(namePart))
      return Number((await select.executeTakeFirstOrThrow()).count)
    },

    /**
     * Changes one; `undefined` when it is gone. When its hosts change, the engine is to be told of the sandboxes that are
     * answered.
     */
    async update(
      { organizationId, id }: Pick<SecretRecord, 'organizationId' | 'id'>,
      { hosts, ...plain }: SecretPatch,
      nowMs: number,
    ): Promise<{ readonly secret: SecretRecord; readonly sandboxIds: readonly string[] } | undefined> {
      return db.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable('secrets')
          .set({
            ...plain,
            ...(hosts === undefined ? {} : { hosts: JSON.stringify(hosts) }),
            updatedAtMs: nowMs,
          })
          .where('id', '=', id)
          .where('organizationId', '=', organizationId)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        const sandboxIds = hosts === undefined ? [] : await noteUntoldOf(transaction, id)
        return { secret: toSecret(row), sandboxIds }
      })
    },

    /** Deletes one and takes it from the sandboxes that are answered; `undefined` when it is gone. */
    async delete(organizationId: string, id: string): Promise<readonly string[] | undefined> {
      return db.transaction().execute(async (transaction) => {
        const deleted = await transaction
          .deleteFrom('secrets')
          .where('id', '=', id)
          .where('organizationId', '=', organizationId)
          .returning('id')
          .executeTakeFirst()
        return deleted === undefined ? undefined : detachSecret(transaction, id)
      })
    },

    /** The organization that a sandbox works for; `undefined` for a sandbox that is gone or going. */
    async holder(sandboxId: string): Promise<SecretHolder | undefined> {
      return db
        .selectFrom('sandboxes')
        .innerJoin('organizations', 'organizations.id', 'sandboxes.organizationId')
        .select(['sandboxes.organizationId', 'suspendedAtMs', 'suspendedUntilMs'])
        .where('sandboxes.id', '=', sandboxId)
        .where('sandboxes.state', 'not in', ['destroying', 'destroyed'])
        .where('organizations.deletedAtMs', 'is', null)
        .executeTakeFirst()
    },

    /** Sandboxes that have one, by name, and how many there are in all; those on their way out do not count. */
    async holders(secretId: string, limit: number) {
      const having = () => sandboxesWith(db, secretId)
      const rows = await having()
        .select(['sandboxes.id', 'sandboxes.name', 'sandboxes.state', 'sandboxes.secrets'])
        .orderBy('sandboxes.name')
        .orderBy('sandboxes.id')
        .limit(limit)
        .execute()
      const { total } = await having()
        .select(({ fn }) => fn.countAll<number | string>().as('total'))
        .executeTakeFirstOrThrow()
      const items = rows.map(({ secrets, ...rest }) => ({
        ...rest,
        variables: (JSON.parse(secrets) as SecretMount[])
          .filter((one) => one.secretId === secretId)
          .map(({ env }) => env),
      }))
      return { items, total: Number(total) }
    },

    /** Those that a sandbox has; never another organization's. */
    async heldBy(sandboxId: string, organizationId: string): Promise<SecretRecord[]> {
      const rows = await db
        .selectFrom('sandboxSecrets')
        .innerJoin('secrets', 'secrets.id', 'sandboxSecrets.secretId')
        .selectAll('secrets')
        .where('sandboxSecrets.sandboxId', '=', sandboxId)
        .where('secrets.organizationId', '=', organizationId)
        .execute()
      return rows.map(toSecret)
    },
  }
}

function toSecret({ nameFolded: _, ...row }: SecretTable): SecretRecord {
  return { ...row, hosts: JSON.parse(row.hosts) as string[] }
}

function contains(namePart: string) {
  const pattern = `%${namePart.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`${sql.ref('nameFolded')} like ${pattern} escape '\\'`
}
