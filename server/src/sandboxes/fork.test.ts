import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const states = async ({ call }: TestServer, ...ids: string[]) =>
  Promise.all(ids.map(async (id) => (await call(`GET /sandbox/${id}`)).body.state))

test('a fork without a name is called by its id, and lives on when its parent is stopped', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const child = await server.call(`POST /sandbox/${id}/fork`)
  assert.equal(child.body.name, child.body.id)
  await server.call(`POST /sandbox/${id}/stop`)
  assert.deepEqual(await states(server, id, child.body.id), ['stopped', 'started'])
})

test('a taken name leaves the parent as it was', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ name: 'taken' })
  const answer = await server.call(`POST /sandbox/${id}/fork`, { body: { name: 'taken' } })
  assert.deepEqual([answer.status, answer.body.message], [409, 'Sandbox with name taken already exists'])
  assert.deepEqual(await states(server, id), ['started'])
  assert.deepEqual(server.engine.orders, [`create ${id}`])
})

test('a fork that fails leaves the parent as it was and its name free', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.knobs.failures.fork = new PlatformError('INSUFFICIENT_CAPACITY', 'There is no room')
  const failed = await server.call(`POST /sandbox/${id}/fork`, { body: { name: 'twig' } })
  assert.deepEqual([failed.status, failed.body.message], [503, 'There is no room'])
  assert.deepEqual(await states(server, id), ['started'])
  const all = await server.call(`GET /sandbox/${id}/forks?includeDestroyed=true`)
  assert.deepEqual([all.body.length, all.body[0].errorReason], [1, 'There is no room'])
  server.engine.knobs.failures = {}
  assert.equal((await server.call(`POST /sandbox/${id}/fork`, { body: { name: 'twig' } })).status, 200)
})

test('while it is forked, other changes of the parent and the child are refused, and programs inside answer', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ public: true })
  server.engine.knobs.startDelayMs = 60
  const forked = server.call(`POST /sandbox/${id}/fork`, { body: { name: 'twig' } })
  await until(async () => (await states(server, 'twig'))[0] === 'creating')
  assert.deepEqual(await states(server, id), ['forking'])
  for (const request of [`POST /sandbox/${id}/fork`, `POST /sandbox/${id}/stop`, `DELETE /sandbox/${id}`]) {
    const { status } = await server.call(request)
    assert.ok(status === 409 || (status === 400 && request.startsWith('DELETE')), `${request} answered ${status}`)
  }
  assert.equal((await server.call('DELETE /sandbox/twig')).status, 409)
  const door = await server.server.access.check({ label: id, target: { kind: 'port', port: 80 }, credentials: {} })
  assert.equal(door.kind === 'granted' && door.state, 'started')
  assert.equal((await forked).body.state, 'started')
  assert.deepEqual(await states(server, id), ['started'])
})

test('a parent is deleted after its forks; the clock and its own stop do not wait for them', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const parent = await server.create()
  const child = (await server.call(`POST /sandbox/${parent.id}/fork`)).body
  assert.equal((await server.call(`DELETE /sandbox/${parent.id}`)).status, 400)
  await server.call(`DELETE /sandbox/${child.id}`)
  assert.equal((await server.call(`DELETE /sandbox/${parent.id}`)).status, 200)

  const ephemeral = await server.create({ autoDeleteInterval: 0 })
  const orphan = (await server.call(`POST /sandbox/${ephemeral.id}/fork`)).body
  assert.equal((await server.call(`POST /sandbox/${ephemeral.id}/stop`)).body.desiredState, 'destroyed')
  await until(async () => (await server.call(`GET /sandbox/${ephemeral.id}`)).status === 404)
  assert.equal((await server.call(`GET /sandbox/${orphan.id}/parent`)).status, 404)
  assert.deepEqual((await server.call(`GET /sandbox/${orphan.id}/ancestors`)).body, [])
})

test('a parent that dies while it is forked is stopped and says why; the fork is there', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { fork } = server.engine
  server.engine.fork = async (...order) => {
    await fork(...order)
    server.engine.lose(id, 'It ran out of memory')
  }
  const child = await server.call(`POST /sandbox/${id}/fork`)
  assert.equal(child.body.state, 'started')
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.state, body.errorReason], ['stopped', 'It ran out of memory'])
})

/** Leaves a fork half made: the rows are written, the engine has heard nothing. */
async function leaveHalfForked({ create, server, engine }: TestServer) {
  const { id } = await create()
  const source = await server.store.sandboxes.byId(id)
  assert.ok(source !== undefined)
  const childId = randomUUID()
  const child = { ...source, id: childId, name: 'twig', parentId: id, state: 'creating' as const }
  const change = { id, from: 'started', to: 'forking', patch: {}, nowMs: 0 } as const
  await server.store.sandboxes.changeStateWith(change, { sandbox: child })
  const spec = engine.specs.get(id)
  assert.ok(spec !== undefined)
  return { id, childId, childSpec: { ...spec, id: childId } }
}

test('a fork that a crash left half done is made', () =>
  acrossCrash({
    before: leaveHalfForked,
    async after(server, { id, childId }) {
      await until(async () => (await states(server, id, childId)).join() === 'started,started')
      assert.deepEqual(server.engine.orders, [`create ${id}`, `fork ${id}`])
    },
  }))

test('a fork that the engine had made before a crash is there', () =>
  acrossCrash({
    before: leaveHalfForked,
    meanwhile: (engine, { id, childSpec }) => void engine.fork(id, childSpec),
    async after(server, { id, childId }) {
      await until(async () => (await states(server, id, childId)).join() === 'started,started')
      assert.deepEqual(server.engine.orders, [`create ${id}`, `fork ${id}`])
    },
  }))

test('a fork whose parent is lost in a crash goes', () =>
  acrossCrash({
    before: leaveHalfForked,
    meanwhile: (engine, { id }) => engine.lose(id, 'Gone', 'absent'),
    async after(server, { id, childId }) {
      await until(async () => (await server.call(`GET /sandbox/${childId}`)).status === 404)
      assert.deepEqual(await states(server, id), ['error'])
    },
  }))

test('a fork of a parent that the machine has stopped meanwhile is made, and the parent is stopped', () =>
  acrossCrash({
    before: leaveHalfForked,
    meanwhile: (engine, { id }) => engine.lose(id, 'The machine was started again'),
    async after(server, { id, childId }) {
      await until(async () => (await states(server, id, childId)).join() === 'stopped,started')
      assert.match((await server.call(`GET /sandbox/${id}`)).body.errorReason, /while the platform was not running/)
    },
  }))
