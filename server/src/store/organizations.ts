import type { Kysely, Transaction } from 'kysely'
import { addOrganization, type NewOrganization, type OrganizationRecord, toOrganization } from './accounts.ts'
import { lockOrganization } from './members.ts'
import type { Tables } from './tables.ts'

/** What keeps an organization from being deleted, and how much of it there is. */
export interface Contents {
  readonly sandboxes: number
  readonly snapshots: number
  readonly volumes: number
  readonly previews: number
}

/** Why and until when an organization is suspended. */
export type Suspension = Pick<
  OrganizationRecord,
  'suspendedAtMs' | 'suspendedUntilMs' | 'suspensionReason' | 'suspensionGraceHours'
>

/** Organizations in the store. */
export type OrganizationStore = ReturnType<typeof createOrganizationStore>

/** Makes the organization part of the store. */
export function createOrganizationStore(db: Kysely<Tables>) {
  return {
    /** Organizations that a user belongs to, the oldest first. */
    async ofUser(userId: string): Promise<OrganizationRecord[]> {
      const rows = await db
        .selectFrom('organizations')
        .innerJoin('organizationMembers as member', 'member.organizationId', 'organizations.id')
        .selectAll('organizations')
        .where('member.userId', '=', userId)
        .where('deletedAtMs', 'is', null)
        .orderBy('organizations.createdAtMs')
        .orderBy('organizations.id')
        .execute()
      return rows.map(toOrganization)
    },

    /** Organizations of the platform, the oldest first; deleted ones are left out. */
    async page(offset: number, limit: number): Promise<OrganizationRecord[]> {
      const rows = await db
        .selectFrom('organizations')
        .selectAll()
        .where('deletedAtMs', 'is', null)
        .orderBy('createdAtMs')
        .orderBy('id')
        .limit(limit)
        .offset(offset)
        .execute()
      return rows.map(toOrganization)
    },

    /** Writes an organization; `false` when its maker has made `most` already, deleted ones not counted. */
    async insert(organization: NewOrganization, most: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        // One transaction at a time counts those of a user: the row of the user stands for them.
        await transaction
          .updateTable('users')
          .set({ id: organization.createdBy })
          .where('id', '=', organization.createdBy)
          .execute()
        const { made } = await transaction
          .selectFrom('organizations')
          .select(({ fn }) => fn.countAll<number>().as('made'))
          .where('createdBy', '=', organization.createdBy)
          .where('deletedAtMs', 'is', null)
          .executeTakeFirstOrThrow()
        if (Number(made) >= most) return false
        await addOrganization(transaction, organization)
        return true
      })
    },

    /** Sets the default region of an organization that has none; `false` when it has one. */
    async setDefaultRegion(id: string, defaultRegionId: string, nowMs: number): Promise<boolean> {
      const changed = await db
        .updateTable('organizations')
        .set({ defaultRegionId, updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('defaultRegionId', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    /** Suspends an organization, or ends that; `false` when there is none. */
    async suspend(id: string, suspension: Suspension, nowMs: number): Promise<boolean> {
      const changed = await db
        .updateTable('organizations')
        .set({ ...suspension, updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('deletedAtMs', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    /** Chooses whether browsers are warned before previews; `false` when there is no such organization. */
    async setPreviewWarning(id: string, isOn: boolean, nowMs: number): Promise<boolean> {
      const changed = await db
        .updateTable('organizations')
        .set({ previewWarning: Number(isOn), updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('deletedAtMs', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    /**
     * Deletes an organization that holds nothing, with its members, keys, registries, secrets, webhooks and pools; answers
     * what it still holds otherwise. Its row stays, for all that tells of it.
     */
    async delete(id: string, nowMs: number): Promise<Contents | null> {
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, id, nowMs)
        const contents = await contentsOf(transaction, id)
        if (Object.values<number>({ ...contents }).some((count) => count > 0)) return contents
        await transaction.updateTable('organizations').set({ deletedAtMs: nowMs }).where('id', '=', id).execute()
        for (const table of [
          'apiKeys',
          'organizationMembers',
          'organizationRoles',
          'organizationInvitations',
          'dockerRegistries',
          'secrets',
          'webhookEndpoints',
          'warmPools',
          'customDomains',
        ] as const) {
          await transaction.deleteFrom(table).where('organizationId', '=', id).execute()
        }
        // Their caches, and what is to be told of them, go before their rows.
        await transaction
          .updateTable('previewProjects')
          .set({ isLeaving: 1 })
          .where('organizationId', '=', id)
          .execute()
        return null
      })
    },
  }
}

async function contentsOf(db: Transaction<Tables>, id: string): Promise<Contents> {
  const previews = await db
    .selectFrom('previewEnvironments')
    .select(({ fn }) => fn.countAll<number>().as('held'))
    .where('organizationId', '=', id)
    .executeTakeFirstOrThrow()
  const count = async (table: 'sandboxes' | 'snapshots' | 'volumes', gone: string): Promise<number> => {
    const { held } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('held'))
      .where('organizationId', '=', id)
      .where('state', '!=', gone as never)
      .executeTakeFirstOrThrow()
    return Number(held)
  }
  return {
    sandboxes: await count('sandboxes', 'destroyed'),
    snapshots: await count('snapshots', ''),
    volumes: await count('volumes', 'deleted'),
    previews: Number(previews.held),
  }
}
