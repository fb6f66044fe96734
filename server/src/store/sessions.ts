import type { Kysely } from 'kysely'
import type { SessionTable, Tables } from './tables.ts'

/** A signed-in user; only the hash of the token is stored. */
export type SessionRecord = Readonly<SessionTable>

/** A token that signs in once. */
export interface LoginTokenRecord {
  /** hex SHA-256 */
  readonly hash: string
  readonly userId: string
  /** how the sessions that it opens have come to be */
  readonly method: SessionRecord['method']
  readonly expiresAtMs: number
}

/** Sessions and login tokens in the store. */
export type SessionStore = ReturnType<typeof createSessionStore>

/** Makes the session part of the store. */
export function createSessionStore(db: Kysely<Tables>) {
  return {
    /** Writes a session; the user's oldest ones beyond `most` end. */
    async insert(session: SessionRecord, most: number): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.insertInto('sessions').values(session).execute()
        const kept = transaction
          .selectFrom('sessions')
          .select('id')
          .where('userId', '=', session.userId)
          .orderBy('createdAtMs', 'desc')
          .orderBy('id')
          .limit(most)
        await transaction
          .deleteFrom('sessions')
          .where('userId', '=', session.userId)
          .where('id', '!=', session.id)
          .where('id', 'not in', kept)
          .execute()
      })
    },

    async byId(id: string): Promise<SessionRecord | undefined> {
      return db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
    },

    async byHash(hash: string): Promise<SessionRecord | undefined> {
      return db.selectFrom('sessions').selectAll().where('hash', '=', hash).executeTakeFirst()
    },

    /** Gives a session another token; `false` when it has another one already, or is over. */
    async replace(
      id: string,
      token: { readonly from: string; readonly to: string; readonly expiresAtMs: number },
    ): Promise<boolean> {
      const changed = await db
        .updateTable('sessions')
        .set({ hash: token.to, expiresAtMs: token.expiresAtMs })
        .where('id', '=', id)
        .where('hash', '=', token.from)
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    },

    async remove(id: string): Promise<void> {
      await db.deleteFrom('sessions').where('id', '=', id).execute()
    },

    /** Ends all sessions and login tokens of a user. */
    async removeOfUser(userId: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('loginTokens').where('userId', '=', userId).execute()
        await transaction.deleteFrom('sessions').where('userId', '=', userId).execute()
      })
    },

    async insertLoginToken(token: LoginTokenRecord): Promise<void> {
      await db.insertInto('loginTokens').values(token).execute()
    },

    /** Takes a login token away; only one of those who ask at once gets it. */
    async takeLoginToken(hash: string): Promise<LoginTokenRecord | undefined> {
      return db.deleteFrom('loginTokens').where('hash', '=', hash).returningAll().executeTakeFirst()
    },

    /** Removes what has expired. */
    async purge(nowMs: number): Promise<void> {
      await db.deleteFrom('sessions').where('expiresAtMs', '<=', nowMs).execute()
      await db.deleteFrom('loginTokens').where('expiresAtMs', '<=', nowMs).execute()
    },
  }
}
