import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiRoutes, type Route } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'
import { createEntryIds } from './entry-id.ts'
import { metadataOf } from './metadata.ts'
import { scenarioOf } from './scenario.ts'

async function entries({ call }: TestServer, query = '') {
  return (await call(`GET /admin/audit?limit=200${query}`)).body.items
}

for (const [id, route] of Object.entries<Route>(apiRoutes)) {
  const scenario = scenarioOf(id, route)
  if (scenario === null) continue
  test(`${id} leaves one entry for each call, whatever comes of it`, async () => {
    await using server = await openTestServer()
    const sandbox = await server.create()
    const weak = (await server.call('POST /api-keys', { body: { name: 'weak', permissions: [] } })).body.value
    const values: Record<string, string> = {
      ...{ sandboxIdOrName: sandbox.id, sandboxId: sandbox.id, organizationId: sandbox.organizationId },
      ...{ interval: '5', ttlMinutes: '5', port: '8080', isPublic: 'true', name: 'weak', regionId: 'us' },
    }
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'unknown')
    for (const key of [undefined, weak, 'nobody']) {
      const before = await entries(server)
      const answer = await server.call(`${route.method} ${path}`, {
        ...(key === undefined ? {} : { key }),
        ...(route.method === 'GET' ? {} : { body: {} }),
      })
      const isKnown = (entry: { id: string }) => before.some((other: { id: string }) => other.id === entry.id)
      const left = (await entries(server)).filter((entry: { id: string }) => !isKnown(entry))
      assert.equal(left.length, 1, `answered ${answer.status}`)
      const { action, targetType, statusCode, errorMessage } = left[0]
      assert.deepEqual({ action, targetType }, scenario)
      assert.deepEqual(
        [statusCode, errorMessage],
        [answer.status, answer.status < 400 ? undefined : answer.body.message],
      )
    }
    server.faults.length = 0
  })
}

test('what is made stands in the log by its id', async () => {
  await using server = await openTestServer()
  const { call, create } = server
  const { id, organizationId } = await create({ name: 'box' })
  const made = new Map<string, string>()
  made.set('sandbox', id)
  made.set('volume', (await call('POST /volumes', { body: { name: 'data' } })).body.id)
  made.set('api_key', (await call('POST /api-keys', { body: { name: 'ci', permissions: [] } })).body.name)
  made.set('warm_pool', (await call('POST /warm-pools', { body: { snapshot: 'default', pool: 1 } })).body.id)
  for (const { targetType, targetId, statusCode } of await entries(server, '&action[eq]=create')) {
    assert.equal(targetId, made.get(targetType))
    assert.ok(statusCode === 200 || statusCode === 201)
    made.delete(targetType)
  }
  assert.equal(made.size, 0)
  await call('POST /sandbox/box/fork')
  await call(`PATCH /organizations/${organizationId}/quota/us`, { body: { totalCpuQuota: 500 } })
  await call('DELETE /api-keys/ci')
  const other = await create({ name: 'other' })
  await call('DELETE /sandbox/other')
  const [deleted, , key, quota, fork] = await entries(server)
  assert.deepEqual([fork.action, fork.targetId], ['fork', 'box'])
  assert.deepEqual(
    [quota.action, quota.targetType, quota.targetId],
    ['update_region_quota', 'organization', organizationId],
  )
  assert.deepEqual([key.action, key.targetType, key.targetId], ['delete', 'api_key', 'ci'])
  assert.deepEqual([deleted.action, deleted.targetId], ['delete', other.id])
})

test('what was answered is in the log after a crash', async () => {
  await acrossCrash({
    before: async (server) => {
      const made = await Promise.all(Array.from({ length: 20 }, () => server.create()))
      return made.map(({ id }) => id).sort()
    },
    after: async (server, ids) => {
      const log = await entries(server, '&action[eq]=create&targetType[eq]=sandbox')
      assert.deepEqual(log.map(({ targetId }: { targetId: string }) => targetId).sort(), ids)
    },
  })
})

test('refused calls are noted: who, what, why, from where', async () => {
  await using server = await openTestServer()
  const weak = (await server.call('POST /api-keys', { body: { name: 'weak', permissions: [] } })).body.value
  const { id } = await server.create()
  await server.call(`DELETE /sandbox/${id}`, { key: weak, address: '198.51.100.7' })
  await server.call(`DELETE /sandbox/${id}`, { key: 'nobody', address: '203.0.113.9' })
  const [unknown, denied] = await entries(server, '&action[eq]=delete')
  assert.deepEqual(
    [denied.statusCode, denied.errorMessage, denied.ipAddress, denied.targetId, denied.actorApiKeySuffix],
    [403, 'Access denied', '198.51.100.7', id, weak.slice(-3)],
  )
  assert.deepEqual(
    [unknown.statusCode, unknown.actorId, unknown.ipAddress, unknown.organizationId],
    [401, 'anonymous', '203.0.113.9', undefined],
  )
})

