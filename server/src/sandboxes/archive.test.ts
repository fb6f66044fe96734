import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

/** Makes a sandbox and packs it away. */
async function archived(server: TestServer, body: object = {}): Promise<string> {
  const { id } = await server.create(body)
  await server.call(`POST /sandbox/${id}/stop`)
  assert.equal((await server.call(`POST /sandbox/${id}/archive`)).body.state, 'archived')
  return id
}

const becomes = ({ call }: TestServer, id: string, state: string) =>
  until(async () => (await call(`GET /sandbox/${id}`)).body.state === state)

const orders = ({ engine }: TestServer) => engine.orders.map((order) => order.split(' ')[0]).join()

test('a start of an archived sandbox answers before it is back, and so does one that comes meanwhile', async () => {
  await using server = await openTestServer()
  const id = await archived(server)
  const before = await server.call(`GET /sandbox/${id}/ports/1/preview-url`)
  server.engine.knobs.startDelayMs = 50
  for (let i = 0; i < 2; i++) {
    const { body } = await server.call(`POST /sandbox/${id}/start`)
    assert.deepEqual([body.state, body.desiredState], ['restoring', 'started'])
  }
  await becomes(server, id, 'started')
  assert.equal(orders(server), 'create,stop,archive,restore,start')
  const after = await server.call(`GET /sandbox/${id}/ports/1/preview-url`)
  assert.notEqual(after.body.token, before.body.token)
})

test('a start while it is packed away is done when that is', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  server.engine.knobs.stopDelayMs = 40
  const archiving = server.call(`POST /sandbox/${id}/archive`)
  await becomes(server, id, 'archiving')
  const { status, body } = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual([status, body.state, body.desiredState], [200, 'archiving', 'started'])
  await archiving
  await becomes(server, id, 'started')
  assert.equal(orders(server), 'create,stop,archive,restore,start')
})

test('a start while it is packed away is done also when that fails', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  Object.assign(server.engine.knobs, { stopDelayMs: 40, failures: { archive: new Error('inner text') } })
  const archiving = server.call(`POST /sandbox/${id}/archive`)
  await becomes(server, id, 'archiving')
  await server.call(`POST /sandbox/${id}/start`)
  await archiving
  await becomes(server, id, 'started')
  assert.equal(orders(server), 'create,stop,archive,start')
})

test('an archive that fails leaves the sandbox stopped with the reason', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  server.engine.knobs.failures.archive = new PlatformError('INSUFFICIENT_STORAGE', 'The archive store is full')
  assert.equal((await server.call(`POST /sandbox/${id}/archive`)).status, 507)
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual(
    [body.state, body.desiredState, body.errorReason],
    ['stopped', 'stopped', 'The archive store is full'],
  )
  server.engine.knobs.failures = {}
  assert.equal((await server.call(`POST /sandbox/${id}/start`)).body.state, 'started')
})

test('a sandbox that cannot be brought back is in error, and can be recovered with and without a start', async () => {
  await using server = await openTestServer()
  const { failures } = server.engine.knobs
  for (const [query, state, failing] of [
    ['', 'started', 'restore'],
    ['?skipStart=true', 'stopped', 'restore'],
    ['', 'started', 'start'],
    ['?skipStart=true', 'stopped', 'start'],
  ] as const) {
    const id = await archived(server)
    failures[failing] = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
    await server.call(`POST /sandbox/${id}/start`)
    await becomes(server, id, 'error')
    const failed = (await server.call(`GET /sandbox/${id}`)).body
    assert.deepEqual([failed.recoverable, failed.errorReason], [true, 'The disks are full'])
    delete failures[failing]
    const { body } = await server.call(`POST /sandbox/${id}/recover${query}`)
    assert.deepEqual([body.state, body.desiredState, body.recoverable], [state, state, false], `${query} ${failing}`)
    assert.equal((await server.engine.inspect(id)).state, state)
  }
})

test('what is lost for good is no longer recoverable', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const id = await archived(server)
  server.engine.knobs.failures.restore = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
  await server.call(`POST /sandbox/${id}/start`)
  await becomes(server, id, 'error')
  await server.engine.destroy(id)
  for (let i = 0; i < 2; i++) {
    const { status, body } = await server.call(`POST /sandbox/${id}/recover`)
    assert.deepEqual([status, body.message], [400, 'Sandbox is not in a recoverable state'])
  }
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.recoverable, false)
})

test('an archived sandbox can be deleted, and its network and intervals changed', async () => {
  await using server = await openTestServer()
  const id = await archived(server)
  const settings = await server.call(`POST /sandbox/${id}/network-settings`, { body: { networkBlockAll: true } })
  assert.deepEqual([settings.body.state, settings.body.networkBlockAll], ['archived', true])
  assert.equal((await server.call(`POST /sandbox/${id}/autodelete/5`)).body.autoDeleteInterval, 5)
  assert.equal((await server.call(`POST /sandbox/${id}/stop`)).status, 400)
  assert.equal((await server.call(`DELETE /sandbox/${id}`)).status, 200)
  await until(() => server.engine.specs.size === 0)
})

test('archives at once are one', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  const answers = await Promise.all([1, 2].map(() => server.call(`POST /sandbox/${id}/archive`)))
  assert.deepEqual(
    answers.map(({ body }) => body.state),
    ['archived', 'archived'],
  )
  assert.equal(orders(server), 'create,stop,archive')
})

for (const engineState of ['stopped', 'archived'] as const) {
  test(`a start that was asked for while it was packed away comes after a crash that left it ${engineState}`, () =>
    acrossCrash({
      async before({ create, call, server }) {
        const { id } = await create()
        await call(`POST /sandbox/${id}/stop`)
        const patch = { desiredState: 'started' } as const
        await server.store.sandboxes.changeState({ id, from: 'stopped', to: 'archiving', patch, nowMs: 0 })
        return id
      },
      meanwhile: (engine, id) => {
        if (engineState === 'archived') void engine.archive(id)
      },
      after: (server, id) => becomes(server, id, 'started'),
    }))
}
