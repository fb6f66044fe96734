import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const minute = 60_000

async function state({ server }: TestServer, id: string): Promise<string | undefined> {
  return (await server.store.sandboxes.byId(id))?.state
}

async function after(server: TestServer, ms: number): Promise<void> {
  server.clock.nowMs += ms
  await server.server.reconcile.round()
}

const open = () => openTestServer({ isRecovered: false })

test('archives what was stopped for its interval, and deletes what is archived by the time of its stop', async () => {
  await using server = await open()
  const short = await server.create({ autoArchiveInterval: 5, autoDeleteInterval: 20 })
  const longer = await server.create({ autoArchiveInterval: 60 })
  const running = await server.create({ autoArchiveInterval: 5, autoStopInterval: 0 })
  for (const { id } of [short, longer]) await server.call(`POST /sandbox/${id}/stop`)
  await after(server, 5 * minute)
  assert.equal(await state(server, short.id), 'stopped', 'not before its time')
  await after(server, 1)
  await until(async () => (await state(server, short.id)) === 'archived')
  assert.deepEqual([await state(server, longer.id), await state(server, running.id)], ['stopped', 'started'])
  await after(server, 15 * minute)
  await until(async () => (await state(server, short.id)) === 'destroyed')
})

test('pauses what nobody used for its interval, and leaves it paused', async () => {
  await using server = await open()
  const idle = await server.create({ autoPauseInterval: 10 })
  const used = await server.create({ autoPauseInterval: 10 })
  assert.equal((await server.call(`GET /sandbox/${idle.id}`)).body.autoStopInterval, 0)
  server.clock.nowMs += 10 * minute
  server.server.access.touch(used.id)
  await after(server, 1)
  await until(async () => (await state(server, idle.id)) === 'paused')
  assert.equal(await state(server, used.id), 'started')
  await server.call(`POST /sandbox/${used.id}/autopause/0`)
  await after(server, 1000 * minute)
  assert.deepEqual([await state(server, idle.id), await state(server, used.id)], ['paused', 'started'])
})

test('deletes what has come to its end, whatever its state, forks or not', async () => {
  await using server = await open()
  const ids: Record<string, string> = {}
  for (const verb of ['run', 'pause', 'stop', 'archive', 'fork', 'lose', 'later', 'never']) {
    const ttlMinutes = { later: 31, never: 0 }[verb] ?? 30
    ids[verb] = (await server.create({ ttlMinutes, autoStopInterval: 0 })).id
  }
  await server.call(`POST /sandbox/${ids.pause}/pause`)
  for (const verb of ['stop', 'archive']) await server.call(`POST /sandbox/${ids[verb]}/stop`)
  await server.call(`POST /sandbox/${ids.archive}/archive`)
  const fork = (await server.call(`POST /sandbox/${ids.fork}/fork`)).body.id
  await server.call(`POST /sandbox/${fork}/ttl/0`)
  server.engine.lose(ids.lose ?? '', 'Gone', 'absent')
  await until(async () => (await state(server, ids.lose ?? '')) === 'error')
  await after(server, 30 * minute - 1)
  assert.equal(await state(server, ids.run ?? ''), 'started')
  await after(server, 1)
  for (const verb of ['run', 'pause', 'stop', 'archive', 'fork', 'lose']) {
    await until(async () => (await state(server, ids[verb] ?? '')) === 'destroyed')
  }
  for (const id of [ids.later, ids.never, fork]) assert.equal(await state(server, id ?? ''), 'started')
})

test('an order by the clock that fails is given again, later each time', async () => {
  await using server = await open()
  const { id } = await server.create({ autoPauseInterval: 1 })
  server.engine.knobs.failures.pause = new PlatformError('SERVICE_UNAVAILABLE', 'The runtime does not answer')
  const pauses = () => server.engine.orders.filter((order) => order === `pause ${id}`).length
  const rests = async () => (await state(server, id)) === 'started'
  await after(server, 2 * minute)
  await until(async () => pauses() === 1 && (await rests()))
  await after(server, 4_000)
  assert.equal(pauses(), 1, 'not before 5 s')
  await after(server, 1_000)
  await until(async () => pauses() === 2 && (await rests()))
  await after(server, 5_000)
  assert.equal(pauses(), 2, 'the next not before 10 s')
  server.engine.knobs.failures = {}
  await after(server, 5_000)
  await until(async () => (await state(server, id)) === 'paused')
})
