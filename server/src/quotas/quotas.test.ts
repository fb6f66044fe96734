import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import type { ServerConfig } from '../options.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'

const help = /\nNeed higher resource limits\? See http:\/\/localhost:3000\/limits or ask the administrator/

/** A server whose organizations may have so much. */
function openWith(quotas: Partial<ServerConfig['quotas']>): Promise<TestServer> {
  return openTestServer({ config: { ...testConfig, quotas: { ...testConfig.quotas, ...quotas } } })
}

test('fifty creates at once against a total of ten: ten pass', async () => {
  await using server = await openWith({ totalCpu: 10 })
  const answers = await Promise.all(Array.from({ length: 50 }, () => server.call('POST /sandbox', { body: {} })))
  const refused = answers.filter(({ status }) => status !== 200)
  assert.equal(answers.length - refused.length, 10)
  for (const { status, body } of refused) {
    assert.equal(status, 400)
    assert.match(body.message, /^Total CPU limit exceeded\. Maximum allowed: 10\.\n/)
    assert.match(body.message, help)
  }
  assert.equal((await server.call('GET /sandbox')).body.items.length, 10)
  assert.equal(server.engine.specs.size, 10, 'the engine never heard of the others')
})

test('forks at once share what is left', async () => {
  await using server = await openWith({ totalMemoryGib: 6 })
  const sources = await Promise.all([server.create(), server.create(), server.create()])
  const forks = await Promise.all(
    [...sources, ...sources].map(({ id }, index) =>
      server.call(`POST /sandbox/${id}/fork`, { body: { name: `f${index}` } }),
    ),
  )
  const made = forks.filter(({ status }) => status === 200).length
  assert.equal((await server.call('GET /sandbox?states=started')).body.items.length, 3 + made)
  assert.ok(made <= 3 && made >= 1)
  const { id } = sources[0] ?? assert.fail()
  for (let free = 3 - made; free > 0; free -= 1) await server.call(`POST /sandbox/${id}/fork`)
  const refused = await server.call(`POST /sandbox/${id}/fork`)
  assert.deepEqual(
    [refused.status, refused.body.message.split('\n')[0]],
    [400, 'Total memory limit exceeded. Maximum allowed: 6GiB.'],
  )
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'started', 'the source is as it was')
})

test('stopped ones take their disk alone, archived ones nothing, and a start takes all again', async () => {
  await using server = await openWith({ totalCpu: 1, totalDiskGib: 6 })
  const { id: first } = await server.create()
  assert.equal((await server.call('POST /sandbox', { body: {} })).status, 400, 'the core is taken')
  await server.call(`POST /sandbox/${first}/stop`)
  const { id: second } = await server.create()
  const refused = await server.call(`POST /sandbox/${first}/start`)
  assert.match(refused.body.message, /^Total CPU limit exceeded\. Maximum allowed: 1\.\n/)
  assert.equal((await server.call(`GET /sandbox/${first}`)).body.state, 'stopped')
  await server.call(`POST /sandbox/${second}/stop`)
  const third = await server.call('POST /sandbox', { body: {} })
  assert.match(third.body.message, /^Total disk limit exceeded\. Maximum allowed: 6GiB\.\n/)
  await server.call(`POST /sandbox/${first}/archive`)
  const { id: fourth } = await server.create()
  const restored = await server.call(`POST /sandbox/${first}/start`)
  assert.match(restored.body.message, /^Total CPU limit exceeded/)
  await server.call(`POST /sandbox/${fourth}/stop`)
  assert.match((await server.call(`POST /sandbox/${first}/start`)).body.message, /^Total disk limit exceeded/)
  await server.call(`DELETE /sandbox/${fourth}`)
  await until(async () => (await server.call(`POST /sandbox/${first}/start`)).status === 200)
  await until(async () => (await server.call(`GET /sandbox/${first}`)).body.state === 'started')
})

