import type { Kysely } from 'kysely'
import { addOrganization, type NewOrganization } from './accounts.ts'
import type { Tables, UserTable } from './tables.ts'

/** Somebody who may sign in. */
export interface UserRecord {
  readonly id: string
  readonly name: string
  /** folded */
  readonly email: string | null
  readonly isEmailVerified: boolean
  /** what is typed beside the password, folded; null for users of the OIDC issuer */
  readonly login: string | null
  readonly passwordHash: string | null
  /** administrator of the platform */
  readonly isAdmin: boolean
  readonly createdAtMs: number
}

/** Who the OIDC issuer says a user is. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

/** Users in the store. */
export type UserStore = ReturnType<typeof createUserStore>

/** Makes the user part of the store. */
export function createUserStore(db: Kysely<Tables>) {
  return {
    async byId(id: string): Promise<UserRecord | undefined> {
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toUser(row)
    },

    async byLogin(login: string): Promise<UserRecord | undefined> {
      const row = await db.selectFrom('users').selectAll().where('login', '=', login).executeTakeFirst()
      return row === undefined ? undefined : toUser(row)
    },

    async byIdentity({ issuer, subject }: Identity): Promise<UserRecord | undefined> {
      const row = await db
        .selectFrom('users')
        .innerJoin('userIdentities', 'userIdentities.userId', 'users.id')
        .selectAll('users')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row === undefined ? undefined : toUser(row)
    },

    /** Users, the oldest first. */
    async page(offset: number, limit: number): Promise<UserRecord[]> {
      const rows = await db
        .selectFrom('users')
        .selectAll()
        .orderBy('createdAtMs')
        .orderBy('id')
        .limit(limit)
        .offset(offset)
        .execute()
      return rows.map(toUser)
    },

    /** Writes a user with a first organization, all or nothing; `false` when id, login or identity is another's. */
    async insert(user: UserRecord, organization: NewOrganization, identity: Identity | null = null): Promise<boolean> {
      const taken = new Error('taken')
      const inserting = db.transaction().execute(async (transaction) => {
        const row = { ...user, isEmailVerified: Number(user.isEmailVerified), isAdmin: Number(user.isAdmin) }
        const inserted = await transaction
          .insertInto('users')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst()
        if (inserted === undefined) throw taken
        await addOrganization(transaction, organization)
        if (identity === null) return
        const linked = await transaction
          .insertInto('userIdentities')
          .values({ ...identity, userId: user.id })
          .onConflict((conflict) => conflict.doNothing())
          .returning('userId')
          .executeTakeFirst()
        if (linked === undefined) throw taken
      })
      try {
        await inserting
        return true
      } catch (thrown) {
        if (thrown === taken) return false
        throw thrown
      }
    },

    /** Writes the hash of the password that the user has anyway. */
    async setPasswordHash(id: string, passwordHash: string): Promise<void> {
      await db.updateTable('users').set({ passwordHash }).where('id', '=', id).execute()
    },

    /** Gives a user another password and ends all sessions and login tokens of the user but the session `keptId`. */
    async changePassword(id: string, passwordHash: string, keptId: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.updateTable('users').set({ passwordHash }).where('id', '=', id).execute()
        await transaction.deleteFrom('loginTokens').where('userId', '=', id).execute()
        await transaction.deleteFrom('sessions').where('userId', '=', id).where('id', '!=', keptId).execute()
      })
    },

    /** Takes over what the OIDC issuer says of a user. */
    async setProfile(id: string, profile: Pick<UserRecord, 'name' | 'email' | 'isEmailVerified'>): Promise<void> {
      const { name, email, isEmailVerified } = profile
      await db
        .updateTable('users')
        .set({ name, email, isEmailVerified: Number(isEmailVerified) })
        .where('id', '=', id)
        .execute()
    },
  }
}

function toUser(row: UserTable): UserRecord {
  return { ...row, isEmailVerified: row.isEmailVerified === 1, isAdmin: row.isAdmin === 1 }
}
