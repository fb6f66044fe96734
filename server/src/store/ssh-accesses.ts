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

    /** Those of a sandbox that have not expired, the newest first. */
    async ofSandbox(sandboxId: string, nowMs: number): Promise<SshAccessRecord[]> {
      return db
        .selectFrom('sshAccesses')
        .selectAll()
        .where('sandboxId', '=', sandboxId)
        .where('expiresAtMs', '>', nowMs)
        .orderBy('createdAtMs', 'desc')
        .orderBy('id')
        .execute()
    },

    /** Removes the tokens of a sandbox that are of the hash and the id, where these are said. Tells whether there was any. */
    async remove(sandboxId: string, { hash, id }: { readonly hash?: string; readonly id?: string }): Promise<boolean> {
      let meant = db.deleteFrom('sshAccesses').where('sandboxId', '=', sandboxId)
      if (hash !== undefined) meant = meant.where('hash', '=', hash)
      if (id !== undefined) meant = meant.where('id', '=', id)
      return (await meant.returning('id').execute()).length > 0
    },

    /** Removes what has expired. */
    async purge(nowMs: number): Promise<void> {
      await db.deleteFrom('sshAccesses').where('expiresAtMs', '<', nowMs).execute()
    },
  }
}
