import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits, PlatformError } from '@sandyard/protocol'
import { sandboxIn, snapshotIn } from '../testing/build-calls.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'

const image = (name: string) => ({ name, imageName: 'a/b:1' })
const own = (text: string) => ({ dockerfileContent: `FROM sandyard/default\nRUN echo ${text}\n`, contextHashes: [] })

/** Holds every build back until it is let go; tells which are held. */
function holdAll({ engine }: TestServer): { readonly held: Map<string, () => void> } {
  const { makeSnapshot } = engine
  const held = new Map<string, () => void>()
  engine.makeSnapshot = async (order, tell) => {
    await new Promise<void>((resolve) => held.set(order.name, resolve))
    held.delete(order.name)
    return makeSnapshot(order, tell)
  }
  return { held }
}

test('two organizations with long builds do not keep a third one waiting', async () => {
  await using server = await openTestServer()
  const { held } = holdAll(server)
  const [one, two, three] = [await server.stranger(), await server.stranger(), await server.stranger()]
  for (const key of [one, two]) {
    for (const name of ['a', 'b', 'c']) await server.call('POST /snapshots', { key, body: image(name) })
  }
  await server.server.reconcile.round()
  await server.call('POST /snapshots', { key: three, body: image('short') })
  await until(async () => (await server.call('GET /snapshots/short', { key: three })).body.state === 'pulling')
  assert.equal(held.size, limits.buildsAtOnce)
  for (let open = 7; open > 0; open -= 1) {
    await until(() => held.size > 0)
    held.values().next().value?.()
    await until(() => server.engine.snapshots().length === 9 - open)
  }
})

test('who comes later has a turn before those who have many builds waiting', async () => {
  await using server = await openTestServer()
  const { held } = holdAll(server)
  const greedy = await Promise.all([1, 2, 3].map(() => server.stranger()))
  for (const key of greedy) {
    for (const name of ['a', 'b', 'c']) await server.call('POST /snapshots', { key, body: image(name) })
  }
  await until(() => held.size === limits.buildsAtOnce)
  const late = await server.stranger()
  server.clock.nowMs += 1000
  await server.call('POST /snapshots', { key: late, body: image('late') })
  // The only one of its organization, which then has none either.
  const last = [...held.values()].at(-1)
  last?.()
  await until(async () => (await server.call('GET /snapshots/late', { key: late })).body.state === 'pulling')
  let made = server.engine.snapshots().length
  while (made < 11) {
    await until(() => held.size > 0)
    held.values().next().value?.()
    await until(() => server.engine.snapshots().length > made)
    made = server.engine.snapshots().length
  }
})

test('builds that nothing stands on are kept in bounds for each organization', async () => {
  await using server = await openTestServer()
  const key = await server.stranger()
  const made = limits.buildsKept + 3
  for (let at = 0; at < made; at += 1) {
    server.clock.nowMs += 1000
    const { id } = (await server.call('POST /sandbox', { key, body: { buildInfo: own(`${at}`) } })).body
    await until(async () => (await server.call(`GET /sandbox/${id}`, { key })).body.state === 'started')
    await server.call(`DELETE /sandbox/${id}`, { key })
    await until(async () => (await server.call(`GET /sandbox/${id}`, { key })).status === 404)
  }
  const other = (await server.call('POST /sandbox', { body: { buildInfo: own('other') } })).body
  await sandboxIn(server, other.id, 'started')
  await server.call(`DELETE /sandbox/${other.id}`)
  await until(async () => (await server.call(`GET /sandbox/${other.id}`)).status === 404)
  await server.server.reconcile.round()
  // Beside the default snapshot.
  await until(() => server.engine.snapshots().length === 1 + limits.buildsKept + 1)
  const last = (await server.call('POST /sandbox', { key, body: { buildInfo: own(`${made - 1}`) } })).body
  assert.equal(last.state, 'started', 'the newest is among those that stay')
})

test('builds that are large are kept as far as there is room for them', async () => {
  await using server = await openTestServer()
  const { makeSnapshot } = server.engine
  const sizeBytes = limits.buildsKeptBytes / 3
  server.engine.makeSnapshot = async (order, tell) => ({ ...(await makeSnapshot(order, tell)), sizeBytes })
  for (let at = 0; at < 5; at += 1) {
    server.clock.nowMs += 1000
    const { id } = (await server.call('POST /sandbox', { body: { buildInfo: own(`${at}`) } })).body
    await sandboxIn(server, id, 'started')
    await server.call(`DELETE /sandbox/${id}`)
    await until(async () => (await server.call(`GET /sandbox/${id}`)).status === 404)
  }
  await server.server.reconcile.round()
  await until(() => server.engine.snapshots().length === 1 + 3)
})

test('logs of failed builds are kept in bounds; what failed still says why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-greedy-'))
  try {
    await using server = await openTestServer({ folder })
    server.engine.knobs.failures.makeSnapshot = new PlatformError('BAD_REQUEST', 'It printed much and failed')
    const count = limits.buildsFailedKept + 5
    for (let at = 0; at < count; at += 1) {
      server.clock.nowMs += 1000
      const body = { name: `s${at}`, buildInfo: own(`${at}`) }
      assert.equal((await server.call('POST /snapshots', { body })).status, 200)
      await snapshotIn(server, `s${at}`, 'build_failed')
    }
    await until(async () => {
      await server.server.reconcile.round()
      return readdirSync(join(folder, 'build-logs')).length === limits.buildsFailedKept
    })
    assert.equal((await server.call('GET /snapshots/s0')).body.errorReason, 'It printed much and failed')
    assert.equal((await server.call('GET /snapshots/s0/build-logs?follow=true')).body, '')
    assert.match((await server.call(`GET /snapshots/s${count - 1}/build-logs?follow=true`)).body, /printed much/)
    assert.equal((await server.call('DELETE /snapshots/s0')).status, 200)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a snapshot that is refused for its size leaves nothing behind', async () => {
  const config = { ...testConfig, quotas: { ...testConfig.quotas, snapshotSizeGb: 1 } }
  await using server = await openTestServer({ config })
  const { makeSnapshot } = server.engine
  server.engine.makeSnapshot = async (order, tell) => ({
    ...(await makeSnapshot(order, tell)),
    sizeBytes: 2 * 1024 ** 3,
  })
  await server.call('POST /snapshots', { body: { name: 'large', buildInfo: own('large') } })
  assert.match((await snapshotIn(server, 'large', 'error')).errorReason, /exceeds maximum allowed size/)
  await until(async () => {
    await server.server.reconcile.round()
    return server.engine.snapshots().length === 1
  })
  assert.match((await snapshotIn(server, 'large', 'error')).errorReason, /exceeds maximum allowed size/)
  assert.equal((await server.call('DELETE /snapshots/large')).status, 200)
})
