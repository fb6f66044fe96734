import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

/** Makes a pool of the default snapshot and waits until it is filled; answers the ids that are in it. */
async function openPool(server: TestServer, pool: number, key?: string): Promise<{ id: string; warm: string[] }> {
  const { status, body } = await server.call('POST /warm-pools', {
    body: { snapshot: 'default', pool },
    ...(key === undefined ? {} : { key }),
  })
  assert.equal(status, 201, JSON.stringify(body))
  await server.server.warm.settled()
  return { id: body.id, warm: [...server.engine.specs.keys()] }
}

const sizeOf = async ({ call }: TestServer): Promise<number> => (await call('GET /warm-pools')).body[0].currentSize

test('a create call takes a warm sandbox, which is then like any other', async () => {
  await using server = await openTestServer()
  const { call, engine, clock } = server
  const { warm } = await openPool(server, 2)
  assert.equal(warm.length, 2)
  assert.deepEqual((await call('GET /sandbox')).body.items, [], 'nobody sees those in the pool')
  for (const id of warm) assert.equal((await call(`GET /sandbox/${id}`)).status, 404)
  const ordersBefore = engine.orders.length
  engine.knobs.startDelayMs = 300
  clock.nowMs += 60_000
  const body = { name: 'mine', labels: { a: 'b' }, public: true, autoStopInterval: 7 }
  const { body: sandbox } = await call('POST /sandbox', { body })
  assert.ok(warm.includes(sandbox.id), 'it is one of the pool')
  assert.deepEqual([sandbox.state, sandbox.name, sandbox.labels, sandbox.public], ['started', 'mine', { a: 'b' }, true])
  assert.equal(sandbox.createdAt, new Date(clock.nowMs).toISOString())
  assert.equal(sandbox.autoStopInterval, 7)
  assert.ok(!engine.orders.slice(ordersBefore).some((order) => order.endsWith(sandbox.id)))
  assert.equal((await call('GET /sandbox')).body.items.length, 1)
  assert.equal((await call('GET /sandbox/mine')).body.id, sandbox.id)
  await server.server.warm.settled()
  assert.equal(await sizeOf(server), 2, 'another one takes its place')
  assert.equal((await call(`DELETE /sandbox/${sandbox.id}`)).status, 200)
})

test('what is asked for beyond the pool is changed in the warm one: it ends up as a fresh one would', async () => {
  const body = {
    env: { A: '1', LANG: 'C' },
    networkAllowList: '192.0.2.0/24',
    cpu: 2,
    memory: 2,
    disk: 5,
  }
  await using fresh = await openTestServer()
  await using server = await openTestServer()
  const { warm } = await openPool(server, 1)
  const [one, other] = await Promise.all([fresh.create(body), server.create(body)])
  assert.deepEqual([other.id], warm)
  const plain = (text: string, { id, organizationId }: typeof one): string =>
    text.replaceAll(id, 'ID').replaceAll(organizationId, 'ORGANIZATION')
  assert.equal(
    plain(JSON.stringify(server.engine.specs.get(other.id)), other),
    plain(JSON.stringify(fresh.engine.specs.get(one.id)), one),
  )
})

test('what a warm one cannot become is made', async () => {
  await using server = await openTestServer({
    engine: createFakeEngine({
      snapshots: [
        { name: 'default', sizeBytes: 1, createdAtMs: 0, user: 'daytona', entrypoint: ['serve'] },
        { name: 'other', sizeBytes: 1, createdAtMs: 0, user: 'daytona', entrypoint: null },
      ],
    }),
  })
  const { warm } = await openPool(server, 1)
  for (const body of [{ user: 'root' }, { snapshot: 'other' }, { disk: 1 }, { env: { A: '1' } }]) {
    const { id } = await server.create(body)
    assert.ok(!warm.includes(id), JSON.stringify(body))
  }
  assert.deepEqual((await server.create()).id, warm[0])
})

test('many callers at once never get the same one', async () => {
  await using server = await openTestServer()
  const { warm } = await openPool(server, 5)
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) => server.create(i % 2 === 0 ? {} : { env: { N: `${i}` } })),
  )
  const ids = made.map(({ id }) => id)
  assert.equal(new Set(ids).size, 20)
  assert.equal(ids.filter((id) => warm.includes(id)).length, 5)
  await server.server.warm.settled()
  for (const [i, { id }] of made.entries()) {
    assert.equal(server.engine.specs.get(id)?.env.N, i % 2 === 0 ? undefined : `${i}`)
  }
})

