import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const save = ({ call }: TestServer, id: string, name: string) =>
  call(`POST /sandbox/${id}/snapshot`, { body: { name } })

test('a sandbox from a snapshot has what its source had, and stands on what the engine has saved', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ cpu: 2, memory: 3, disk: 4 })
  await save(server, id, 'base:v1')
  const snapshot = (await server.call('GET /snapshots/base:v1')).body
  assert.equal(snapshot.lastUsedAt, null)
  const made = (await server.call('POST /sandbox', { body: { snapshot: 'base:v1' } })).body
  assert.deepEqual([made.snapshot, made.cpu, made.memory, made.disk], ['base:v1', 2, 3, 4])
  const spec = server.engine.specs.get(made.id)
  assert.equal(spec?.snapshot, snapshot.id)
  assert.equal(spec?.env.DAYTONA_SANDBOX_SNAPSHOT, 'base:v1')
  assert.equal((await server.call('GET /snapshots/base:v1')).body.lastUsedAt, '2030-01-01T00:00:00.000Z')
  const byId = await server.call('POST /sandbox', { body: { snapshot: snapshot.id, cpu: 1 } })
  assert.deepEqual([byId.body.snapshot, byId.body.cpu, byId.body.memory], ['base:v1', 1, 3])
  const fork = (await server.call(`POST /sandbox/${made.id}/fork`)).body
  assert.equal(server.engine.specs.get(fork.id)?.snapshot, snapshot.id)
})

test('a stopped sandbox can be saved, and is stopped after it', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  assert.equal((await save(server, id, 'a')).body.state, 'stopped')
  assert.equal((await server.call('GET /snapshots/a')).body.state, 'active')
})

test('what one organization saves is not there for another, and both may use one name', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await save(server, id, 'mine')
  const snapshot = (await server.call('GET /snapshots/mine')).body
  const key = await server.stranger()
  for (const name of ['mine', snapshot.id]) {
    assert.equal((await server.call(`GET /snapshots/${name}`, { key })).status, 404)
    assert.equal((await server.call(`DELETE /snapshots/${name}`, { key })).status, 404)
    assert.equal((await server.call('POST /sandbox', { key, body: { snapshot: name } })).status, 400)
  }
  assert.equal((await server.call('GET /snapshots', { key })).body.total, 1)
  const theirs = (await server.call('POST /sandbox', { key })).body
  assert.equal((await server.call(`POST /sandbox/${theirs.id}/snapshot`, { key, body: { name: 'mine' } })).status, 200)
})

test('a save that the engine refuses leaves nothing; one that fails says why and can be deleted', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { failures } = server.engine.knobs
  failures.saveSnapshot = new PlatformError('NOT_IMPLEMENTED', 'This engine cannot do that yet')
  assert.equal((await save(server, id, 'a')).status, 501)
  assert.equal((await server.call('GET /snapshots/a')).status, 404)

  failures.saveSnapshot = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
  assert.equal((await save(server, id, 'a')).status, 507)
  const { body } = await server.call('GET /snapshots/a')
  assert.deepEqual([body.state, body.errorReason, body.size], ['error', 'The disks are full', null])
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'started')
  failures.saveSnapshot = undefined as never
  delete failures.saveSnapshot
  assert.equal((await save(server, id, 'a')).status, 409)
  assert.equal((await server.call('DELETE /snapshots/a')).status, 200)
  assert.equal((await save(server, id, 'a')).status, 200)
})

test('a snapshot that is deleted is gone at once; the engine keeps it for the sandboxes that stand on it', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id } = await server.create()
  await save(server, id, 'base')
  const user = (await server.call('POST /sandbox', { body: { snapshot: 'base' } })).body
  assert.equal((await server.call('DELETE /snapshots/base')).status, 200)
  assert.equal((await server.call('GET /snapshots')).body.total, 1)
  assert.equal((await server.call('POST /sandbox', { body: { snapshot: 'base' } })).status, 400)
  assert.equal((await save(server, id, 'base')).status, 200, 'its name is free')
  await server.server.reconcile.round()
  assert.equal(server.engine.snapshots().length, 3, 'the engine still has it')
  await server.call(`POST /sandbox/${user.id}/stop`)
  assert.equal((await server.call(`POST /sandbox/${user.id}/start`)).body.state, 'started')
  await server.call(`DELETE /sandbox/${user.id}`)
  await until(async () => (await server.call(`GET /sandbox/${user.id}`)).status === 404)
  await server.server.reconcile.round()
  assert.equal(server.engine.snapshots().length, 2)
})

