import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import type { WantedChange } from '../store/sandbox-record.ts'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, until } from '../testing/test-server.ts'

const one = '192.0.2.0/24'
const other = '198.51.100.0/24'
const name = '*.example.com, example.com'

/** What was set, what is asked for, and what holds then (api.md 2.6). */
const changes: readonly { had: object; asked: object; blockAll: boolean; list?: string; names?: string }[] = [
  { had: {}, asked: { networkBlockAll: true }, blockAll: true },
  { had: { networkAllowList: one }, asked: { networkBlockAll: true }, blockAll: true },
  { had: { networkAllowList: one }, asked: { networkBlockAll: true, networkAllowList: other }, blockAll: true },
  { had: { networkBlockAll: true }, asked: { networkAllowList: one }, blockAll: false, list: one },
  { had: { networkAllowList: one }, asked: { networkAllowList: other }, blockAll: false, list: other },
  { had: { networkAllowList: one }, asked: { networkAllowList: '' }, blockAll: false },
  { had: { networkBlockAll: true }, asked: { networkAllowList: ' ' }, blockAll: true },
  { had: { networkAllowList: one }, asked: { networkBlockAll: false }, blockAll: false },
  { had: { networkBlockAll: true }, asked: { networkBlockAll: false }, blockAll: false },
  { had: {}, asked: { networkBlockAll: false, networkAllowList: one }, blockAll: false, list: one },
  { had: { networkAllowList: one }, asked: { domainAllowList: '' }, blockAll: false, list: one },
  { had: {}, asked: { domainAllowList: name }, blockAll: false, names: name },
  { had: { networkBlockAll: true }, asked: { domainAllowList: name }, blockAll: false, names: name },
  { had: { networkAllowList: one }, asked: { domainAllowList: name }, blockAll: false, list: one, names: name },
  { had: { domainAllowList: name }, asked: { networkAllowList: one }, blockAll: false, list: one, names: name },
  { had: { domainAllowList: name }, asked: { domainAllowList: '' }, blockAll: false },
  { had: { domainAllowList: name }, asked: { networkAllowList: '' }, blockAll: false, names: name },
  { had: { domainAllowList: name }, asked: { networkBlockAll: false }, blockAll: false },
  { had: { domainAllowList: name }, asked: { networkBlockAll: true, domainAllowList: name }, blockAll: true },
  { had: { networkBlockAll: true }, asked: { domainAllowList: '' }, blockAll: true },
  {
    had: { domainAllowList: 'a.b' },
    asked: { networkBlockAll: false, domainAllowList: name },
    blockAll: false,
    names: name,
  },
]

for (const { had, asked, blockAll, list, names } of changes) {
  test(`network: ${JSON.stringify(asked)} after ${JSON.stringify(had)}`, async () => {
    await using server = await openTestServer()
    const { id } = await server.create(had)
    const { status, body } = await server.call(`POST /sandbox/${id}/network-settings`, { body: asked })
    assert.equal(status, 200)
    assert.deepEqual([body.networkBlockAll, body.networkAllowList, body.domainAllowList], [blockAll, list, names])
    const allowList = list === undefined ? null : [list]
    const domains = names === undefined ? {} : { domains: ['*.example.com', 'example.com'] }
    assert.deepEqual(server.engine.specs.get(id)?.network, { blockAll, allowList, ...domains })
  })
}

test('a stopped and a paused sandbox take another network too', async () => {
  await using server = await openTestServer()
  for (const verb of ['stop', 'pause']) {
    const { id } = await server.create()
    const { body } = await server.call(`POST /sandbox/${id}/${verb}`)
    const answer = await server.call(`POST /sandbox/${id}/network-settings`, { body: { networkBlockAll: true } })
    assert.deepEqual([answer.body.state, answer.body.networkBlockAll], [body.state, true])
  }
})

test('when the engine cannot, the settings are as they were', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ networkAllowList: one })
  server.engine.knobs.failures.setNetwork = new PlatformError('SERVICE_UNAVAILABLE', 'The firewall does not answer')
  const answer = await server.call(`POST /sandbox/${id}/network-settings`, { body: { networkBlockAll: true } })
  assert.deepEqual([answer.status, answer.body.message], [503, 'The firewall does not answer'])
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.networkBlockAll, body.networkAllowList, body.state], [false, one, 'started'])
  assert.deepEqual(await server.server.store.sandboxes.unconfirmed(), [])
})

