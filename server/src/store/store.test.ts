import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { openTestServer } from '../testing/test-server.ts'
import { openSqlite } from './dialect.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { openStore } from './store.ts'
import type { Tables } from './tables.ts'

/** Runs with a path for a store's file, which is gone afterwards. */
async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-store-'))
  try {
    await work(join(folder, 'store.sqlite'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('the file is for its owner only, side files too', () =>
  withFile(async (path) => {
    const store = await openStore({ path, nowMs: 0 })
    for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal((await stat(file)).mode & 0o777, 0o600, file)
    await store.close()
  }))

test('each migration is applied once, all of it or nothing', () =>
  withFile(async (path) => {
    const db = new Kysely<Tables>({ dialect: openSqlite(path) })
    const broken = {
      name: '0009-broken',
      async up(transaction: Kysely<Tables>) {
        await transaction.schema.createTable('halfMade').addColumn('id', 'text').execute()
        throw new Error('The power failed')
      },
    }
    await assert.rejects(migrate(db, 1, [...migrations, broken]), /The power failed/)
    await migrate(db, 2)
    await migrate(db, 3)
    const applied = await db.selectFrom('migrations').selectAll().execute()
    assert.deepEqual(
      applied.map(({ name, appliedAtMs }) => ({ name, appliedAtMs })),
      migrations.map(({ name }) => ({ name, appliedAtMs: 1 })),
    )
    const tables = await db.introspection.getTables()
    assert.ok(!tables.some((table) => table.name === 'halfMade'))
    await db.destroy()
  }))

test('sandboxes of a version without forks and saved snapshots are there after it', () =>
  withFile(async (path) => {
    const db = new Kysely<Tables>({ dialect: openSqlite(path) })
    await migrate(db, 0, migrations.slice(0, 2))
    await sql`insert into users values ('u', 'u', 0)`.execute(db)
    await sql`insert into organizations values ('o', 'o', 'u', 0)`.execute(db)
    const old = {
      ...{ id: 'a', organizationId: 'o', region: 'us', sandboxClass: 'container', name: 'a', nameFolded: 'a' },
      ...{ snapshot: 'default', user: 'daytona', env: '{}', labels: '{}', isPublic: 0, networkBlockAll: 0 },
      ...{ cpu: 1, memoryGib: 1, diskGib: 3, state: 'stopped', desiredState: 'stopped', isRecoverable: 0 },
      ...{ previewToken: 't', autoStopMinutes: 15, autoArchiveMinutes: 5, autoDeleteMinutes: -1 },
      ...{ createdAtMs: 1, updatedAtMs: 1, lastActivityAtMs: 1 },
    }
    const columns = sql.join(Object.keys(old).map((name) => sql.ref(name)))
    await sql`insert into sandboxes (${columns}) values (${sql.join(Object.values(old))})`.execute(db)
    await db.destroy()
    const store = await openStore({ path, nowMs: 1 })
    const record = await store.sandboxes.byId('a')
    const { snapshotRef, parentId, wanted, autoPauseMinutes, autoDestroyAtMs } = record ?? {}
    assert.deepEqual(
      [snapshotRef, parentId, wanted, autoPauseMinutes, autoDestroyAtMs],
      ['default', null, null, 0, null],
    )
    await store.close()
  }))

test('refuses a store of a newer version, and a file that is none', () =>
  withFile(async (path) => {
    const db = new Kysely<Tables>({ dialect: openSqlite(path) })
    await migrate(db, 0, [...migrations, { name: '0009-from-the-future', up: async () => {} }])
    await db.destroy()
    await assert.rejects(openStore({ path, nowMs: 0 }), /0009-from-the-future, which this version does not know/)
    await writeFile(`${path}-other`, 'x'.repeat(1000))
    await chmod(`${path}-other`, 0o600)
    await assert.rejects(openStore({ path: `${path}-other`, nowMs: 0 }), /not a database/)
  }))

test('a state changes only from the state it was read in, and only as the table allows', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { sandboxes } = server.server.store
  const { id } = await server.create()
  const change = { id, from: 'started', to: 'stopping', patch: {}, nowMs: 5 } as const
  const both = await Promise.all([sandboxes.changeState(change), sandboxes.changeState(change)])
  assert.deepEqual(
    both.map((record) => record?.state),
    ['stopping', undefined],
  )
  assert.equal(both[0]?.updatedAtMs, 5)
  await assert.rejects(
    sandboxes.changeState({ id, from: 'stopping', to: 'starting', patch: {}, nowMs: 6 }),
    new Error(`Sandbox ${id} cannot go from stopping to starting`),
  )
})

test('a transaction that fails leaves nothing, also with others at the same time', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { sandboxes } = server.server.store
  const { id } = await server.create({ labels: { a: '1' } })
  const made = await sandboxes.byId(id)
  assert.ok(made !== undefined)
  const twice = { ...made, name: 'other', labels: { b: '1' } }
  const results = await Promise.allSettled([
    sandboxes.insert(twice),
    sandboxes.insert({ ...made, id: 'second', name: 'second' }),
    sandboxes.update(id, { labels: { c: '1' } }, 0),
  ])
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
  const listed = await server.call('GET /sandbox?labels={"b":"1"}')
  assert.deepEqual(listed.body.items, [])
  assert.equal((await server.call('GET /sandbox?labels={"c":"1"}')).body.items.length, 1)
})

test('the admin key can be changed from one start to the next; the organization stays', () =>
  withFile(async (storePath) => {
    const first = await openTestServer({ storePath })
    const { organizationId } = await first.create()
    const admin = await first.server.store.accounts.adminKey()
    assert.ok(admin !== undefined)
    await first.server.store.accounts.replaceKey(admin.id, { hash: 'an older one', masked: '', permissions: [] })
    await first.server.close()
    await using second = await openTestServer({ storePath })
    assert.equal((await second.create()).organizationId, organizationId)
    assert.equal((await second.call('GET /api-keys')).body.length, 1)
  }))
