import type { Kysely } from 'kysely'
import type { RegistryTable, Tables } from './tables.ts'

/** Login at an image registry, its password sealed. */
export type RegistryRecord = Readonly<RegistryTable>

/** What can change of a registry. */
export type RegistryPatch = Partial<Pick<RegistryRecord, 'name' | 'url' | 'username' | 'password' | 'project'>>

/** Registries in the store. */
export type RegistryStore = ReturnType<typeof createRegistryStore>

/** Makes the part of the store that has registries. */
export function createRegistryStore(db: Kysely<Tables>) {
  return {
    /** Writes one, unless the organization has `most` already (`false`). */
    async insert(registry: RegistryRecord, most: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const { total } = await transaction
          .selectFrom('dockerRegistries')
          .select((count) => count.fn.countAll<number | string>().as('total'))
          .where('organizationId', '=', registry.organizationId)
          .executeTakeFirstOrThrow()
        if (Number(total) >= most) return false
        await transaction.insertInto('dockerRegistries').values(registry).execute()
        return true
      })
    },

    /** All of an organization, the oldest first; `insert` bounds them. */
    async of(organizationId: string): Promise<RegistryRecord[]> {
      return db
        .selectFrom('dockerRegistries')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .orderBy('createdAtMs')
        .orderBy('id')
        .execute()
    },

    async byId(organizationId: string, id: string): Promise<RegistryRecord | undefined> {
      return db
        .selectFrom('dockerRegistries')
        .selectAll()
        .where('id', '=', id)
        .where('organizationId', '=', organizationId)
        .executeTakeFirst()
    },

    /** Changes one; `undefined` when it is gone. */
    async update(id: string, patch: RegistryPatch, nowMs: number): Promise<RegistryRecord | undefined> {
      return db
        .updateTable('dockerRegistries')
        .set({ ...patch, updatedAtMs: nowMs })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('dockerRegistries').where('id', '=', id).execute()
    },
  }
}
