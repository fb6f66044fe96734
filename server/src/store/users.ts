import type { Kysely } from 'kysely'
import type { Tables, UserTable } from './tables.ts'

/** Somebody who may sign in. */
export interface UserRecord {
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly isEmailVerified: boolean
  /** what is typed beside the password, folded; null for users of the OIDC issuer */
  readonly login: string | null
  readonly passwordHash: string | null
  /** administrator of the platform */
  readonly isAdmin: boolean
  readonly createdAtMs: number
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
  }
}

function toUser(row: UserTable): UserRecord {
  return { ...row, isEmailVerified: row.isEmailVerified === 1, isAdmin: row.isAdmin === 1 }
}
