import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
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

test('whoever made an organization of a version without members owns it, and the administrator is one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-members-'))
  try {
    const path = join(folder, 'sandyard.db')
    const db = new Kysely<Tables>({ dialect: openSqlite(path) })
    await migrate(db, 0, migrations.slice(0, 3))
    for (const [user, isAdmin] of [
      ['sandyard-admin', 1],
      ['other', 0],
    ] as const) {
      const [organization, key] = [`org of ${user}`, `key of ${user}`]
      await sql`insert into users values (${user}, ${user}, 5)`.execute(db)
      await sql`insert into organizations values (${organization}, 'Personal', ${user}, 5)`.execute(db)
      const values = [key, organization, user, 'admin', key, '***', '["write:sandboxes"]', isAdmin, 5, null, null]
      await sql`insert into ${sql.ref('apiKeys')} values (${sql.join(values)})`.execute(db)
    }
    await db.destroy()

    const store = await openStore({ path, nowMs: 9 })
    for (const user of ['sandyard-admin', 'other']) {
      const organization = await store.accounts.organization(`org of ${user}`)
      assert.deepEqual([organization?.isPersonal, organization?.updatedAtMs], [true, 5])
      const membership = await store.members.membership(`org of ${user}`, user)
      assert.deepEqual([membership?.role, membership?.roleIds], ['owner', []])
    }
    assert.equal(await store.members.membership('org of other', 'sandyard-admin'), undefined)
    const admins = (await store.users.page(0, 10)).map(({ id, isAdmin, login }) => [id, isAdmin, login])
    assert.deepEqual(admins.sort(), [
      ['other', false, null],
      ['sandyard-admin', true, 'sandyard-admin'],
    ])
    await store.close()

    // The next start gives the administrator's key what this version knows besides.
    await using server = await openTestServer({ storePath: path, folder })
    assert.equal((await server.call('GET /admin/users')).status, 200)
    assert.equal((await server.call('GET /organizations')).body[0].id, 'org of sandyard-admin')
  } finally {
    await rm(folder, { recursive: true })
  }
})
