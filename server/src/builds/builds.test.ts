import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits, PlatformError } from '@sandyard/protocol'
import { createFakeEngine, type FakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { dockerfile, sandboxIn, snapshotIn } from '../testing/build-calls.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const buildInfo = { dockerfileContent: dockerfile, contextHashes: [] }

/** Makes builds wait until the gate is opened, or what makes them is removed. */
function gate(engine: FakeEngine): { open(): void } {
  const { makeSnapshot, removeSnapshot } = engine
  const opened = Promise.withResolvers<void>()
  const cancels = new Map<string, () => void>()
  engine.makeSnapshot = async (order, tell) => {
    const removed = Promise.withResolvers<void>()
    cancels.set(order.name, () => removed.reject(new PlatformError('CONFLICT', 'It is being removed')))
    tell('waiting\n')
    await Promise.race([opened.promise, removed.promise])
    return makeSnapshot(order, tell)
  }
  engine.removeSnapshot = (name) => {
    cancels.get(name)?.()
    return removeSnapshot(name)
  }
  return { open: opened.resolve }
}

const made = ({ engine }: TestServer) => engine.orders.filter((order) => order.startsWith('makeSnapshot'))

test('a sandbox waits for its build, is made, and tells where it came from', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  const { open } = gate(engine)
  const answer = await call('POST /sandbox', { body: { name: 'b', buildInfo, env: { A: '1' }, disk: 5 } })
  assert.equal(answer.status, 200)
  const { id, state, desiredState, snapshot, cpu, memory, disk } = answer.body
  assert.deepEqual([state, desiredState, snapshot], ['pending_build', 'started', undefined])
  assert.deepEqual([cpu, memory, disk], [1, 1, 5])
  const { createdAt, updatedAt, snapshotRef, ...rest } = answer.body.buildInfo
  assert.deepEqual(rest, buildInfo)
  assert.match(snapshotRef, /^daytona-[0-9a-f]{64}:daytona$/)
  await sandboxIn(server, id, 'building_snapshot')
  await until(async () => (await call(`GET /sandbox/${id}/build-logs`)).body === 'waiting\n')
  assert.equal(engine.specs.has(id), false)
  open()
  const started = await sandboxIn(server, id, 'started')
  assert.equal(started.user, 'root', 'the user of the image')
  const spec = engine.specs.get(id)
  assert.deepEqual([spec?.user, spec?.diskGib, spec?.env.A], ['root', 5, '1'])
  assert.equal(spec?.env.DAYTONA_SANDBOX_SNAPSHOT, snapshotRef)
  assert.equal((await call('GET /sandbox')).body.items[0].buildInfo, undefined)
})

test('many sandboxes and a snapshot of the same Dockerfile share one build, whatever the order of its contexts', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  const { open } = gate(engine)
  const two = await Promise.all([1, 2].map(() => call('POST /sandbox', { body: { buildInfo } })))
  await call('POST /snapshots', { body: { name: 'same', buildInfo } })
  assert.equal((await snapshotIn(server, 'same', 'building')).state, 'building')
  open()
  for (const { body } of two) await sandboxIn(server, body.id, 'started')
  const snapshot = await snapshotIn(server, 'same', 'active')
  assert.deepEqual(snapshot.buildInfo.snapshotRef, two[0]?.body.buildInfo.snapshotRef)
  assert.equal(made(server).length, 1)
  const late = await call('POST /sandbox', { body: { buildInfo, user: 'worker' } })
  assert.deepEqual([late.body.state, late.body.user], ['started', 'worker'], 'it is there, so it is waited for')
  assert.equal((await call('POST /snapshots', { body: { name: 'again', buildInfo } })).body.state, 'active')
  assert.equal(made(server).length, 1)
  const key = await server.stranger()
  const theirs = await call('POST /sandbox', { key, body: { buildInfo } })
  await until(async () => (await call(`GET /sandbox/${theirs.body.id}`, { key })).body.state === 'started')
  assert.equal(made(server).length, 2, 'never across organizations: contexts are private')
})