test('strangers cannot fill the log, and neither can a storm that is held back', async () => {
  const config = { ...testConfig, rateLimits: { 'sandbox-lifecycle': { limit: 2, seconds: 60 } } }
  await using server = await openTestServer({ config })
  const { id } = await server.create()
  for (let index = 0; index < 1000; index += 1) {
    const address = `2001:db8:${(index % 50).toString(16)}::${index.toString(16)}`
    await server.call('POST /sandbox', { key: 'nobody', body: {}, address })
  }
  assert.equal((await server.call('GET /admin/audit?statusCode[eq]=401')).body.total, 300)
  for (let index = 0; index < 20; index += 1) await server.call(`POST /sandbox/${id}/start`)
  assert.equal((await server.call('GET /admin/audit?action[eq]=start')).body.total, 2)
})

test('no secret is in the log', async () => {
  await using server = await openTestServer()
  const secret = 'hunter2-hunter2'
  await server.create({ env: { name: secret, TOKEN: secret }, labels: { team: 'a' } })
  const kept = (await server.call('POST /secret', { body: { name: 's', value: secret, hosts: ['a.example.com'] } }))
    .body
  await server.call(`PATCH /secret/${kept.id}`, { body: { value: `${secret}2` } })
  await server.create({ name: 'holder', secrets: [{ A: 's' }] })
  await server.call('PUT /sandbox/holder/secrets', { body: { secrets: [{ TOKEN: secret }] } })
  await server.call('POST /auth/login', { key: null, body: { login: 'someone', password: secret } })
  await server.call('POST /docker-registry', {
    body: { name: 'r', url: 'https://registry.example.com', username: 'u', password: secret },
  })
  const { id } = await server.create({ name: 'signed' })
  const { token } = (await server.call(`GET /sandbox/${id}/ports/80/signed-preview-url`)).body
  await server.call(`POST /sandbox/${id}/ports/80/signed-preview-url/${token}/expire`)
  const log = JSON.stringify(await entries(server))
  assert.ok(!log.includes('hunter2'))
  assert.ok(!log.includes(token))
  assert.ok(log.includes('"labels":{"team":"a"}'))
})