test('a taken name is told, and costs no warm sandbox', async () => {
  await using server = await openTestServer()
  await server.create({ name: 'mine' })
  const { warm } = await openPool(server, 1)
  const { status } = await server.call('POST /sandbox', { body: { name: 'mine' } })
  assert.equal(status, 409)
  assert.deepEqual((await server.create()).id, warm.at(-1))
})

test('another organization gets none and sees none', async () => {
  await using server = await openTestServer()
  const { id, warm } = await openPool(server, 1)
  const key = await server.stranger()
  const { body } = await server.call('POST /sandbox', { key, body: {} })
  assert.ok(!warm.includes(body.id))
  assert.deepEqual((await server.call('GET /warm-pools', { key })).body, [])
  for (const request of [`PATCH /warm-pools/${id}`, `DELETE /warm-pools/${id}`]) {
    assert.equal((await server.call(request, { key, body: { pool: 1 } })).status, 404)
  }
})

test('one that died in the pool is given to nobody and replaced', async () => {
  await using server = await openTestServer()
  const { warm } = await openPool(server, 1)
  const [dead] = warm
  server.engine.lose(dead ?? '', 'killed')
  const { id } = await server.create()
  assert.notEqual(id, dead)
  server.server.warm.poke()
  await server.server.warm.settled()
  assert.equal(await sizeOf(server), 1)
  assert.ok(!server.engine.specs.has(dead ?? ''))
})

test('a pool that cannot be filled says why, tries later, and is quiet when it works again', async () => {
  await using server = await openTestServer()
  const { call, engine, clock } = server
  engine.knobs.failures.create = new Error('the disk is full')
  const { id } = await openPool(server, 2)
  const attempts = () => engine.orders.filter((order) => order.startsWith('create')).length
  assert.equal(attempts(), 1)
  assert.match((await call('GET /warm-pools')).body[0].errorReason, /fault of the platform/)
  const again = async () => {
    server.server.warm.poke()
    await server.server.warm.settled()
  }
  await again()
  assert.equal(attempts(), 1, 'not at once')
  delete engine.knobs.failures.create
  clock.nowMs += 6_000
  await again()
  const { errorReason, currentSize } = (await call('GET /warm-pools')).body[0]
  assert.deepEqual([errorReason, currentSize], [null, 2])
  assert.equal((await call(`PATCH /warm-pools/${id}`, { body: { pool: 0 } })).status, 200)
  await server.server.warm.settled()
  assert.deepEqual([await sizeOf(server), engine.specs.size], [0, 0])
})

test('what a crash leaves of a claim or of the making is destroyed, and never given to another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'warm-'))
  try {
    const engine = createFakeEngine()
    const storePath = join(folder, 'store.db')
    const first = await openTestServer({ engine, storePath })
    const { warm } = await openPool(first, 3)
    // As if the process had died between the two writes of a claim, and in the midst of a making.
    const { warmPools } = first.server.store
    await warmPools.move(warm[0] ?? '', 'ready', 'leaving')
    await engine.setEnv(warm[0] ?? '', { SECRET: 'of the first caller' })
    await warmPools.move(warm[1] ?? '', 'ready', 'making')
    await first[Symbol.asyncDispose]()
    await using second = await openTestServer({ engine, storePath })
    second.server.warm.poke()
    await second.server.warm.settled()
    assert.equal(await sizeOf(second), 3)
    assert.ok(!engine.specs.has(warm[0] ?? ''))
    assert.ok(!engine.specs.has(warm[1] ?? ''))
    assert.ok(engine.specs.has(warm[2] ?? ''))
    assert.ok([...engine.specs.values()].every(({ env }) => env.SECRET === undefined))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a claim whose change fails is given up, and the caller gets a fresh one', async () => {
  await using server = await openTestServer()
  const { warm } = await openPool(server, 1)
  server.engine.knobs.failures.setEnv = new Error('the agent does not answer')
  const { id, state } = await server.create({ env: { A: '1' } })
  assert.equal(state, 'started')
  assert.notEqual(id, warm[0])
  assert.equal(server.engine.specs.get(id)?.env.A, '1')
  server.server.warm.poke()
  await server.server.warm.settled()
  assert.ok(!server.engine.specs.has(warm[0] ?? ''))
})
