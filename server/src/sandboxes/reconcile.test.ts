import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const minute = 60_000

const open = (engine = createFakeEngine()) => openTestServer({ engine, isRecovered: false })

async function state({ server }: TestServer, id: string): Promise<string | undefined> {
  return (await server.store.sandboxes.byId(id))?.state
}

async function after(server: TestServer, ms: number): Promise<void> {
  server.clock.nowMs += ms
  await server.server.reconcile.round()
}

test('stops what nobody used for its interval, and nothing else', async () => {
  await using server = await open()
  const idle = await server.create({ autoStopInterval: 10 })
  const used = await server.create({ autoStopInterval: 10 })
  const longer = await server.create({ autoStopInterval: 20 })
  const never = await server.create({ autoStopInterval: 0 })
  await after(server, 10 * minute)
  assert.equal(await state(server, idle.id), 'started', 'not before its time')
  server.server.access.touch(used.id)
  await after(server, 1)
  await until(async () => (await state(server, idle.id)) === 'stopped')
  assert.deepEqual(
    await Promise.all([used, longer, never].map(({ id }) => state(server, id))),
    Array(3).fill('started'),
  )
  assert.equal((await server.call(`GET /sandbox/${idle.id}`)).body.desiredState, 'stopped')
})

test('deletes what was stopped for its interval; a stop restarts the clock', async () => {
  await using server = await open()
  const short = await server.create({ autoDeleteInterval: 5 })
  const never = await server.create({ autoDeleteInterval: -1 })
  server.clock.nowMs += 60 * minute
  for (const { id } of [short, never]) await server.call(`POST /sandbox/${id}/stop`)
  await after(server, 5 * minute - 1)
  assert.equal(await state(server, short.id), 'stopped')
  await after(server, 1)
  await until(async () => (await state(server, short.id)) === 'destroyed')
  assert.equal(await state(server, never.id), 'stopped')
})

test('an ephemeral sandbox goes away when it stops: by the clock, and by itself', async () => {
  await using server = await open()
  const idle = await server.create({ autoDeleteInterval: 0, autoStopInterval: 1 })
  const dead = await server.create({ autoDeleteInterval: 0, autoStopInterval: 0 })
  server.engine.lose(dead.id, 'It died')
  await until(async () => (await state(server, dead.id)) === 'stopped')
  await after(server, 2 * minute)
  await until(async () => (await state(server, idle.id)) === 'destroyed')
  await until(async () => (await state(server, dead.id)) === 'destroyed')
  assert.equal(server.engine.specs.size, 0)
})

test('tries a stop and a delete that failed again, later each time', async () => {
  const engine = createFakeEngine()
  await using server = await open(engine)
  const { id } = await server.create()
  engine.knobs.failures.stop = new Error('The runtime does not answer')
  const answer = await server.call(`POST /sandbox/${id}/stop`)
  assert.deepEqual([answer.status, answer.body.state], [200, 'stopping'])
  const stops = () => engine.orders.filter((order) => order === `stop ${id}`).length
  await after(server, 0)
  await until(() => stops() === 2)
  await after(server, 4_000)
  assert.equal(stops(), 2, 'not before 5 s')
  await after(server, 1_000)
  await until(() => stops() === 3)
  await after(server, 5_000)
  assert.equal(stops(), 3, 'the next not before 10 s')
  engine.knobs.failures = {}
  await after(server, 5_000)
  await until(async () => (await state(server, id)) === 'stopped')

  engine.knobs.failures.destroy = new Error('The runtime does not answer')
  assert.equal((await server.call(`DELETE /sandbox/${id}`)).body.state, 'destroying')
  engine.knobs.failures = {}
  await after(server, 0)
  await until(async () => (await state(server, id)) === 'destroyed')
})

test('a round leaves alone what an order is working on', async () => {
  const engine = createFakeEngine({ startDelayMs: 30 })
  await using server = await open(engine)
  const created = server.create()
  await until(() => engine.orders.length === 1)
  await after(server, 0)
  assert.equal((await created).state, 'started')
  assert.equal(engine.orders.length, 1)
})

test('removes rows of destroyed sandboxes after a day, and expired signed tokens', async () => {
  await using server = await open()
  const { id } = await server.create({ labels: { a: 'b' } })
  await server.call(`GET /sandbox/${id}/ports/80/signed-preview-url`)
  await server.call(`DELETE /sandbox/${id}`)
  await until(async () => (await state(server, id)) === 'destroyed')
  await after(server, 24 * 60 * minute)
  assert.equal(await state(server, id), 'destroyed')
  await after(server, 1)
  assert.equal(await state(server, id), undefined)
})

test('a failing part of a round does not keep the others from their work', async () => {
  await using server = await open()
  const { id } = await server.create({ autoStopInterval: 1 })
  server.server.store.signedTokens.purge = async () => {
    throw new Error('The disk is full')
  }
  await after(server, 2 * minute)
  await until(async () => (await state(server, id)) === 'stopped')
  assert.equal(server.faults.length, 1)
})
