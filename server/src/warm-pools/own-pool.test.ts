import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, type TestServer, testConfig } from '../testing/test-server.ts'

const config = { ...testConfig, readySandboxes: 2 }

/** A server with two sandboxes ready for everybody; answers their ids too. */
async function openReady(options: Parameters<typeof openTestServer>[0] = {}) {
  const server = await openTestServer({ config, ...options })
  return { server, ready: await readyIn(server) }
}

/** What is ready once there is nothing left to do. */
async function readyIn(server: TestServer): Promise<string[]> {
  server.server.warm.poke()
  await server.server.warm.settled()
  const all = await server.server.store.warmPools.all()
  return all.filter(({ state }) => state === 'ready').map(({ id }) => id)
}

/** Text in which what differs between any two sandboxes is the same. */
function plain(value: unknown, { id, organizationId }: { id: string; organizationId: string }): string {
  return JSON.stringify(value).replaceAll(id, 'ID').replaceAll(organizationId, 'ORGANIZATION')
}

test('a create call of any organization takes one that is ready, which is then as a fresh one would be', async () => {
  await using fresh = await openTestServer()
  const { server, ready } = await openReady()
  await using _ = server
  assert.equal(ready.length, 2)
  assert.ok([...server.engine.specs.values()].every(({ env }) => env.DAYTONA_ORGANIZATION_ID === undefined))
  const body = { name: 'mine', env: { A: '1' }, labels: { a: 'b' }, cpu: 2, networkBlockAll: true }
  const key = await server.stranger()
  const theirs = (await server.call('POST /sandbox', { key, body })).body
  const mine = await server.create(body)
  assert.deepEqual([theirs.id, mine.id].sort(), ready.toSorted())
  assert.notEqual(theirs.organizationId, mine.organizationId)
  const one = await fresh.create(body)
  for (const sandbox of [theirs, mine]) {
    assert.equal(plain(server.engine.specs.get(sandbox.id), sandbox), plain(fresh.engine.specs.get(one.id), one))
  }
  assert.equal((await server.call(`GET /sandbox/${mine.id}`, { key })).status, 404)
  const again = await readyIn(server)
  assert.equal(again.length, 2, 'others take their place')
})

test('nobody sees those that are ready, and they count for nobody', async () => {
  const { server, ready } = await openReady({ config: { ...config, quotas: { ...config.quotas, totalCpu: 1 } } })
  await using _ = server
  const { call } = server
  assert.equal(ready.length, 2, 'the limit of an organization does not keep them from being made')
  assert.deepEqual((await call('GET /sandbox')).body.items, [])
  assert.deepEqual((await call('GET /warm-pools')).body, [])
  for (const id of ready) {
    for (const request of [`GET /sandbox/${id}`, `DELETE /sandbox/${id}`, `POST /sandbox/${id}/stop`]) {
      assert.equal((await call(request)).status, 404)
    }
  }
  const { organizationId } = await server.create()
  const usage = (await call(`GET /organizations/${organizationId}/usage`)).body.regionUsage[0]
  assert.equal(usage.currentCpuUsage, 1)
})

test('a call that is refused costs none: a limit that is reached, a name that is taken', async () => {
  const { server } = await openReady({ config: { ...config, quotas: { ...config.quotas, totalCpu: 2 } } })
  await using _ = server
  await server.create({ name: 'one' })
  const before = await readyIn(server)
  assert.equal((await server.call('POST /sandbox', { body: { name: 'one' } })).status, 409)
  await server.create({ name: 'two' })
  const left = await readyIn(server)
  assert.equal(left.filter((id) => before.includes(id)).length, 1)
  const refused = await server.call('POST /sandbox', { body: { name: 'three' } })
  assert.equal(refused.status, 400)
  assert.match(refused.body.message, /Total CPU limit exceeded/)
  assert.deepEqual(await readyIn(server), left)
  assert.equal((await server.call('GET /sandbox/three')).status, 404)
})

