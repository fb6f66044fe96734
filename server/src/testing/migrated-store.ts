import { existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { dialectOf } from '../store/dialect.ts'
import { migrate } from '../store/migrate.ts'
import type { Tables } from '../store/tables.ts'

/** by the time at which they were made */
const made = new Map<number, Promise<Uint8Array>>()

/**
 * What to open in place of a new store at this path: one to which all migrations were applied at that time, epoch ms.
 * They are applied once for each time, since they take longer than most tests of a server.
 */
export async function migratedStore(path: string, nowMs: number): Promise<string | Uint8Array> {
  if (path !== ':memory:' && existsSync(path)) return path
  const bytes = made.get(nowMs) ?? makeStore(nowMs)
  made.set(nowMs, bytes)
  if (path === ':memory:') return bytes
  writeFileSync(path, await bytes, { mode: 0o600 })
  return path
}

async function makeStore(nowMs: number): Promise<Uint8Array> {
  const database = new DatabaseSync(':memory:')
  const db = new Kysely<Tables>({ dialect: dialectOf(database) })
  try {
    await migrate(db, nowMs)
    return database.serialize()
  } finally {
    await db.destroy()
  }
}
