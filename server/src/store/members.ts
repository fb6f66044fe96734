import type { Permission } from '@sandyard/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { MemberTable, RoleTable, Tables } from './tables.ts'

/** A user in an organization. */
export interface MemberRecord {
  readonly organizationId: string
  readonly userId: string
  readonly role: 'owner' | 'member'
  /** global ones and the organization's own; ids of deleted ones may be among them */
  readonly roleIds: readonly string[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A member with the names that listings show. */
export type NamedMember = MemberRecord & { readonly name: string; readonly email: string | null }

/** A role that an organization has made. */
export interface RoleRecord {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly description: string
  readonly permissions: readonly Permission[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Where a member belongs, and whether the organization is open. */
export interface Membership extends MemberRecord {
  readonly suspendedAtMs: number | null
  readonly suspendedUntilMs: number | null
  readonly suspensionReason: string | null
}

/** Members and roles in the store. */
export type MemberStore = ReturnType<typeof createMemberStore>

/** Makes the member part of the store. */
export function createMemberStore(db: Kysely<Tables>) {
  return {
    /** Undefined also when the organization has been deleted. */
    async membership(organizationId: string, userId: string): Promise<Membership | undefined> {
      const row = await db
        .selectFrom('organizationMembers as member')
        .innerJoin('organizations as organization', 'organization.id', 'member.organizationId')
        .selectAll('member')
        .select(['suspendedAtMs', 'suspendedUntilMs', 'suspensionReason'])
        .where('member.organizationId', '=', organizationId)
        .where('member.userId', '=', userId)
        .where('organization.deletedAtMs', 'is', null)
        .executeTakeFirst()
      return row === undefined ? undefined : { ...row, roleIds: JSON.parse(row.roleIds) as string[] }
    },

    /** Members of an organization, the oldest first. */
    async members(organizationId: string): Promise<NamedMember[]> {
      const rows = await db
        .selectFrom('organizationMembers as member')
        .innerJoin('users as user', 'user.id', 'member.userId')
        .selectAll('member')
        .select(['user.name', 'user.email'])
        .where('member.organizationId', '=', organizationId)
        .orderBy('member.createdAtMs')
        .orderBy('member.userId')
        .execute()
      return rows.map((row) => ({ ...row, roleIds: JSON.parse(row.roleIds) as string[] }))
    },

    /** Gives a member another role and other assigned roles; answers what stood in the way, if anything. */
    async changeMember(
      member: Pick<MemberRecord, 'organizationId' | 'userId' | 'role' | 'roleIds'>,
      nowMs: number,
    ): Promise<'changed' | 'absent' | 'last-owner'> {
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, member.organizationId, nowMs)
        const found = await find(transaction, member)
        if (found === undefined) return 'absent'
        if (member.role !== 'owner' && (await isLastOwner(transaction, found))) return 'last-owner'
        await transaction
          .updateTable('organizationMembers')
          .set({ role: member.role, roleIds: JSON.stringify(member.roleIds), updatedAtMs: nowMs })
          .where('organizationId', '=', member.organizationId)
          .where('userId', '=', member.userId)
          .execute()
        return 'changed'
      })
    },

    /**
     * Removes a member, the keys and the tokens that the member has there, and changes what every member can know:
     * sandboxes get another preview token, and their signing keys end.
     * @param makeToken makes a preview token
     */
    async removeMember(
      member: Pick<MemberRecord, 'organizationId' | 'userId'>,
      { nowMs, makeToken }: { readonly nowMs: number; readonly makeToken: () => string },
    ): Promise<'removed' | 'absent' | 'last-owner'> {
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, member.organizationId, nowMs)
        const found = await find(transaction, member)
        if (found === undefined) return 'absent'
        if (await isLastOwner(transaction, found)) return 'last-owner'
        for (const table of ['apiKeys', 'organizationMembers'] as const) {
          await transaction
            .deleteFrom(table)
            .where('organizationId', '=', member.organizationId)
            .where('userId', '=', member.userId)
            .execute()
        }
        await endTokens(transaction, member, makeToken)
        return 'removed'
      })
    },

    /** Roles that an organization has made, by name. */
    async roles(organizationId: string): Promise<RoleRecord[]> {
      const rows = await db
        .selectFrom('organizationRoles')
        .selectAll()
        .where('organizationId', '=', organizationId)
        .orderBy('name')
        .execute()
      return rows.map(toRole)
    },

    /** Writes a role; `false` when the organization has one of this name. */
    async insertRole(role: RoleRecord): Promise<boolean> {
      const inserted = await db
        .insertInto('organizationRoles')
        .values({ ...role, permissions: JSON.stringify(role.permissions) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return inserted !== undefined
    },

    /** Changes a role; answers it as it is then. */
    async updateRole(role: Omit<RoleRecord, 'createdAtMs'>): Promise<RoleRecord | 'absent' | 'name-taken'> {
      const { id, organizationId, name, description, updatedAtMs } = role
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, organizationId, updatedAtMs)
        const taken = await transaction
          .selectFrom('organizationRoles')
          .select('id')
          .where('organizationId', '=', organizationId)
          .where('name', '=', name)
          .where('id', '!=', id)
          .executeTakeFirst()
        if (taken !== undefined) return 'name-taken'
        const changed = await transaction
          .updateTable('organizationRoles')
          .set({ name, description, permissions: JSON.stringify(role.permissions), updatedAtMs })
          .where('organizationId', '=', organizationId)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst()
        return changed === undefined ? 'absent' : toRole(changed)
      })
    },

    /** Removes a role; who has it loses what it gave. `false` when there is none. */
    async removeRole(organizationId: string, id: string): Promise<boolean> {
      const removed = await db
        .deleteFrom('organizationRoles')
        .where('organizationId', '=', organizationId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()
      return removed !== undefined
    },
  }
}

