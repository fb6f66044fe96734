import { PlatformError, type SandboxState } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import type { SandboxRecord, SecretMount } from './sandbox-record.ts'
import type { Tables } from './tables.ts'

/**
 * Notes within the transaction that makes a sandbox which secrets it has. Throws BAD_REQUEST for one that was deleted
 * meanwhile. One that is started as soon as it is known may have heard of older ones: the engine is told once more.
 */
export async function claimSecrets(db: Kysely<Tables>, sandbox: SandboxRecord): Promise<void> {
  if (sandbox.secrets.length === 0) return
  await lockSecrets(db, sandbox.secrets)
  await insertSecrets(db, sandbox.id, sandbox.secrets)
  if (sandbox.state === 'started') await noteUntold(db, sandbox.id)
}

/** The same when they are replaced; the row of the sandbox has them already. */
export async function replaceSecrets(db: Kysely<Tables>, sandboxId: string, secrets: readonly SecretMount[]) {
  await db.deleteFrom('sandboxSecrets').where('sandboxId', '=', sandboxId).execute()
  await insertSecrets(db, sandboxId, secrets)
  await noteUntold(db, sandboxId)
}

/**
 * From here to the end of the transaction nobody deletes these secrets. Throws BAD_REQUEST for one that is gone.
 */
export async function lockSecrets(db: Kysely<Tables>, secrets: readonly SecretMount[]): Promise<void> {
  // In one order, so that two transactions do not wait for each other.
  for (const id of idsOf(secrets).sort()) {
    const locked = await db.updateTable('secrets').set({ id }).where('id', '=', id).returning('id').executeTakeFirst()
    if (locked !== undefined) continue
    const env = secrets.find(({ secretId }) => secretId === id)?.env
    throw new PlatformError('BAD_REQUEST', `secrets: the secret for ${env} was deleted`)
  }
}

/** Takes a secret that is being deleted from every sandbox that has it. Answers their ids. */
export async function detachSecret(db: Kysely<Tables>, secretId: string): Promise<string[]> {
  const sandboxIds = await noteUntoldOf(db, secretId)
  const rows = await sandboxesWith(db, secretId)
    .select(['sandboxes.id', 'sandboxes.secrets'])
    .orderBy('sandboxes.id')
    .execute()
  for (const { id, secrets } of rows) await withoutSecret(db, { id, secrets, secretId })
  await db.deleteFrom('sandboxSecrets').where('secretId', '=', secretId).execute()
  return sandboxIds
}

/** Notes for every sandbox that has a secret that the engine is to be told. Answers their ids. */
export async function noteUntoldOf(db: Kysely<Tables>, secretId: string): Promise<string[]> {
  const rows = await db
    .insertInto('untoldSecrets')
    .columns(['sandboxId', 'revision'])
    .expression(
      sandboxesWith(db, secretId)
        .select((select) => ['sandboxes.id', select.lit(1).as('revision')])
        .orderBy('sandboxes.id'),
    )
    .onConflict((conflict) => conflict.column('sandboxId').doUpdateSet(oneMore))
    .returning('sandboxId')
    .execute()
  return rows.map(({ sandboxId }) => sandboxId)
}

/** Which sandboxes have secrets that the engine does not know. */
export function selectUntold(db: Kysely<Tables>) {
  return {
    /** What the engine is to be told of a sandbox: how much it has missed, and what it has now. */
    async untold(sandboxId: string): Promise<Untold | undefined> {
      const row = await db
        .selectFrom('untoldSecrets')
        .innerJoin('sandboxes', 'sandboxes.id', 'untoldSecrets.sandboxId')
        .select(['untoldSecrets.revision', 'sandboxes.state', 'sandboxes.secrets'])
        .where('untoldSecrets.sandboxId', '=', sandboxId)
        .executeTakeFirst()
      return row === undefined ? undefined : { ...row, secrets: JSON.parse(row.secrets) as SecretMount[] }
    },

    /** Sandboxes in one of the states whose engine is to be told, by id, those after `afterId`. */
    async untoldIn(
      states: readonly SandboxState[],
      limit: number,
      afterId = '',
    ): Promise<{ sandboxId: string; revision: number }[]> {
      return db
        .selectFrom('untoldSecrets')
        .innerJoin('sandboxes', 'sandboxes.id', 'untoldSecrets.sandboxId')
        .select(['untoldSecrets.sandboxId', 'untoldSecrets.revision'])
        .where('sandboxes.state', 'in', states)
        .where('untoldSecrets.sandboxId', '>', afterId)
        .orderBy('untoldSecrets.sandboxId')
        .limit(limit)
        .execute()
    },

    /** The engine knows what there was to tell at this revision. */
    async told(sandboxId: string, revision: number): Promise<void> {
      await db.deleteFrom('untoldSecrets').where('sandboxId', '=', sandboxId).where('revision', '=', revision).execute()
    },
  }
}

/** Something that the engine does not know of a sandbox. */
export interface Untold {
  readonly revision: number
  readonly state: SandboxState
  readonly secrets: readonly SecretMount[]
}

const oneMore = { revision: sql<number>`${sql.ref('untoldSecrets.revision')} + 1` }

async function noteUntold(db: Kysely<Tables>, sandboxId: string): Promise<void> {
  await db
    .insertInto('untoldSecrets')
    .values({ sandboxId, revision: 1 })
    .onConflict((conflict) => conflict.column('sandboxId').doUpdateSet(oneMore))
    .execute()
}

async function insertSecrets(db: Kysely<Tables>, sandboxId: string, secrets: readonly SecretMount[]): Promise<void> {
  const rows = idsOf(secrets).map((secretId) => ({ sandboxId, secretId }))
  if (rows.length > 0) await db.insertInto('sandboxSecrets').values(rows).execute()
}

/** One secret can stand in several variables. */
function idsOf(secrets: readonly SecretMount[]): string[] {
  return [...new Set(secrets.map(({ secretId }) => secretId))]
}

/** Those that are not on their way out. */
export function sandboxesWith(db: Kysely<Tables>, secretId: string) {
  return db
    .selectFrom('sandboxSecrets')
    .innerJoin('sandboxes', 'sandboxes.id', 'sandboxSecrets.sandboxId')
    .where('sandboxSecrets.secretId', '=', secretId)
    .where('sandboxes.state', 'not in', ['destroying', 'destroyed'])
}

/** Compare-and-set, again until nobody has come between. */
async function withoutSecret(db: Kysely<Tables>, read: { id: string; secrets: string; secretId: string }) {
  const { id, secretId } = read
  for (let secrets: string | undefined = read.secrets; secrets !== undefined; ) {
    const left = (JSON.parse(secrets) as SecretMount[]).filter((mount) => mount.secretId !== secretId)
    const set = await db
      .updateTable('sandboxes')
      .set({ secrets: JSON.stringify(left) })
      .where('id', '=', id)
      .where('secrets', '=', secrets)
      .returning('id')
      .executeTakeFirst()
    if (set !== undefined) return
    secrets = (await db.selectFrom('sandboxes').select('secrets').where('id', '=', id).executeTakeFirst())?.secrets
  }
}