test('a build that fails says why, keeps its log, and is tried again by the next one', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  engine.knobs.failures.makeSnapshot = new PlatformError('BAD_REQUEST', 'The command `false` returned 1')
  const { id } = (await call('POST /sandbox', { body: { name: 'failing', buildInfo } })).body
  const failed = await sandboxIn(server, id, 'build_failed')
  assert.equal(failed.errorReason, 'The command `false` returned 1')
  assert.match((await call(`GET /sandbox/${id}/build-logs?follow=true`)).body, /building .*error: The command `false`/s)
  const start = await call(`POST /sandbox/${id}/start`)
  assert.deepEqual([start.status, start.body.message], [400, 'Sandbox is in an errored state'])
  await call('POST /snapshots', { body: { name: 'one', buildInfo } })
  assert.equal((await snapshotIn(server, 'one', 'build_failed')).errorReason, 'The command `false` returned 1')
  await call('POST /snapshots', { body: { name: 'two', imageName: 'a/b:1' } })
  assert.equal((await snapshotIn(server, 'two', 'error')).errorReason, 'The command `false` returned 1')
  const refused = await call('POST /snapshots/two/activate')
  assert.deepEqual([refused.status, refused.body.message], [400, 'Snapshot two is error, not inactive'])
  engine.knobs.failures = {}
  for (const name of ['one', 'two']) assert.equal((await call(`DELETE /snapshots/${name}`)).status, 200)
  await call('POST /snapshots', { body: { name: 'two', imageName: 'a/b:1' } })
  await snapshotIn(server, 'two', 'active')
  const again = (await call('POST /sandbox', { body: { buildInfo } })).body
  await sandboxIn(server, again.id, 'started')
  assert.equal((await call(`DELETE /sandbox/${id}`)).status, 200)
  await until(async () => (await call(`GET /sandbox/${id}`)).status === 404)
})

test('an unexpected fault leaves no inner text in reason and log', async () => {
  await using server = await openTestServer()
  server.engine.knobs.failures.makeSnapshot = new Error('inner text')
  const { id } = (await server.call('POST /sandbox', { body: { buildInfo } })).body
  assert.equal((await sandboxIn(server, id, 'build_failed')).errorReason, 'A fault of the platform; its log tells more')
  assert.ok(!(await server.call(`GET /sandbox/${id}/build-logs`)).body.includes('inner text'))
})

test('a built sandbox that cannot be made stays and says why', async () => {
  await using server = await openTestServer()
  server.engine.knobs.failures.create = new PlatformError('BAD_REQUEST', 'The snapshot has no user worker')
  const { id } = (await server.call('POST /sandbox', { body: { buildInfo, user: 'worker' } })).body
  assert.equal((await sandboxIn(server, id, 'error')).errorReason, 'The snapshot has no user worker')
})