test("an organization's own pool comes first", async () => {
  const { server, ready } = await openReady()
  await using _ = server
  await server.call('POST /warm-pools', { body: { snapshot: 'default', pool: 1 } })
  const own = (await readyIn(server)).find((id) => !ready.includes(id))
  assert.equal((await server.create()).id, own)
})

test('what none can become is made: another user, a smaller disk, something mounted', async () => {
  const { server, ready } = await openReady()
  await using _ = server
  for (const body of [{ user: 'root' }, { disk: 1 }]) {
    const { id } = await server.create(body)
    assert.ok(!ready.includes(id), JSON.stringify(body))
  }
})

test('there are none of a snapshot with a program of its own, none without the setting, and none of what is not there', async () => {
  const snapshot = { name: 'default', sizeBytes: 1, createdAtMs: 0, user: 'daytona', entrypoint: ['serve'] }
  for (const options of [
    { engine: createFakeEngine({ snapshots: [snapshot] }) },
    { engine: createFakeEngine({ snapshots: [] }) },
    { config: testConfig },
  ]) {
    const { server, ready } = await openReady(options)
    await using _ = server
    assert.deepEqual(ready, [])
    assert.deepEqual(server.engine.orders, [])
  }
})

test('many callers at once never get the same one', async () => {
  const { server, ready } = await openReady()
  await using _ = server
  const key = await server.stranger()
  const made = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const body = { env: { N: `${n}` } }
      return (await server.call('POST /sandbox', n % 2 === 0 ? { key, body } : { body })).body
    }),
  )
  const ids = made.map(({ id }) => id)
  assert.equal(new Set(ids).size, 20)
  assert.deepEqual(ids.filter((id) => ready.includes(id)).sort(), ready.toSorted())
  for (const [n, { id, organizationId }] of made.entries()) {
    const { N, DAYTONA_ORGANIZATION_ID } = server.engine.specs.get(id)?.env ?? {}
    assert.deepEqual([N, DAYTONA_ORGANIZATION_ID], [`${n}`, organizationId])
  }
})

test('they do not outlive their process, whether it is closed or killed, in the midst of a claim too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ready-'))
  try {
    const engine = createFakeEngine()
    const storePath = join(folder, 'store.db')
    const killed = await openTestServer({ engine, storePath, folder, config })
    const before = await readyIn(killed)
    assert.equal(before.length, 2)
    // As a crash leaves it between the two writes of a claim.
    await killed.server.store.warmPools.move(before[0] ?? '', 'ready', 'leaving')
    await engine.setEnv(before[0] ?? '', { SECRET: 'of the first caller' })
    const { server: second, ready } = await openReady({ engine, storePath })
    assert.equal(ready.length, 2)
    assert.ok(before.every((id) => !engine.specs.has(id)))
    const { id } = await second.create()
    assert.ok(ready.includes(id))
    await second[Symbol.asyncDispose]()
    assert.deepEqual([...engine.specs.keys()], [id], 'only what somebody has asked for goes on')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('one that cannot be given its variables is given up, and the caller gets a fresh one', async () => {
  const { server, ready } = await openReady()
  await using _ = server
  server.engine.knobs.failures.setEnv = new Error('the agent does not answer')
  const { id, state } = await server.create()
  assert.equal(state, 'started')
  assert.ok(!ready.includes(id))
  delete server.engine.knobs.failures.setEnv
  const again = await readyIn(server)
  assert.equal(again.length, 2)
  assert.ok([...server.engine.specs.keys()].every((each) => each === id || again.includes(each)))
})

test('where none can be made creates go on, and it is not tried all the time', async () => {
  await using server = await openTestServer({ config })
  server.engine.knobs.failures.create = new Error('the disk is full')
  const attempts = () => server.engine.orders.filter((order) => order.startsWith('create')).length
  await readyIn(server)
  const first = attempts()
  await readyIn(server)
  assert.equal(attempts(), first)
  delete server.engine.knobs.failures.create
  assert.equal((await server.create()).state, 'started')
  server.clock.nowMs += 60_000
  assert.equal((await readyIn(server)).length, 2)
})
