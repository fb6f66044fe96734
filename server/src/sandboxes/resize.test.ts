import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, until } from '../testing/test-server.ts'

test('a stopped sandbox takes less of everything but disk, and the engine hears all of it', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ cpu: 3, memory: 4, disk: 3 })
  await server.call(`POST /sandbox/${id}/stop`)
  const { body } = await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 1, disk: 6 } })
  assert.deepEqual([body.state, body.desiredState, body.cpu, body.memory, body.disk], ['stopped', 'stopped', 1, 4, 6])
  const { cpu, memoryGib, diskGib } = server.engine.specs.get(id) ?? {}
  assert.deepEqual([cpu, memoryGib, diskGib], [1, 4, 6])
})

test('of two resizes at once one is refused', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const answers = await Promise.all([2, 3].map((cpu) => server.call(`POST /sandbox/${id}/resize`, { body: { cpu } })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
})

test('what the engine refuses leaves the sandbox as it was, a fault says why', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { failures } = server.engine.knobs
  failures.resize = new PlatformError('BAD_REQUEST', 'The disk cannot shrink')
  const refused = await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 2 } })
  assert.deepEqual([refused.status, refused.body.message], [400, 'The disk cannot shrink'])
  const asBefore = (await server.call(`GET /sandbox/${id}`)).body
  assert.deepEqual([asBefore.state, asBefore.cpu, asBefore.errorReason], ['started', 1, undefined])

  failures.resize = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
  assert.equal((await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 2 } })).status, 507)
  const failed = (await server.call(`GET /sandbox/${id}`)).body
  assert.deepEqual([failed.state, failed.cpu, failed.errorReason], ['started', 1, 'The disks are full'])
})

test('a sandbox that dies while it is resized has the resources, is stopped and says why', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { resize } = server.engine
  server.engine.resize = async (...order) => {
    await resize(...order)
    server.engine.lose(id, 'It ran out of memory')
  }
  const { body } = await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 2 } })
  assert.deepEqual([body.state, body.cpu, body.errorReason], ['stopped', 2, 'It ran out of memory'])
})

test('a sandbox whose disk goes while it is resized is in error', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.resize = async () => {
    server.engine.lose(id, 'Gone', 'absent')
    throw new PlatformError('NOT_FOUND', 'There is no such sandbox')
  }
  await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 2 } })
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.state, body.errorReason, body.recoverable], ['error', 'Its disk is gone', false])
})

test('a resize that a crash left half done is done again', () =>
  acrossCrash({
    async before({ create, server }) {
      const { id } = await create()
      const wanted = { kind: 'resources', cpu: 2, memoryGib: 5, diskGib: 3 } as const
      await server.store.sandboxes.changeState({ id, from: 'started', to: 'resizing', patch: { wanted }, nowMs: 0 })
      return id
    },
    async after({ call, engine }, id) {
      await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'started')
      const { body } = await call(`GET /sandbox/${id}`)
      assert.deepEqual([body.cpu, body.memory, engine.specs.get(id)?.memoryGib], [2, 5, 5])
    },
  }))
