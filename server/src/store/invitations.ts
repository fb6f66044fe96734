import type { Kysely } from 'kysely'
import { lockOrganization } from './members.ts'
import type { InvitationTable, Tables } from './tables.ts'

/** An invitation. */
export interface InvitationRecord extends Readonly<Omit<InvitationTable, 'roleIds'>> {
  readonly roleIds: readonly string[]
}

/** An invitation with the name of its organization. */
export type NamedInvitation = InvitationRecord & { readonly organizationName: string }

/** Most members of an organization, and most organizations of a user. */
interface Most {
  readonly members: number
  readonly memberships: number
}

/** Invitations in the store. */
export type InvitationStore = ReturnType<typeof createInvitationStore>

/** Makes the invitation part of the store. */
export function createInvitationStore(db: Kysely<Tables>) {
  /** Those that still wait for an answer. */
  const pending = (nowMs: number) =>
    db
      .selectFrom('organizationInvitations as invitation')
      .innerJoin('organizations as organization', 'organization.id', 'invitation.organizationId')
      .selectAll('invitation')
      .select('organization.name as organizationName')
      .where('status', '=', 'pending')
      .where('expiresAtMs', '>', nowMs)
      .where('organization.deletedAtMs', 'is', null)

  return {
    async byId(id: string): Promise<NamedInvitation | undefined> {
      const row = await db
        .selectFrom('organizationInvitations as invitation')
        .innerJoin('organizations as organization', 'organization.id', 'invitation.organizationId')
        .selectAll('invitation')
        .select('organization.name as organizationName')
        .where('invitation.id', '=', id)
        .where('organization.deletedAtMs', 'is', null)
        .executeTakeFirst()
      return row === undefined ? undefined : named(row)
    },

    /** Pending ones of an organization, the oldest first. */
    async ofOrganization(organizationId: string, nowMs: number): Promise<NamedInvitation[]> {
      const rows = await pending(nowMs)
        .where('organizationId', '=', organizationId)
        .orderBy('invitation.createdAtMs')
        .orderBy('invitation.id')
        .execute()
      return rows.map(named)
    },

    /** Pending ones for an email, the oldest first. */
    async forEmail(email: string, nowMs: number, most: number): Promise<NamedInvitation[]> {
      const rows = await pending(nowMs)
        .where('email', '=', email)
        .orderBy('invitation.createdAtMs')
        .orderBy('invitation.id')
        .limit(most)
        .execute()
      return rows.map(named)
    },

    /** Writes an invitation, unless its email is a member's or has a pending one, or there are `most` pending ones. */
    async insert(invitation: InvitationRecord, most: number): Promise<'inserted' | 'member' | 'invited' | 'full'> {
      const { organizationId, email, createdAtMs } = invitation
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, organizationId, createdAtMs)
        const member = await transaction
          .selectFrom('organizationMembers')
          .innerJoin('users', 'users.id', 'organizationMembers.userId')
          .select('users.id')
          .where('organizationId', '=', organizationId)
          .where('users.email', '=', email)
          .executeTakeFirst()
        if (member !== undefined) return 'member'
        const open = await transaction
          .selectFrom('organizationInvitations')
          .select('email')
          .where('organizationId', '=', organizationId)
          .where('status', '=', 'pending')
          .where('expiresAtMs', '>', createdAtMs)
          .execute()
        if (open.some((other) => other.email === email)) return 'invited'
        if (open.length >= most) return 'full'
        // What is over is of no use to anybody, and would add up.
        await transaction
          .deleteFrom('organizationInvitations')
          .where('organizationId', '=', organizationId)
          .where(({ or, eb }) => or([eb('status', '!=', 'pending'), eb('expiresAtMs', '<=', createdAtMs)]))
          .execute()
        const row = { ...invitation, roleIds: JSON.stringify(invitation.roleIds) }
        await transaction.insertInto('organizationInvitations').values(row).execute()
        return 'inserted'
      })
    },

    /** Changes what a pending invitation gives; `false` when it is not pending. */
    async change(
      id: string,
      change: Pick<InvitationRecord, 'role' | 'roleIds' | 'expiresAtMs' | 'updatedAtMs'>,
    ): Promise<boolean> {
      const changed = await db
        .updateTable('organizationInvitations')
        .set({ ...change, roleIds: JSON.stringify(change.roleIds) })
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    /** Ends a pending invitation; `false` when it is not pending. */
    async settle(id: string, status: 'declined' | 'cancelled', nowMs: number): Promise<boolean> {
      const changed = await db
        .updateTable('organizationInvitations')
        .set({ status, updatedAtMs: nowMs })
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    /** Makes a user a member by a pending invitation, once; a member stays as it is. */
    async accept(
      invitation: InvitationRecord,
      userId: string,
      { nowMs, most }: { readonly nowMs: number; readonly most: Most },
    ): Promise<'accepted' | 'over' | 'full'> {
      const { id, organizationId } = invitation
      return db.transaction().execute(async (transaction) => {
        await lockOrganization(transaction, organizationId, nowMs)
        const count = async (column: 'organizationId' | 'userId', value: string): Promise<number> => {
          const { held } = await transaction
            .selectFrom('organizationMembers')
            .select(({ fn }) => fn.countAll<number>().as('held'))
            .where(column, '=', value)
            .executeTakeFirstOrThrow()
          return Number(held)
        }
        if ((await count('organizationId', organizationId)) >= most.members) return 'full'
        if ((await count('userId', userId)) >= most.memberships) return 'full'
        const taken = await transaction
          .updateTable('organizationInvitations')
          .set({ status: 'accepted', updatedAtMs: nowMs })
          .where('id', '=', id)
          .where('status', '=', 'pending')
          .where('expiresAtMs', '>', nowMs)
          .returningAll()
          .executeTakeFirst()
        if (taken === undefined) return 'over'
        await transaction
          .insertInto('organizationMembers')
          .values({
            organizationId,
            userId,
            role: taken.role,
            roleIds: taken.roleIds,
            createdAtMs: nowMs,
            updatedAtMs: nowMs,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return 'accepted'
      })
    },
  }
}

function named(row: InvitationTable & { organizationName: string }): NamedInvitation {
  return { ...row, roleIds: JSON.parse(row.roleIds) as string[] }
}