test('deleting what waits cancels the build, unless somebody else waits too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-builds-'))
  try {
    await using server = await openTestServer({ folder })
    const { call, engine } = server
    gate(engine)
    const [one, two] = await Promise.all([1, 2].map(() => call('POST /sandbox', { body: { buildInfo } })))
    const logOf = (body: { id: string }) => call(`GET /sandbox/${body.id}/build-logs?follow=true`)
    const following = logOf(two?.body)
    assert.equal((await call(`DELETE /sandbox/${one?.body.id}`)).status, 200)
    await server.server.reconcile.round()
    assert.equal((await call(`GET /sandbox/${two?.body.id}`)).body.state, 'building_snapshot')
    await call(`DELETE /sandbox/${two?.body.id}`)
    await until(async () => (await call(`GET /sandbox/${two?.body.id}`)).status === 404)
    await server.server.reconcile.round()
    assert.match((await following).body, /^waiting\n/, 'the log ends when the build is cancelled')
    await until(async () => {
      await server.server.reconcile.round()
      return readdirSync(join(folder, 'build-logs')).length === 0
    })
    assert.equal(engine.snapshots().length, 1, 'nothing is left of it')

    await call('POST /snapshots', { body: { name: 'slow', imageName: 'a/b:1' } })
    await snapshotIn(server, 'slow', 'pulling')
    assert.equal((await call('DELETE /snapshots/slow')).status, 200)
    assert.equal((await call('GET /snapshots/slow')).status, 404)
    assert.equal((await call('POST /snapshots', { body: { name: 'slow', imageName: 'a/b:1' } })).status, 200)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('builds of sandboxes are kept for a week, of images and deleted snapshots not at all', async () => {
  await using server = await openTestServer()
  const { call, engine, clock } = server
  const { id } = (await call('POST /sandbox', { body: { buildInfo } })).body
  await sandboxIn(server, id, 'started')
  await call('POST /snapshots', { body: { name: 'image', imageName: 'a/b:1' } })
  await call('POST /snapshots', {
    body: { name: 'own', buildInfo: { dockerfileContent: 'FROM sandyard/default\nRUN own\n' } },
  })
  for (const name of ['image', 'own']) await snapshotIn(server, name, 'active')
  assert.equal(engine.snapshots().length, 4)
  const user = (await call('POST /sandbox', { body: { snapshot: 'image' } })).body
  for (const name of ['image', 'own']) await call(`DELETE /snapshots/${name}`)
  await until(() => engine.snapshots().length === 3)
  assert.equal((await call(`GET /sandbox/${user.id}`)).body.state, 'started', 'it stands on its image')
  for (const sandbox of [user.id, id]) {
    await call(`DELETE /sandbox/${sandbox}`)
    await until(async () => (await call(`GET /sandbox/${sandbox}`)).status === 404)
  }
  await server.server.reconcile.round()
  await until(() => engine.snapshots().length === 2)
  clock.nowMs += limits.buildKeptMs - 1000
  await server.server.reconcile.round()
  assert.equal(engine.snapshots().length, 2, 'kept for the next one')
  clock.nowMs += 2000
  await server.server.reconcile.round()
  assert.equal(engine.snapshots().length, 1)
})

test('a few builds run at a time, and no organization has all of them', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  const { open } = gate(engine)
  const build = (name: string, key?: string) =>
    call('POST /snapshots', { ...(key === undefined ? {} : { key }), body: { name, imageName: 'a/b:1' } })
  const key = await server.stranger()
  for (const name of ['a', 'b', 'c', 'd']) await build(name)
  await build('x', key)
  const states = async (names: string[]) =>
    Promise.all(names.map(async (name) => (await call(`GET /snapshots/${name}`)).body.state))
  await until(async () => (await call('GET /snapshots/x', { key })).body.state === 'pulling')
  assert.deepEqual(await states(['a', 'b', 'c', 'd']), ['pulling', 'pulling', 'pending', 'pending'])
  open()
  for (const name of ['a', 'b', 'c', 'd']) await snapshotIn(server, name, 'active')
})

test('every change of a snapshot is told', async () => {
  await using server = await openTestServer()
  const told: string[] = []
  server.server.snapshotFeed.subscribe(({ before, after }) => {
    told.push(`${before?.state ?? 'none'} ${after?.state ?? 'none'}`)
  })
  await server.call('POST /snapshots', { body: { name: 'one', imageName: 'a/b:1' } })
  await snapshotIn(server, 'one', 'active')
  await server.call('DELETE /snapshots/one')
  assert.deepEqual(told, ['none pending', 'pending pulling', 'pulling active', 'active removing', 'removing none'])
})

test('one that takes for ever fails after its time', async () => {
  await using server = await openTestServer()
  const { engine, clock, call } = server
  gate(engine)
  await call('POST /snapshots', { body: { name: 'slow', imageName: 'a/b:1' } })
  await until(async () => (await call('GET /snapshots/slow/build-logs')).body === 'waiting\n')
  clock.nowMs += limits.buildMs + 1
  await server.server.reconcile.round()
  const slow = await snapshotIn(server, 'slow', 'error')
  assert.equal(slow.errorReason, 'Timeout processing snapshot on initial runner')
  assert.ok(engine.orders.some((order) => order.startsWith('removeSnapshot')))
})

test('of several that want one name one gets it, and one is made', async () => {
  const engine = createFakeEngine()
  await using server = await openTestServer({ engine })
  const answers = await Promise.all(
    [1, 2, 3].map(() => server.call('POST /snapshots', { body: { name: 'n', imageName: 'a/b:1' } })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  await snapshotIn(server, 'n', 'active')
  assert.equal(made(server).length, 1)
})