test('of two changes at once one is refused', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const answers = await Promise.all(
    [true, false].map((networkBlockAll) =>
      server.call(`POST /sandbox/${id}/network-settings`, { body: { networkBlockAll } }),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
})

test('a change that a crash left half done does not outlive its sandbox', () =>
  acrossCrash({
    async before({ create, server, call }) {
      const { id } = await create()
      const wanted = { kind: 'network', networkBlockAll: true, networkAllowList: null } as WantedChange
      await server.store.sandboxes.update(id, { wanted }, 0)
      await call(`DELETE /sandbox/${id}`)
      await until(async () => (await call(`GET /sandbox/${id}`)).status === 404)
    },
    async after({ server, engine }) {
      assert.deepEqual(await server.store.sandboxes.unconfirmed(), [])
      assert.equal(engine.orders.filter((order) => order.startsWith('setNetwork')).length, 0)
    },
  }))

test('a change that a crash left half done is done again', () =>
  acrossCrash({
    async before({ create, server }) {
      const { id } = await create()
      // As a version without names has noted it.
      const wanted = { kind: 'network', networkBlockAll: false, networkAllowList: one } as WantedChange
      await server.store.sandboxes.update(id, { wanted }, 0)
      return id
    },
    async after({ call, engine }, id) {
      await until(async () => (await call(`GET /sandbox/${id}`)).body.networkAllowList === one)
      assert.deepEqual(engine.specs.get(id)?.network, { blockAll: false, allowList: [one] })
    },
  }))

test('a list that a sandbox is made with and that is empty lets nothing through', async () => {
  await using server = await openTestServer()
  const none = await server.create({ networkAllowList: '', domainAllowList: ' , ' })
  assert.deepEqual(server.engine.specs.get(none.id)?.network, { blockAll: false, allowList: [], domains: [] })
  const { body } = await server.call(`GET /sandbox/${none.id}`)
  assert.deepEqual([body.networkAllowList, body.domainAllowList], ['', ','])
})

test('what is denied is set with the rest or alone, and stays when the rest is changed', async () => {
  await using server = await openTestServer()
  const denied = { networkDenyList: `${one}, 203.0.113.7/32`, domainDenyList: '*.Evil.example,' }
  const { id } = await server.create({ ...denied, networkAllowList: other })
  const told = { denyList: [one, '203.0.113.7/32'], denyDomains: ['*.evil.example'] }
  const set = async (asked: object) => {
    const { status, body } = await server.call(`POST /sandbox/${id}/network-settings`, { body: asked })
    assert.equal(status, 200)
    return [body.networkDenyList, body.domainDenyList, server.engine.specs.get(id)?.network]
  }
  const { body: made } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([made.networkDenyList, made.domainDenyList], [denied.networkDenyList, denied.domainDenyList])
  assert.deepEqual(server.engine.specs.get(id)?.network, { blockAll: false, allowList: [other], ...told })
  const same = [denied.networkDenyList, denied.domainDenyList]
  assert.deepEqual(await set({ networkBlockAll: true }), [...same, { blockAll: true, allowList: null, ...told }])
  assert.deepEqual(await set({ networkBlockAll: false }), [...same, { blockAll: false, allowList: null, ...told }])
  await set({ domainAllowList: 'example.com' })
  const named = { blockAll: false, allowList: null, domains: ['example.com'] }
  assert.deepEqual(await set({ networkDenyList: ' ' }), [
    undefined,
    denied.domainDenyList,
    { ...named, denyDomains: told.denyDomains },
  ])
  assert.deepEqual(await set({ domainDenyList: '', networkDenyList: one }), [
    one,
    undefined,
    { ...named, denyList: [one] },
  ])
  const blocked = await set({ networkBlockAll: true, networkDenyList: '' })
  assert.deepEqual(blocked, [undefined, undefined, { blockAll: true, allowList: null }])
  assert.deepEqual(await set({ networkDenyList: one }), [
    one,
    undefined,
    { blockAll: true, allowList: null, denyList: [one] },
  ])
})

test('a list of what is denied that is empty denies nothing; a fork is denied the same', async () => {
  await using server = await openTestServer()
  const none = await server.create({ networkDenyList: '', domainDenyList: ' ' })
  assert.deepEqual(server.engine.specs.get(none.id)?.network, { blockAll: false, allowList: null })
  const { id } = await server.create({ networkDenyList: one, domainDenyList: 'evil.example' })
  const { body } = await server.call(`POST /sandbox/${id}/fork`, { body: {} })
  const { network } = server.engine.specs.get(body.id) ?? assert.fail('it was made')
  assert.deepEqual([network.denyList, network.denyDomains], [[one], ['evil.example']])
})

test('names are told to the engine in the form in which resolvers are asked', async () => {
  await using server = await openTestServer()
  const asked = ' Example.COM. , *.b\u00fccher.example,_dmarc.example.com,intranet,a-1.example,'
  const { id } = await server.create({ domainAllowList: asked })
  assert.deepEqual(server.engine.specs.get(id)?.network.domains, [
    'example.com',
    '*.xn--bcher-kva.example',
    '_dmarc.example.com',
    'intranet',
    'a-1.example',
  ])
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.domainAllowList, asked.trim())
  const { body } = await server.call('GET /sandbox')
  assert.equal(body.items[0].domainAllowList, asked.trim())
})

test('a fork may reach no more than what it was made from', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ domainAllowList: 'example.com', networkAllowList: one })
  const { body } = await server.call(`POST /sandbox/${id}/fork`, { body: {} })
  assert.deepEqual([body.domainAllowList, body.networkAllowList], ['example.com', one])
  assert.deepEqual(server.engine.specs.get(body.id)?.network, {
    blockAll: false,
    allowList: [one],
    domains: ['example.com'],
  })
})
