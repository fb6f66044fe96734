import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { openTestServer, until } from '../testing/test-server.ts'

test('a paused sandbox goes on where it was, with the same preview token', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const token = async () => (await server.call(`GET /sandbox/${id}/ports/1/preview-url`)).body.token
  const before = await token()
  await server.call(`POST /sandbox/${id}/pause`)
  const { body } = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual([body.state, body.desiredState], ['started', 'started'])
  assert.equal(await token(), before)
  assert.deepEqual(server.engine.orders, [`create ${id}`, `pause ${id}`, `resume ${id}`])
})

test('a paused sandbox can be stopped and deleted', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/pause`)
  assert.equal((await server.call(`POST /sandbox/${id}/stop`)).body.state, 'stopped')
  await server.call(`POST /sandbox/${id}/start`)
  await server.call(`POST /sandbox/${id}/pause`)
  assert.equal((await server.call(`DELETE /sandbox/${id}`)).status, 200)
  await until(() => server.engine.specs.size === 0)
})

test('an ephemeral sandbox that is stopped while it is paused goes away', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ autoDeleteInterval: 0 })
  await server.call(`POST /sandbox/${id}/pause`)
  assert.equal((await server.call(`POST /sandbox/${id}/stop`)).body.desiredState, 'destroyed')
})

test('pauses at once are one; a stop beside them is refused', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const answers = await Promise.all(
    ['pause', 'pause', 'stop'].map((verb) => server.call(`POST /sandbox/${id}/${verb}`)),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 409],
  )
  assert.deepEqual(server.engine.orders, [`create ${id}`, `pause ${id}`])
})

test('what cannot be paused or resumed stays as it was and says why', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { failures } = server.engine.knobs
  failures.pause = new PlatformError('NOT_IMPLEMENTED', 'This engine cannot do that yet')
  assert.equal((await server.call(`POST /sandbox/${id}/pause`)).status, 501)
  const refused = (await server.call(`GET /sandbox/${id}`)).body
  assert.deepEqual([refused.state, refused.desiredState, refused.errorReason], ['started', 'started', undefined])
  delete failures.pause
  await server.call(`POST /sandbox/${id}/pause`)
  failures.resume = new PlatformError('SERVICE_UNAVAILABLE', 'The runtime does not answer')
  assert.equal((await server.call(`POST /sandbox/${id}/start`)).status, 503)
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual(
    [body.state, body.desiredState, body.errorReason],
    ['paused', 'paused', 'The runtime does not answer'],
  )
})

test('a fault of the engine is a fault of the platform, and the sandbox comes to rest where it is', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.pause = async () => {
    server.engine.lose(id, 'It died')
    throw new Error('inner text')
  }
  assert.equal((await server.call(`POST /sandbox/${id}/pause`)).status, 500)
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.equal(body.state, 'stopped')
  assert.ok(['It died', 'A fault of the platform; its log tells more'].includes(body.errorReason))
  server.faults.length = 0
})

test('a paused sandbox that dies is stopped and says why', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/pause`)
  server.engine.lose(id, 'It ran out of memory')
  await until(async () => (await server.call(`GET /sandbox/${id}`)).body.state === 'stopped')
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.desiredState, body.errorReason], ['stopped', 'It ran out of memory'])
})
