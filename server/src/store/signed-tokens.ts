import type { Kysely } from 'kysely'
import type { SignedTokenTable, Tables } from './tables.ts'

/** A token that opens one port for a while; only its hash is stored. */
export type SignedTokenRecord = Readonly<SignedTokenTable>

/** Signed preview tokens in the store. */
export type SignedTokenStore = ReturnType<typeof createSignedTokenStore>

/** Makes the signed token part of the store. */
export function createSignedTokenStore(db: Kysely<Tables>) {
  return {
    async insert(token: SignedTokenRecord): Promise<void> {
      await db.insertInto('signedPreviewTokens').values(token).execute()
    },

    async byHash(hash: string): Promise<SignedTokenRecord | undefined> {
      return db.selectFrom('signedPreviewTokens').selectAll().where('hash', '=', hash).executeTakeFirst()
    },

    /** Removes a token of this sandbox and port; `false` when there is none. */
    async remove(token: Pick<SignedTokenRecord, 'hash' | 'sandboxId' | 'port'>): Promise<boolean> {
      const removed = await db
        .deleteFrom('signedPreviewTokens')
        .where('hash', '=', token.hash)
        .where('sandboxId', '=', token.sandboxId)
        .where('port', '=', token.port)
        .returning('hash')
        .executeTakeFirst()
      return removed !== undefined
    },

    /** Removes what has expired. */
    async purge(nowMs: number): Promise<void> {
      await db.deleteFrom('signedPreviewTokens').where('expiresAtMs', '<', nowMs).execute()
    },
  }
}
