import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { openReceiver, type Received } from '../testing/receiver.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'
import { makeEndpoint } from '../testing/webhook-calls.ts'
import { giveUpMs, retryMs } from './courier.ts'

const second = 1000

/** The only delivery of an endpoint, or the newest. */
async function newest(server: TestServer, path: string) {
  return (await server.call(`GET ${path}/deliveries`)).body.items[0]
}

/** A receiver's headers as the library takes them. */
function verify(secret: string, { body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>)
}

/** Waits until everything due has been tried. */
async function deliver(server: TestServer): Promise<void> {
  await server.server.courier.round()
  await server.server.courier.settled()
}

test('tells what happens, in the forms of the wire, signed as the library checks it', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  const { body } = await makeEndpoint(server, { url: `${receiver.url}/hook` })
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/snapshot`, { body: { name: 'base' } })
  await server.call('POST /snapshots/base/deactivate')
  await server.call('DELETE /snapshots/base')
  const volume = (await server.call('POST /volumes', { body: { name: 'data' } })).body
  await until(async () => {
    await deliver(server)
    return receiver.received.some(({ json }) => json.event === 'snapshot.removed')
  })
  const told = new Map(
    receiver.received.map((one) => [`${one.json.event} ${one.json.newState ?? ''}`.trim(), one.json]),
  )
  const common = { timestamp: '2030-01-01T00:00:00.000Z', organizationId: body.organizationId }
  const createdAt = common.timestamp
  assert.deepEqual(told.get('sandbox.created'), {
    event: 'sandbox.created',
    ...common,
    id,
    state: 'creating',
    class: 'container',
    createdAt,
  })
  assert.deepEqual(told.get('sandbox.state.updated started'), {
    event: 'sandbox.state.updated',
    ...common,
    id,
    oldState: 'snapshotting',
    newState: 'started',
    updatedAt: createdAt,
  })
  const removed = told.get('snapshot.removed')
  assert.deepEqual(
    [removed.name.replace(/^DESTROYED_(.*)_\d+$/, '$1'), removed.removedAt, Object.keys(removed).sort().join()],
    ['base', createdAt, 'event,id,name,organizationId,removedAt,timestamp'],
  )
  assert.deepEqual(told.get('volume.created'), {
    event: 'volume.created',
    ...common,
    id: volume.id,
    name: 'data',
    state: told.get('volume.created').state,
    createdAt,
  })
  assert.deepEqual(
    [...told.keys()].sort(),
    [
      'sandbox.created',
      'sandbox.state.updated snapshotting',
      'sandbox.state.updated started',
      'snapshot.created',
      'snapshot.removed',
      'snapshot.state.updated active',
      'snapshot.state.updated inactive',
      'snapshot.state.updated removing',
      'volume.created',
      ...[...told.keys()].filter((key) => key.startsWith('volume.state.updated')),
    ].sort(),
  )
  for (const received of receiver.received) {
    assert.deepEqual(verify(body.secret, received), received.json)
    assert.equal(received.headers['user-agent'], 'Sandyard-Webhooks/9.9.9')
    assert.equal(received.path, '/hook')
  }
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(server.faults, [])
})

test('an endpoint gets what it asks for, of its own organization', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  const { path } = await makeEndpoint(server, { url: receiver.url, events: ['snapshot.created', 'sandbox.created'] })
  const disabled = await makeEndpoint(server, { url: `${receiver.url}/disabled`, enabled: false })
  await server.call('POST /sandbox', { key: await server.stranger(), body: {} })
  const { id } = await server.create()
  await deliver(server)
  assert.deepEqual(receiver.received.map(({ path: at, json }) => [at, json.event, json.id]).at(-1), [
    '/',
    'sandbox.created',
    id,
  ])
  assert.ok(receiver.received.every(({ json }) => json.event === 'sandbox.created'))
  assert.equal((await server.call(`GET ${disabled.path}/deliveries`)).body.total, 0)
  const { organizationId } = (await server.call(`GET ${path}`)).body
  assert.ok(receiver.received.every(({ json }) => json.organizationId === organizationId))
})

test('a replaced secret signs for a day beside the new one', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  const { path, body } = await makeEndpoint(server, { url: receiver.url })
  const { secret } = (await server.call(`POST ${path}/rotate-secret`)).body
  await server.call(`POST ${path}/test`)
  await receiver.count(1)
  const [both] = receiver.received
  assert.ok(both !== undefined)
  assert.ok(verify(body.secret, both))
  assert.ok(verify(secret, both))
  server.clock.nowMs += 24 * 3600 * second
  await server.call(`POST ${path}/test`)
  await receiver.count(2)
  const newOnly = receiver.received[1]
  assert.ok(newOnly !== undefined)
  assert.ok(verify(secret, newOnly))
  assert.throws(() => verify(body.secret, newOnly))
})

test('what fails is tried again, later each time, and given up in the end; a replay begins anew', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  receiver.answer = (_, response) => void response.writeHead(500).end(`no \u0000 ${'x'.repeat(5000)}`)
  const { path } = await makeEndpoint(server, { url: receiver.url })
  const { id } = (await server.call(`POST ${path}/test`)).body
  for (const [index, waitMs] of retryMs.entries()) {
    await server.server.courier.settled()
    const delivery = await newest(server, path)
    assert.deepEqual([delivery.state, delivery.attempts, delivery.responseStatus], ['pending', index + 1, 500])
    assert.equal(Date.parse(delivery.nextAttemptAt), server.clock.nowMs + waitMs)
    assert.equal(delivery.error, 'Answered 500')
    assert.ok(delivery.responseExcerpt.startsWith('no \ufffd xxx') && delivery.responseExcerpt.length === 1000)
    server.clock.nowMs += waitMs - 1
    await deliver(server)
    assert.equal(receiver.received.length, index + 1, 'not before its time')
    server.clock.nowMs += 1
    await deliver(server)
  }
  const failed = await newest(server, path)
  assert.deepEqual([failed.state, failed.attempts, failed.nextAttemptAt], ['failed', retryMs.length + 1, null])
  assert.ok((await server.call(`GET ${path}`)).body.failingSince !== null)
  assert.deepEqual(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])), new Set([id]))

  receiver.answer = (_, response) => void response.writeHead(200).end('fine')
  assert.equal((await server.call(`POST ${path}/replay-failed`, { body: { since: '2030-01-01' } })).body.count, 1)
  await server.server.courier.settled()
  const delivered = await newest(server, path)
  assert.deepEqual([delivered.state, delivered.responseStatus, delivered.error], ['delivered', 200, null])
  assert.equal(delivered.responseExcerpt, 'fine')
  assert.equal((await server.call(`GET ${path}`)).body.failingSince, null)
  assert.deepEqual(server.faults, [])
})

test('an endpoint that fails is left in peace, and after days it is disabled', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  receiver.answer = (_, response) => void response.writeHead(503).end()
  const { path } = await makeEndpoint(server, { url: receiver.url })
  for (let index = 0; index < 20; index += 1) await server.create()
  await deliver(server)
  assert.ok(receiver.received.length <= 6, `${receiver.received.length} of 40 messages were tried`)
  const afterFirst = receiver.received.length
  for (let minute = 0; minute < 60; minute += 1) {
    server.clock.nowMs += 60 * second
    await deliver(server)
  }
  assert.ok(receiver.received.length - afterFirst < 20, `${receiver.received.length} tries in an hour`)
  server.clock.nowMs += giveUpMs
  await deliver(server)
  const disabled = (await server.call(`GET ${path}`)).body
  assert.deepEqual(
    [disabled.enabled, disabled.disabledReason],
    [false, 'Nothing has reached the endpoint for five days'],
  )
  assert.equal((await server.call(`GET ${path}/deliveries?state=pending`)).body.total, 0)
  await server.create()
  assert.equal((await server.call(`GET ${path}/deliveries?state=pending`)).body.total, 0, 'nothing new is kept for it')

  receiver.answer = (_, response) => void response.writeHead(204).end()
  await server.call(`PATCH ${path}`, { body: { enabled: true } })
  const { count } = (await server.call(`POST ${path}/replay-failed`, { body: { since: '2030-01-01' } })).body
  assert.ok(count >= 40)
  await server.server.courier.settled()
  assert.equal((await server.call(`GET ${path}/deliveries?state=delivered`)).body.total, count)
})

test('410 Gone disables the endpoint at once', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using receiver = await openReceiver()
  receiver.answer = (_, response) => void response.writeHead(410).end('moved away')
  const { path } = await makeEndpoint(server, { url: receiver.url })
  await server.call(`POST ${path}/test`)
  await server.server.courier.settled()
  const { enabled, disabledReason } = (await server.call(`GET ${path}`)).body
  assert.deepEqual([enabled, disabledReason], [false, 'The endpoint answered 410 Gone'])
  const { state, attempts, responseStatus, responseExcerpt } = await newest(server, path)
  assert.deepEqual([state, attempts, responseStatus, responseExcerpt], ['failed', 1, 410, 'moved away'])
  assert.equal((await server.call(`POST ${path}/test`)).status, 400)
})

test('more than the queue holds is given up, the oldest first, and can be replayed', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { path, body } = await makeEndpoint(server)
  const { webhookDeliveries } = server.server.store
  for (let index = 0; index < 30; index += 1) {
    const message = { endpointId: body.id, eventId: `e${index}`, type: 'webhook.test', data: '{}' }
    await webhookDeliveries.insert(message, server.clock.nowMs + index)
  }
  const bounds = { queue: 10, log: 15, afterMs: 0 }
  assert.equal(await webhookDeliveries.trim(body.id, bounds, 'too many'), 20)
  const { items, total } = (await server.call(`GET ${path}/deliveries?limit=200`)).body
  assert.equal(total, 25, 'ten wait, fifteen are remembered')
  const ofState = (state: string) => items.filter((item: { state: string }) => item.state === state)
  assert.deepEqual(
    [ofState('pending').at(-1).id, ofState('failed')[0].id, ofState('failed').at(-1).id],
    ['e20', 'e19', 'e5'],
  )
  assert.equal(ofState('failed')[0].error, 'too many')
  await webhookDeliveries.trim(body.id, { ...bounds, afterMs: server.clock.nowMs + 18 }, 'too many')
  assert.equal((await server.call(`GET ${path}/deliveries?state=failed`)).body.total, 2)
})

test('an endpoint that never answers does not keep the others waiting', async () => {
  await using server = await openTestServer({ isRecovered: false })
  await using silent = await openReceiver()
  await using quick = await openReceiver()
  silent.answer = () => {}
  const { path } = await makeEndpoint(server, { url: silent.url })
  await makeEndpoint(server, { url: quick.url })
  for (let index = 0; index < 30; index += 1) await server.create()
  await quick.count(60)
  assert.ok(silent.received.length <= 4, `${silent.received.length} are on their way to the silent one`)
  const { total } = (await server.call(`GET ${path}/deliveries?state=pending`)).body
  assert.ok(total >= 60)
  await server.server.courier.close()
  const [newestPending] = (await server.call(`GET ${path}/deliveries?state=pending&limit=200`)).body.items.slice(-1)
  assert.equal(newestPending.attempts, 0, 'what our own end has cut off is no failure of the endpoint')
})