test('what is kept of a call is small and plain', () => {
  const kept = (body: unknown) => JSON.parse(metadataOf({}, body) ?? 'null').body
  assert.equal(metadataOf({}, undefined), null)
  assert.deepEqual(kept({ cpu: 2, name: 'a', public: true, secrets: [{ A: 'b' }], nothing: null }), {
    cpu: 2,
    name: 'a',
    public: true,
    secrets: [{ A: '***' }],
    nothing: null,
  })
  assert.deepEqual(kept({ env: { name: 'x', labels: { name: 'x' } } }), {
    env: { name: '***', labels: { name: '***' } },
  })
  assert.deepEqual(kept({ volumes: [{ volumeId: 'v', mountPath: '/m', key: 'x' }] }), {
    volumes: [{ volumeId: 'v', mountPath: '/m', key: '***' }],
  })
  const nested = JSON.parse(`${'{"name":'.repeat(5000)}1${'}'.repeat(5000)}`)
  assert.ok((metadataOf({ id: 'x'.repeat(9000) }, nested) ?? '').length < 5000)
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index]))
  assert.equal(Object.keys(kept(wide)).length, 50)
  const long = metadataOf(
    {},
    { labels: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}`, 'x'.repeat(500)])) },
  )
  assert.deepEqual(JSON.parse(long ?? ''), { body: '***', isTooLarge: true })
})

test('pages, tokens and filters', async () => {
  await using server = await openTestServer()
  const { organizationId } = await server.create({ name: 'first' })
  for (let index = 0; index < 24; index += 1) {
    server.clock.nowMs += index % 3 === 0 ? 1000 : 0
    await server.call(`PUT /sandbox/${index % 2 === 0 ? 'first' : 'no-such'}/labels`, { body: { labels: {} } })
  }
  const list = async (query: string) => (await server.call(`GET /audit/organizations/${organizationId}?${query}`)).body
  const all = (await list('limit=200')).items
  assert.equal(all.length, 25)
  const byToken = []
  let nextToken: string | undefined = ''
  while (nextToken !== undefined) {
    const page: { items: unknown[]; nextToken?: string } = await list(`limit=4&nextToken=${nextToken}`)
    byToken.push(...page.items)
    nextToken = page.nextToken
  }
  assert.deepEqual(byToken, all)
  const pages = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((page) => list(`limit=4&page=${page}`)))
  assert.deepEqual(
    pages.flatMap(({ items }) => items),
    all,
  )
  assert.deepEqual([pages[0].total, pages[0].totalPages], [25, 7])
  const totals: [string, number][] = [
    ['statusCode[eq]=404', 12],
    ['statusCode[gte]=200&statusCode[lt]=300', 13],
    ['statusCode[in]=404&statusCode[in]=200', 25],
    ['statusCode[not]=404', 13],
    ['action[in][]=create&action[in][]=delete', 1],
    ['action[notIn]=create', 24],
    ['targetId[eq]=no-such', 12],
    ['actorApiKeyPrefix[eq]=dtn&targetType[eq]=sandbox', 25],
    ['to=2030-01-01T00:00:01Z', 4],
    ['createdAt[gt]=2030-01-01T00:00:01Z&createdAt[lte]=2030-01-01T00:00:02Z', 3],
    [`id[eq]=${all[0].id}`, 1],
  ]
  for (const [query, total] of totals) assert.equal((await list(query)).total, total, query)
})

test('what the platform does by itself is in the log', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id } = await server.create({ autoStopInterval: 5, autoDeleteInterval: 10 })
  for (const action of ['auto_stop', 'auto_delete']) {
    server.clock.nowMs += 11 * 60_000
    await server.server.reconcile.round()
    await until(async () => (await entries(server, `&action[eq]=${action}`)).length === 1)
    const [{ actorId, targetId, targetType }] = await entries(server, `&action[eq]=${action}`)
    assert.deepEqual([actorId, targetId, targetType], ['system', id, 'sandbox'])
  }
})

test('entries go after their time', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await server.create()
  server.clock.nowMs += 89 * 24 * 3_600_000
  await server.create()
  server.clock.nowMs += 2 * 24 * 3_600_000
  await server.server.reconcile.round()
  assert.equal((await server.call('GET /admin/audit?action[eq]=create')).body.total, 1)
})

test('an answer does not go out when its entry cannot be written', async () => {
  await using server = await openTestServer()
  const { insert } = server.server.store.audit
  server.server.store.audit.insert = async () => {
    throw new Error('The disk is full')
  }
  assert.equal((await server.call('POST /volumes', { body: { name: 'unseen' } })).status, 500)
  assert.equal((await server.call('GET /config', { key: null })).status, 200)
  server.server.store.audit.insert = insert
  assert.equal((await server.call('POST /volumes', { body: { name: 'seen' } })).status, 200)
  server.faults.length = 0
})

test('ids sort as they were made, also when the clock stands still or goes back', () => {
  const next = createEntryIds()
  const ids = Array.from({ length: 10_000 }, (_, index) => next(1_900_000_000_000 - (index % 7)))
  assert.deepEqual([...ids].sort(), ids)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids.slice(0, 10))
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a member who calls what is refused again and again does not fill the disk', async () => {
  await using server = await openTestServer()
  const weak = (await server.call('POST /api-keys', { body: { name: 'weak', permissions: [] } })).body.value
  for (let at = 0; at < 700; at += 1) {
    assert.equal((await server.call('DELETE /sandbox/nobody', { key: weak })).status, 403)
  }
  const count = async () => (await server.call('GET /admin/audit?limit=1')).body.total
  assert.equal(await count(), 601, 'those and the key')
  await server.create({ name: 'seen' })
  assert.equal(await count(), 602, 'what changes something is noted all the same')
  server.clock.nowMs += 61_000
  await server.call('DELETE /sandbox/nobody', { key: weak })
  assert.equal(await count(), 603)
})

test('of one organization the newest entries stay, of others all', async () => {
  await using server = await openTestServer()
  const { audit } = server.server.store
  await server.call('POST /api-keys', { key: await server.stranger(), body: { name: 'theirs', permissions: [] } })
  const { organizationId } = await server.create()
  for (let at = 0; at < 20; at += 1) await server.call('POST /api-keys', { body: { name: `k${at}`, permissions: [] } })
  assert.equal(await audit.trim(organizationId, 5, 10), 10)
  assert.equal(await audit.trim(organizationId, 5, 10), 6)
  assert.equal(await audit.trim(organizationId, 5, 10), 0)
  const left = (await entries(server)).map(
    ({ metadata }: { metadata?: { body?: { name?: string } } }) => metadata?.body?.name,
  )
  assert.deepEqual(left, ['k19', 'k18', 'k17', 'k16', 'k15', 'theirs'])
  assert.equal(await audit.trim(null, 0, 10), 0)
})