test('a removal that the engine could not do is tried again', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id } = await server.create()
  await save(server, id, 'base')
  for (const failure of [new PlatformError('CONFLICT', 'A sandbox stands on it'), new Error('inner text')]) {
    server.engine.knobs.failures.removeSnapshot = failure
    await server.call('DELETE /snapshots/base')
    await server.server.reconcile.round()
    assert.equal(server.engine.snapshots().length, 2)
  }
  server.engine.knobs.failures = {}
  await server.server.reconcile.round()
  assert.equal(server.engine.snapshots().length, 1)
  assert.deepEqual(server.faults, [])
})

test('of two saves at once one is refused, and neither can be deleted while it is saved', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { saveSnapshot } = server.engine
  const gate = Promise.withResolvers<void>()
  server.engine.saveSnapshot = async (...order) => {
    await gate.promise
    return saveSnapshot(...order)
  }
  const first = save(server, id, 'a')
  await until(async () => (await server.call('GET /snapshots/a')).body.state === 'snapshotting')
  assert.equal((await save(server, id, 'b')).status, 409)
  const early = await server.call('DELETE /snapshots/a')
  assert.deepEqual([early.status, early.body.message], [409, 'Snapshot a is still being saved'])
  assert.equal((await server.call('POST /sandbox', { body: { snapshot: 'a' } })).status, 400)
  gate.resolve()
  assert.equal((await first).body.state, 'started')
})

/** Leaves a save half done: the rows are written, the engine has heard nothing. */
async function leaveHalfSaved({ create, server }: TestServer) {
  const { id } = await create()
  const snapshot = {
    id: `${id.slice(0, -1)}0`,
    organizationId: (await server.store.sandboxes.byId(id))?.organizationId ?? '',
    name: 'half',
    state: 'snapshotting' as const,
    sourceSandboxId: id,
    buildId: null,
    imageName: null,
    user: 'daytona',
    entrypoint: null,
    sizeBytes: null,
    cpu: 1,
    memoryGib: 1,
    diskGib: 3,
    errorReason: null,
    createdAtMs: 0,
    updatedAtMs: 0,
    lastUsedAtMs: null,
  }
  const change = { id, from: 'started', to: 'snapshotting', patch: {}, nowMs: 0 } as const
  await server.store.sandboxes.changeStateWith(change, { snapshot })
  return { id, snapshot }
}

for (const [when, isSaved] of [
  ['before', false],
  ['after', true],
] as const) {
  test(`a crash ${when} the engine has saved it: the snapshot is there once`, () =>
    acrossCrash({
      before: leaveHalfSaved,
      meanwhile: (engine, { id, snapshot }) => {
        if (isSaved) void engine.saveSnapshot(id, snapshot.id)
      },
      async after({ call, engine }, { id }) {
        await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'started')
        assert.equal((await call('GET /snapshots/half')).body.state, 'active')
        assert.equal(engine.orders.filter((order) => order.startsWith('saveSnapshot')).length, 1)
      },
    }))
}

test('a snapshot whose sandbox is lost in a crash says so', () =>
  acrossCrash({
    before: leaveHalfSaved,
    meanwhile: (engine, { id }) => engine.lose(id, 'Gone', 'absent'),
    async after({ call, server }) {
      await server.reconcile.round()
      const { body } = await call('GET /snapshots/half')
      assert.deepEqual([body.state, body.errorReason], ['error', 'Its sandbox was lost while it was saved'])
    },
  }))

test('a save joins a change of state or nothing is written', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id, snapshot } = await leaveHalfSaved(server)
  const change = { id, from: 'snapshotting', to: 'started', patch: {}, nowMs: 9 } as const
  const { sandboxes } = server.server.store
  assert.equal(await sandboxes.changeStateWith(change, { snapshot: { ...snapshot, id: 'other' } }), 'taken')
  assert.deepEqual([(await sandboxes.byId(id))?.state, (await sandboxes.byId(id))?.updatedAtMs], ['snapshotting', 0])
  const late = { ...change, from: 'stopped' } as const
  assert.equal(await sandboxes.changeStateWith(late, { snapshot: { ...snapshot, id: 'b', name: 'b' } }), undefined)
  assert.equal((await server.server.store.snapshots.inState('snapshotting')).length, 1)
})
