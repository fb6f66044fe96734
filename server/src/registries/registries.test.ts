import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SnapshotOrder } from '@sandyard/protocol'
import { snapshotIn } from '../testing/build-calls.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { registryOf } from './registries.ts'

const urls = {
  'docker.io': 'docker.io',
  'https://index.docker.io/v1/': 'docker.io',
  'https://registry-1.docker.io': 'docker.io',
  'https://GHCR.io/': 'ghcr.io',
  'http://localhost:5000': 'localhost:5000',
  ' registry.example/team/sub/ ': 'registry.example/team/sub',
}

for (const [url, registry] of Object.entries(urls)) {
  test(`${url} is ${registry}`, () => assert.equal(registryOf(url), registry))
}

/** The logins that the engine gets with the next order. */
async function loginsOf(server: TestServer, key?: string) {
  const orders: SnapshotOrder[] = []
  const { makeSnapshot } = server.engine
  server.engine.makeSnapshot = (order, tell) => {
    orders.push(order)
    return makeSnapshot(order, tell)
  }
  const options = key === undefined ? {} : { key }
  const name = `pull-${server.engine.orders.length}`
  await server.call('POST /snapshots', { ...options, body: { name, imageName: 'a/b:1' } })
  if (key === undefined) await snapshotIn(server, name, 'active')
  assert.equal(orders[0]?.source.kind === 'image' && orders[0].source.image, 'docker.io/a/b:1')
  return orders[0]?.logins
}

test('pulls get the logins of their organization, the nearest first, and no others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-registries-'))
  try {
    const storePath = join(folder, 'store.sqlite')
    await using server = await openTestServer({ folder, storePath })
    const keep = (body: object) => {
      server.clock.nowMs += 1
      return server.call('POST /docker-registry', { body: { name: 'n', username: 'u', password: 'pässword', ...body } })
    }
    assert.equal((await keep({ url: 'r.example', project: 'team', username: 'team' })).status, 201)
    assert.equal((await keep({ url: 'r.example', username: 'all' })).status, 201)
    assert.equal((await keep({ url: 'only.example', project: 'p', username: 'p' })).status, 201)
    assert.deepEqual(await loginsOf(server), [
      { registry: 'r.example', username: 'all', password: 'pässword' },
      { registry: 'r.example/team', username: 'team', password: 'pässword' },
      { registry: 'only.example/p', username: 'p', password: 'pässword' },
      { registry: 'only.example', username: 'p', password: 'pässword' },
    ])
    assert.deepEqual(await loginsOf(server, await server.stranger()), [])
    assert.ok(!readFileSync(storePath).includes('pässword') && !readFileSync(`${storePath}-wal`).includes('pässword'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a changed login keeps its password unless it gets another', async () => {
  await using server = await openTestServer()
  const body = { name: 'n', url: 'r.example', username: 'u', password: 'one' }
  const { id } = (await server.call('POST /docker-registry', { body })).body
  await server.call(`PATCH /docker-registry/${id}`, { body: { username: 'w', url: 'https://r.example/team' } })
  assert.deepEqual(await loginsOf(server), [{ registry: 'r.example/team', username: 'w', password: 'one' }])
  await server.call(`PATCH /docker-registry/${id}`, { body: { password: 'two' } })
  assert.deepEqual(await loginsOf(server), [{ registry: 'r.example/team', username: 'w', password: 'two' }])
})

test("nobody learns a password by leading its login to a registry of one's own", async () => {
  await using server = await openTestServer()
  const body = { name: 'n', url: 'r.example', username: 'u', password: 'one' }
  const { id } = (await server.call('POST /docker-registry', { body })).body
  for (const url of ['evil.example', 'r.example:444', 'https://evil.example/r.example']) {
    const answer = await server.call(`PATCH /docker-registry/${id}`, { body: { url } })
    assert.deepEqual(
      [answer.status, answer.body.message],
      [400, 'password is needed when the url changes to another registry'],
    )
  }
  assert.deepEqual(await loginsOf(server), [{ registry: 'r.example', username: 'u', password: 'one' }])
  await server.call(`PATCH /docker-registry/${id}`, { body: { url: 's.example', password: 'two' } })
  assert.deepEqual(await loginsOf(server), [{ registry: 's.example', username: 'u', password: 'two' }])
})