test('a paused one keeps its memory, and a resume needs its cores', async () => {
  await using server = await openWith({ totalCpu: 1, totalMemoryGib: 2 })
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/pause`)
  await server.create()
  assert.match((await server.call('POST /sandbox', { body: {} })).body.message, /^Total CPU limit exceeded/)
  assert.match((await server.call(`POST /sandbox/${id}/start`)).body.message, /^Total CPU limit exceeded/)
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'paused')
})

test('a resize counts what it leads to, from the moment it is asked for', async () => {
  await using server = await openWith({ totalCpu: 4, totalDiskGib: 8 })
  const [one, two] = await Promise.all([server.create(), server.create()])
  const resizes = await Promise.all(
    [one, two].map(({ id }) => server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 3 } })),
  )
  assert.deepEqual(resizes.map(({ status }) => status).sort(), [200, 400])
  await server.call(`POST /sandbox/${one.id}/stop`)
  const grown = await server.call(`POST /sandbox/${one.id}/resize`, { body: { disk: 5 } })
  assert.equal(grown.status, 200)
  const over = await server.call(`POST /sandbox/${one.id}/resize`, { body: { disk: 6 } })
  assert.match(over.body.message, /^Total disk limit exceeded\. Maximum allowed: 8GiB\.\n/)
})

test('limits of one sandbox, at their edge', async () => {
  await using server = await openWith({ persistentDiskGib: 5 })
  const edge = { cpu: 4, memory: 8, disk: 5 }
  const { id } = await server.create(edge)
  const refusals: [object, RegExp][] = [
    [{ cpu: 5 }, /^CPU request 5 exceeds maximum allowed per sandbox \(4\)\.\n/],
    [{ memory: 9 }, /^Memory request 9GB exceeds maximum allowed per sandbox \(8GB\)\.\n/],
    [{ disk: 11, autoDeleteInterval: 0 }, /^Disk request 11GB exceeds maximum allowed per sandbox \(10GB\)\.\n/],
    [{ disk: 6 }, /^Disk request 6GB exceeds maximum allowed per non-ephemeral sandbox \(5GB\)\.\n/],
  ]
  for (const [body, message] of refusals) {
    const answer = await server.call('POST /sandbox', { body })
    assert.equal(answer.status, 400)
    assert.match(answer.body.message, message)
    assert.match(answer.body.message, help)
  }
  const ephemeral = await server.create({ disk: 10, autoDeleteInterval: 0 })
  const kept = await server.call(`POST /sandbox/${ephemeral.id}/autodelete/-1`)
  assert.match(kept.body.message, /per non-ephemeral sandbox/, 'it cannot be kept afterwards either')
  assert.equal((await server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 5 } })).status, 400)
  assert.equal((await server.call('GET /sandbox')).body.items.length, 2)
})

test('a region of ephemeral sandboxes only', async () => {
  await using server = await openWith({ persistentDiskGib: 0 })
  const refused = await server.call('POST /sandbox', { body: {} })
  assert.match(refused.body.message, /^Only ephemeral sandboxes are permitted in this region\n/)
  await server.create({ autoDeleteInterval: 0 })
})

test('snapshots at once pass as many as there is room for', async () => {
  await using server = await openWith({ snapshots: 2 })
  const sandboxes = await Promise.all([1, 2, 3, 4].map(() => server.create()))
  const saves = await Promise.all(
    sandboxes.map(({ id }, index) => server.call(`POST /sandbox/${id}/snapshot`, { body: { name: `s${index}` } })),
  )
  const refused = saves.filter(({ status }) => status === 400)
  assert.equal(refused.length, 2)
  for (const { body } of refused) assert.match(body.message, /^Snapshot quota exceeded\. Maximum allowed: 2\n/)
  for (const { id } of sandboxes) assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'started')
})

test('volumes at once pass as many as there is room for', async () => {
  await using server = await openWith({ volumes: 3 })
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => server.call('POST /volumes', { body: { name: `v${index}` } })),
  )
  assert.equal(answers.filter(({ status }) => status < 300).length, 3)
  const refused = answers.find(({ status }) => status === 400)
  assert.match(refused?.body.message, /^Volume quota exceeded\. Maximum allowed: 3\n/)
})

test('a snapshot that turns out too large ends in error, and counts no more', async () => {
  await using server = await openWith({ snapshotSizeGb: 1, snapshots: 2 })
  const { id, organizationId } = await server.create()
  await server.server.store.limits.changeOrganization(organizationId, { maxSnapshotSize: 0 })
  await server.call(`POST /sandbox/${id}/snapshot`, { body: { name: 'big' } })
  const { body } = await server.call('GET /snapshots/big')
  assert.equal(body.state, 'error')
  assert.match(body.errorReason, /^Snapshot size \(\d+\.\d\dGB\) exceeds maximum allowed size of 0GB$/)
  await server.server.store.limits.changeOrganization(organizationId, { maxSnapshotSize: null })
  for (const name of ['a', 'b']) {
    assert.equal((await server.call(`POST /sandbox/${id}/snapshot`, { body: { name } })).status, 200)
  }
  assert.equal((await server.call('POST /snapshots/a/deactivate')).status, 204)
  assert.equal((await server.call(`POST /sandbox/${id}/snapshot`, { body: { name: 'c' } })).status, 200)
  assert.match((await server.call('POST /snapshots/a/activate')).body.message, /^Snapshot quota exceeded/)
  assert.equal((await server.call('DELETE /snapshots/a')).status, 200, 'what is over a limit can always go')
})

test('an organization over its limits can still take less', async () => {
  await using server = await openWith({})
  const { id, organizationId } = await server.create({ cpu: 2 })
  await server.create()
  const quota = { organizationId, regionId: 'us', sandboxClass: 'container' }
  await server.server.store.limits.changeRegion(quota, { totalCpuQuota: 1, totalDiskQuota: 1, totalMemoryQuota: 1 })
  assert.equal((await server.call('POST /sandbox', { body: {} })).status, 400)
  for (const order of ['pause', 'stop', 'archive']) {
    assert.equal((await server.call(`POST /sandbox/${id}/${order}`)).status, 200, order)
  }
  assert.equal((await server.call(`PUT /sandbox/${id}/labels`, { body: { labels: { a: 'b' } } })).status, 200)
  assert.equal((await server.call(`DELETE /sandbox/${id}`)).status, 200)
})

test('sandboxes made ahead count for their organization, and claiming one takes nothing more', async () => {
  await using server = await openWith({ totalCpu: 3 })
  const { id, organizationId } = await server.create()
  assert.equal((await server.call('POST /warm-pools', { body: { snapshot: 'default', pool: 5 } })).status, 201)
  await server.server.warm.settled()
  const usage = async () => (await server.call(`GET /organizations/${organizationId}/usage`)).body.regionUsage[0]
  assert.equal((await usage()).currentCpuUsage, 3, 'the pool takes what is left and no more')
  await server.call(`DELETE /sandbox/${id}`)
  assert.equal((await server.call('POST /sandbox', { body: {} })).status, 200)
  assert.ok((await usage()).currentCpuUsage <= 3)
})

test('what counts as no snapshot is in bounds too: inactive ones, and deleted ones that sandboxes stand on', async () => {
  await using server = await openWith({ snapshots: 2 })
  const { call } = server
  const make = async (name: string) => {
    const answer = await call('POST /snapshots', { body: { name, imageName: 'a/b:1' } })
    if (answer.status !== 200) return answer
    await until(async () => (await call(`GET /snapshots/${name}`)).body.state === 'active')
    return answer
  }
  let at = 0
  let answer = await make('s0')
  while (answer.status === 200 && at < 100) {
    if (at % 2 === 0) await call(`POST /snapshots/s${at}/deactivate`)
    else {
      const sandbox = (await call('POST /sandbox', { body: { snapshot: `s${at}` } })).body
      await call(`POST /sandbox/${sandbox.id}/stop`)
      await call(`POST /sandbox/${sandbox.id}/archive`)
      await until(async () => (await call(`GET /sandbox/${sandbox.id}`)).body.state === 'archived')
      await call(`DELETE /snapshots/s${at}`)
    }
    at += 1
    answer = await make(`s${at}`)
  }
  const most = 3 * 2 + limits.buildsKept
  assert.equal(at, most + 1)
  assert.match(answer.body.message, /^Snapshot quota exceeded\. Maximum allowed: 2, and 26 with those/)
  const buildInfo = { dockerfileContent: 'FROM sandyard/default\nRUN a\n', contextHashes: [] }
  assert.equal((await call('POST /sandbox', { body: { buildInfo } })).status, 400)
  assert.equal((await call('POST /sandbox', { body: {} })).status, 200, 'others can be made')
  await call('DELETE /snapshots/s0')
  await server.server.reconcile.round()
  assert.equal((await call('POST /sandbox', { body: { buildInfo } })).status, 200)
})
