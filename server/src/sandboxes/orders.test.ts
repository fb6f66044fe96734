import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, until } from '../testing/test-server.ts'

test('two starts at once are one', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  server.engine.knobs.startDelayMs = 10
  const answers = await Promise.all([
    server.call(`POST /sandbox/${id}/start`),
    server.call(`POST /sandbox/${id}/start`),
  ])
  assert.deepEqual(
    answers.map((answer) => answer.body.state),
    ['started', 'started'],
  )
  assert.deepEqual(
    server.engine.orders.filter((order) => order.startsWith('start')),
    [`start ${id}`],
  )
})

test('a start while it stops is refused', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.knobs.stopDelayMs = 20
  const stop = server.call(`POST /sandbox/${id}/stop`)
  await until(async () => (await server.call(`GET /sandbox/${id}`)).body.state === 'stopping')
  const start = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual([start.status, start.body.message], [409, 'Sandbox state change in progress'])
  assert.equal((await stop).body.state, 'stopped')
})

test('a start and a stop of a started one at once do not hinder each other', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const [start, stop] = await Promise.all([
    server.call(`POST /sandbox/${id}/start`),
    server.call(`POST /sandbox/${id}/stop`),
  ])
  assert.deepEqual([start.body.state, stop.body.state], ['started', 'stopped'])
})

test('a delete while it is created is refused, and works afterwards', async () => {
  const engine = createFakeEngine({ startDelayMs: 20 })
  await using server = await openTestServer({ engine })
  const created = server.call('POST /sandbox', { body: { name: 'young' } })
  await until(async () => (await server.call('GET /sandbox/young')).body.state === 'creating')
  const early = await server.call('DELETE /sandbox/young')
  assert.deepEqual([early.status, early.body.message], [409, 'Sandbox state change in progress'])
  const { id, state } = (await created).body
  assert.equal(state, 'started')
  assert.equal((await server.call('DELETE /sandbox/young')).status, 200)
  await until(async () => (await engine.inspect(id)).state === 'absent')
})

test('deletes at once are one, and the call does not wait for the engine', async () => {
  const engine = createFakeEngine({ destroyDelayMs: 50 })
  await using server = await openTestServer({ engine })
  const { id } = await server.create()
  const answers = await Promise.all([server.call(`DELETE /sandbox/${id}`), server.call(`DELETE /sandbox/${id}`)])
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.body.state]),
    [
      [200, 'destroying'],
      [200, 'destroying'],
    ],
  )
  assert.equal((await server.call(`DELETE /sandbox/${id}`)).status, 200, 'asking again while it goes is fine')
  await until(async () => (await server.call(`DELETE /sandbox/${id}`)).status === 404)
  assert.deepEqual(engine.orders, [`create ${id}`, `destroy ${id}`])
})

test('of creates with one name at once, one wins', async () => {
  const engine = createFakeEngine({ startDelayMs: 5 })
  await using server = await openTestServer({ engine })
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => server.call('POST /sandbox', { body: { name: 'one' } })),
  )
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, ...Array(7).fill(409)])
  assert.equal(engine.specs.size, 1)
})

test('fifty creates and deletes at once leave nothing behind', async () => {
  const engine = createFakeEngine({ startDelayMs: 2, destroyDelayMs: 2 })
  await using server = await openTestServer({ engine })
  const lives = Array.from({ length: 50 }, async () => {
    const { id } = await server.create()
    assert.equal((await server.call(`DELETE /sandbox/${id}`)).status, 200)
  })
  await Promise.all(lives)
  await until(() => engine.specs.size === 0)
  assert.deepEqual((await server.call('GET /sandbox')).body.items, [])
})

test('a create for which there is no room answers 503 and leaves its name free', async () => {
  const full = new PlatformError('INSUFFICIENT_CAPACITY', 'The machine has no room for another sandbox')
  const engine = createFakeEngine({ failures: { create: full } })
  await using server = await openTestServer({ engine })
  const refused = await server.call('POST /sandbox', { body: { name: 'box' } })
  assert.deepEqual([refused.status, refused.body.code], [503, 'INSUFFICIENT_CAPACITY'])
  assert.deepEqual((await server.call('GET /sandbox')).body.items, [])
  engine.knobs.failures = {}
  assert.equal((await server.create({ name: 'box' })).state, 'started')
})

test('a create that fails leaves a row that says why and can be deleted', async () => {
  const broken = new PlatformError('SERVICE_UNAVAILABLE', 'The agent did not answer')
  const engine = createFakeEngine({ failures: { create: broken } })
  await using server = await openTestServer({ engine })
  const failed = await server.call('POST /sandbox', { body: { name: 'box' } })
  assert.deepEqual([failed.status, failed.body.message], [400, `Sandbox failed to start: ${broken.message}`])
  const { body } = await server.call('GET /sandbox/box')
  assert.deepEqual([body.state, body.errorReason], ['error', broken.message])
  assert.equal((await server.call('DELETE /sandbox/box')).status, 200)
})

test('a create that the engine refuses leaves nothing', async () => {
  const refusal = new PlatformError('BAD_REQUEST', 'The snapshot default has no user nobody')
  await using server = await openTestServer({ engine: createFakeEngine({ failures: { create: refusal } }) })
  const refused = await server.call('POST /sandbox', { body: { name: 'box', user: 'nobody' } })
  assert.deepEqual([refused.status, refused.body.message], [400, refusal.message])
  assert.equal((await server.call('GET /sandbox/box')).status, 404)
})

test('a start that fails leaves it stopped, and it can be tried again', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  server.engine.knobs.failures.start = new PlatformError('SERVICE_UNAVAILABLE', 'Its network could not be made')
  const failed = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual(
    [failed.status, failed.body.message],
    [400, 'Sandbox failed to start: Its network could not be made'],
  )
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.state, body.errorReason], ['stopped', 'Its network could not be made'])
  server.engine.knobs.failures = {}
  assert.equal((await server.call(`POST /sandbox/${id}/start`)).body.state, 'started')
})
