import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

async function makeKey({ call }: TestServer, body: object, key?: string): Promise<string> {
  const answer = await call('POST /api-keys', {
    body: { name: 'one', permissions: [], ...body },
    ...(key ? { key } : {}),
  })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.value
}

test('a key does what it was granted, and can grant no more', async () => {
  await using server = await openTestServer()
  const key = await makeKey(server, { permissions: ['write:sandboxes', 'manage:api_keys'] })
  const { body } = await server.call('POST /sandbox', { key })
  assert.equal((await server.call(`GET /sandbox/${body.id}`, { key })).status, 200, 'reading needs membership only')
  assert.equal((await server.call(`DELETE /sandbox/${body.id}`, { key })).status, 403)
  const tooMuch = { name: 'two', permissions: ['write:sandboxes', 'delete:sandboxes'] }
  assert.equal((await server.call('POST /api-keys', { key, body: tooMuch })).status, 403)
  const child = await makeKey(server, { name: 'two', permissions: ['write:sandboxes'] }, key)
  const grandchild = { name: 'three', permissions: [] }
  assert.equal(
    (await server.call('POST /api-keys', { key: child, body: grandchild })).status,
    403,
    'it manages no keys',
  )
})

test('a key cannot delete one that may more, but itself', async () => {
  await using server = await openTestServer()
  const weak = await makeKey(server, { name: 'weak' })
  await makeKey(server, { name: 'strong', permissions: ['write:sandboxes'] })
  assert.equal((await server.call('DELETE /api-keys/strong', { key: weak })).status, 403)
  assert.equal((await server.call('DELETE /api-keys/admin', { key: weak })).status, 403)
  assert.equal((await server.call('DELETE /api-keys/weak', { key: weak })).status, 204)
  assert.equal((await server.call('GET /api-keys', { key: weak })).status, 401)
})

test('a key ends with its time, and so does what it made', async () => {
  await using server = await openTestServer()
  const short = await makeKey(server, {
    name: 'short',
    permissions: ['manage:api_keys'],
    expiresAt: '2030-01-01T00:01:00Z',
  })
  const child = await makeKey(server, { name: 'child', expiresAt: null }, short)
  assert.equal((await server.call('GET /sandbox', { key: short })).status, 200)
  server.clock.nowMs += 60_000
  for (const key of [short, child]) {
    const answer = await server.call('GET /sandbox', { key })
    assert.deepEqual([answer.status, answer.body.message], [401, 'Invalid credentials'])
  }
})

test('keys and organizations of others are not found', async () => {
  await using server = await openTestServer()
  const stranger = await server.stranger()
  const { organizationId } = await server.create()
  assert.equal((await server.call('GET /api-keys/admin', { key: stranger })).status, 404)
  assert.equal((await server.call('DELETE /api-keys/admin', { key: stranger })).status, 404)
  assert.equal((await server.call(`GET /organizations/${organizationId}`, { key: stranger })).status, 404)
  assert.deepEqual((await server.call('GET /sandbox', { key: stranger })).body.items, [])
})

test('the last use of a key is told after a while', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const key = await makeKey(server, {})
  assert.equal((await server.call('GET /api-keys/one')).body.lastUsedAt, null)
  server.clock.nowMs += 1000
  await server.call('GET /sandbox', { key })
  await server.server.reconcile.round()
  assert.equal((await server.call('GET /api-keys/one')).body.lastUsedAt, '2030-01-01T00:00:01.000Z')
})
