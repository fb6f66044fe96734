import type { Permission } from '@sandyard/protocol'
import type { Kysely } from 'kysely'
import type { ApiKeyTable, Tables } from './tables.ts'

/** An organization. */
export interface OrganizationRecord {
  readonly id: string
  readonly name: string
  readonly createdBy: string
  readonly createdAtMs: number
}

/** An API key, without its value. */
export interface ApiKeyRecord {
  readonly id: string
  readonly organizationId: string
  readonly userId: string
  readonly name: string
  /** hex SHA-256 of the value */
  readonly hash: string
  readonly masked: string
  readonly permissions: readonly Permission[]
  /** the key from the configuration; it cannot be deleted */
  readonly isAdmin: boolean
  readonly createdAtMs: number
  readonly lastUsedAtMs: number | null
  readonly expiresAtMs: number | null
}

/** Users, organizations and keys in the store. */
export type AccountStore = ReturnType<typeof createAccountStore>

/** Makes the account part of the store. */
export function createAccountStore(db: Kysely<Tables>) {
  return {
    async organization(id: string): Promise<OrganizationRecord | undefined> {
      return db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
    },

    /** Writes an organization with the user who made it and a first key, all or nothing; a known user stays. */
    async insertOrganization(organization: OrganizationRecord, key: ApiKeyRecord): Promise<void> {
      const { createdBy: id, createdAtMs } = organization
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('users')
          .values({ id, name: id, createdAtMs })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
        await transaction.insertInto('organizations').values(organization).execute()
        await transaction.insertInto('apiKeys').values(toKeyRow(key)).execute()
      })
    },

    /** The key from the configuration, as it was at the last start. */
    async adminKey(): Promise<ApiKeyRecord | undefined> {
      const row = await db.selectFrom('apiKeys').selectAll().where('isAdmin', '=', 1).executeTakeFirst()
      return row === undefined ? undefined : toKey(row)
    },

    /** Writes a key; `false` when its user has one of this name, or the value is known already. */
    async insertKey(key: ApiKeyRecord): Promise<boolean> {
      const inserted = await db
        .insertInto('apiKeys')
        .values(toKeyRow(key))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    /** Gives the key another value. */
    async replaceKeyValue(id: string, value: { hash: string; masked: string }): Promise<void> {
      await db.updateTable('apiKeys').set(value).where('id', '=', id).execute()
    },

    async keyByHash(hash: string): Promise<ApiKeyRecord | undefined> {
      const row = await db.selectFrom('apiKeys').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row === undefined ? undefined : toKey(row)
    },

    /** Keys of an organization, oldest first. */
    async keys(organizationId: string): Promise<ApiKeyRecord[]> {
      const rows = await db
        .selectFrom('apiKeys')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .orderBy('createdAtMs')
        .orderBy('name')
        .execute()
      return rows.map(toKey)
    },

    async deleteKey(id: string): Promise<void> {
      await db.deleteFrom('apiKeys').where('id', '=', id).execute()
    },

    /** Writes last uses, epoch ms by key id. */
    async touchKeys(uses: ReadonlyMap<string, number>): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        for (const [id, lastUsedAtMs] of uses) {
          await transaction.updateTable('apiKeys').set({ lastUsedAtMs }).where('id', '=', id).execute()
        }
      })
    },
  }
}

function toKey(row: ApiKeyTable): ApiKeyRecord {
  return { ...row, permissions: JSON.parse(row.permissions) as Permission[], isAdmin: row.isAdmin === 1 }
}

function toKeyRow(key: ApiKeyRecord): ApiKeyTable {
  return { ...key, permissions: JSON.stringify(key.permissions), isAdmin: Number(key.isAdmin) }
}