/** Lets one transaction at a time change who belongs to an organization, in every dialect. */
export async function lockOrganization(db: Transaction<Tables>, id: string, nowMs: number): Promise<void> {
  await db.updateTable('organizations').set({ updatedAtMs: nowMs }).where('id', '=', id).execute()
}

async function endTokens(
  db: Transaction<Tables>,
  { organizationId, userId }: Pick<MemberRecord, 'organizationId' | 'userId'>,
  makeToken: () => string,
): Promise<void> {
  const own = await db
    .selectFrom('sandboxes')
    .select('id')
    .where('organizationId', '=', organizationId)
    .where('state', '!=', 'destroyed')
    .execute()
  for (const { id } of own) {
    await db
      .updateTable('sandboxes')
      .set({ previewToken: makeToken(), signingKey: null })
      .where('id', '=', id)
      .execute()
  }
  for (const table of ['signedPreviewTokens', 'sshAccesses'] as const) {
    const theirs = db.selectFrom('sandboxes').select('id').where('organizationId', '=', organizationId)
    await db.deleteFrom(table).where('userId', '=', userId).where('sandboxId', 'in', theirs).execute()
  }
}

function find(
  db: Transaction<Tables>,
  { organizationId, userId }: Pick<MemberRecord, 'organizationId' | 'userId'>,
): Promise<MemberTable | undefined> {
  return db
    .selectFrom('organizationMembers')
    .selectAll()
    .where('organizationId', '=', organizationId)
    .where('userId', '=', userId)
    .executeTakeFirst()
}

async function isLastOwner(db: Transaction<Tables>, { organizationId, role }: MemberTable): Promise<boolean> {
  if (role !== 'owner') return false
  const { owners } = await db
    .selectFrom('organizationMembers')
    .select(({ fn }) => fn.countAll<number>().as('owners'))
    .where('organizationId', '=', organizationId)
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow()
  return Number(owners) === 1
}

function toRole(row: RoleTable): RoleRecord {
  return { ...row, permissions: JSON.parse(row.permissions) as Permission[] }
}
