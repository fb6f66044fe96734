import type { Kysely } from 'kysely'
import type { SshAccessTable, Tables } from './tables.ts'

/** A token that opens a sandbox by SSH; only its hash is stored. */
export type SshAccessRecord = Readonly<SshAccessTable>

/** Tokens for SSH in the store. */
export type SshAccessStore = ReturnType<typeof createSshAccessStore>

/** Makes the part of the store that has the tokens for SSH. */
export function createSshAccessStore(db: Kysely<Tables>) {
  return {
    /** Adds a token; of more than `most` of one sandbox the oldest end. Tells whether some did. */
    async insert(access: SshAccessRecord, most: number): Promise<boolean> {
      return await db.transaction().execute(async (transaction) => {
        await transaction.insertInto('sshAccesses').values(access).execute()
        const kept = transaction
          .selectFrom('sshAccesses')
          .select('id')
          .where('sandboxId', '=', access.sandboxId)
          .orderBy('createdAtMs', 'desc')
          .orderBy('id')
          .limit(most)
        const ids = (await kept.execute()).map(({ id }) => id)
        const ended = await transaction
          .deleteFrom('sshAccesses')
          .where('sandboxId', '=', access.sandboxId)
          .where('id', 'not in', ids)
          .returning('id')
          .execute()
        return ended.length > 0
      })
    },

    async byHash(hash: string): Promise<SshAccessRecord | undefined> {
      return db.selectFrom('sshAccesses').selectAll().where('hash', '=', hash).executeTakeFirst()
    },

    /** Removes one token of a sandbox, or all of them. Tells whether there was any. */
    async remove(sandboxId: string, hash: string | null): Promise<boolean> {
      const all = db.deleteFrom('sshAccesses').where('sandboxId', '=', sandboxId)
      const removed = await (hash === null ? all : all.where('hash', '=', hash)).returning('id').execute()
      return removed.length > 0
    },

    /** Removes what has expired. */
    async purge(nowMs: number): Promise<void> {
      await db.deleteFrom('sshAccesses').where('expiresAtMs', '<', nowMs).execute()
    },
  }
}
