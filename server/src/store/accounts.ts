import type { Permission } from '@sandyard/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { ApiKeyTable, OrganizationTable, Tables } from './tables.ts'

/** An organization. */
export interface OrganizationRecord {
  readonly id: string
  readonly name: string
  readonly createdBy: string
  readonly isPersonal: boolean
  readonly defaultRegionId: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly suspendedAtMs: number | null
  readonly suspendedUntilMs: number | null
  readonly suspensionReason: string | null
  readonly suspensionGraceHours: number
  /** whether browsers are warned before previews; null: as the platform does */
  readonly previewWarning: boolean | null
}

/** What makes an organization. */
export type NewOrganization = Pick<OrganizationRecord, 'id' | 'name' | 'createdBy' | 'createdAtMs'> &
  Partial<Pick<OrganizationRecord, 'isPersonal' | 'defaultRegionId'>>

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

/** Organizations and keys in the store. */
export type AccountStore = ReturnType<typeof createAccountStore>

/** Makes the account part of the store. */
export function createAccountStore(db: Kysely<Tables>) {
  return {
    /** Undefined also when it has been deleted. */
    async organization(id: string): Promise<OrganizationRecord | undefined> {
      const row = await db
        .selectFrom('organizations')
        .selectAll()
        .where('id', '=', id)
        .where('deletedAtMs', 'is', null)
        .executeTakeFirst()
      return row === undefined ? undefined : toOrganization(row)
    },

    /** Writes an organization with its owner and a first key, all or nothing; a known user stays as it is. */
    async insertOrganization(organization: NewOrganization, key: ApiKeyRecord): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('users')
          .values({
            id: organization.createdBy,
            name: organization.createdBy,
            createdAtMs: organization.createdAtMs,
            isEmailVerified: 0,
            isAdmin: Number(key.isAdmin),
            login: key.isAdmin ? organization.createdBy : null,
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
        await addOrganization(transaction, organization)
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

    /** Gives the key another value and other permissions. */
    async replaceKey(id: string, value: Pick<ApiKeyRecord, 'hash' | 'masked' | 'permissions'>): Promise<void> {
      const permissions = JSON.stringify(value.permissions)
      await db
        .updateTable('apiKeys')
        .set({ hash: value.hash, masked: value.masked, permissions })
        .where('id', '=', id)
        .execute()
    },

    async keyByHash(hash: string): Promise<ApiKeyRecord | undefined> {
      const row = await db.selectFrom('apiKeys').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row === undefined ? undefined : toKey(row)
    },

    async keyById(id: string): Promise<ApiKeyRecord | undefined> {
      const row = await db.selectFrom('apiKeys').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toKey(row)
    },

    /** Keys of an organization, or of one user there, oldest first; more than ten thousand are not listed. */
    async keys(organizationId: string, userId?: string): Promise<ApiKeyRecord[]> {
      const all = db.selectFrom('apiKeys').selectAll().where('organizationId', '=', organizationId)
      const chosen = userId === undefined ? all : all.where('userId', '=', userId)
      const rows = await chosen.orderBy('createdAtMs').orderBy('name').limit(10_000).execute()
      return rows.map(toKey)
    },

    async keyByName(organizationId: string, userId: string, name: string): Promise<ApiKeyRecord | undefined> {
      const row = await db
        .selectFrom('apiKeys')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .where('userId', '=', userId)
        .where('name', '=', name)
        .executeTakeFirst()
      return row === undefined ? undefined : toKey(row)
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

/** Writes an organization, and its maker as its owner. */
export async function addOrganization(db: Transaction<Tables>, organization: NewOrganization): Promise<void> {
  const { id, name, createdBy, createdAtMs, isPersonal = true, defaultRegionId = null } = organization
  await db
    .insertInto('organizations')
    .values({
      id,
      name,
      createdBy,
      isPersonal: Number(isPersonal),
      defaultRegionId,
      createdAtMs,
      updatedAtMs: createdAtMs,
      suspensionGraceHours: 24,
    })
    .execute()
  await db
    .insertInto('organizationMembers')
    .values({
      organizationId: id,
      userId: createdBy,
      role: 'owner',
      roleIds: '[]',
      createdAtMs,
      updatedAtMs: createdAtMs,
    })
    .execute()
}

/** The record of a row. */
export function toOrganization({ deletedAtMs: _, ...row }: OrganizationTable): OrganizationRecord {
  const previewWarning = row.previewWarning === null ? null : row.previewWarning === 1
  return { ...row, isPersonal: row.isPersonal === 1, previewWarning }
}

function toKey(row: ApiKeyTable): ApiKeyRecord {
  return { ...row, permissions: JSON.parse(row.permissions) as Permission[], isAdmin: row.isAdmin === 1 }
}

function toKeyRow(key: ApiKeyRecord): ApiKeyTable {
  return { ...key, permissions: JSON.stringify(key.permissions), isAdmin: Number(key.isAdmin) }
}
