import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError, permissions } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const mount = (volumeId: string, mountPath = '/data', subpath?: string) => ({ volumeId, mountPath, subpath })

async function makeVolume({ call }: TestServer, name: string): Promise<string> {
  const { status, body } = await call('POST /volumes', { body: { name } })
  assert.equal(status, 200)
  return body.id
}

const stateOf = async ({ call }: TestServer, id: string): Promise<string> =>
  (await call(`GET /volumes/${id}`)).body.state

test('a sandbox is made with volumes by id and by name, keeps them, and its forks have them', async () => {
  await using server = await openTestServer()
  const { call, create, engine } = server
  const [one, two] = [await makeVolume(server, 'one'), await makeVolume(server, 'two')]
  const { id } = await create({
    volumes: [mount('one', '/data/'), mount(two, '/other', 'a/b/'), { ...mount(two, '/third'), subpath: null }],
  })
  const wanted = [
    { volumeId: one, mountPath: '/data' },
    { volumeId: two, mountPath: '/other', subpath: 'a/b' },
    { volumeId: two, mountPath: '/third' },
  ]
  assert.deepEqual((await call(`GET /sandbox/${id}`)).body.volumes, wanted)
  assert.deepEqual(engine.specs.get(id)?.volumes[1], { volumeId: two, mountPath: '/other', subpath: 'a/b' })
  const fork = (await call(`POST /sandbox/${id}/fork`, { body: { name: 'twig' } })).body
  assert.deepEqual(fork.volumes, wanted)
  const listed = (await call('GET /volumes')).body as { name: string; mountedBy: { id: string }[] }[]
  assert.deepEqual(
    listed.map(({ name, mountedBy }) => [name, new Set(mountedBy.map((sandbox) => sandbox.id))]).sort(),
    [
      ['one', new Set([id, fork.id])],
      ['two', new Set([id, fork.id])],
    ],
  )
  assert.deepEqual(engine.specs.get(fork.id)?.volumes, engine.specs.get(id)?.volumes)
  await call(`DELETE /sandbox/twig`)
  await until(async () => (await call('GET /sandbox/twig')).status === 404)
  const left = (await call('GET /volumes')).body as { mountedBy: { id: string; name: string }[] }[]
  assert.deepEqual(
    left.map(({ mountedBy }) => mountedBy.map((sandbox) => sandbox.id)),
    [[id], [id]],
  )
  assert.equal((await call(`DELETE /volumes/${one}`)).status, 409, 'the first one is still there')
})

test('a volume is not deleted while a sandbox has it that is not on its way out', async () => {
  await using server = await openTestServer()
  const { call, create, engine } = server
  const id = await makeVolume(server, 'data')
  const sandbox = await create({ name: 'user', volumes: [mount(id)] })
  await call('POST /sandbox/user/stop')
  const refused = await call(`DELETE /volumes/${id}`)
  assert.deepEqual([refused.status, /in use .*user/.test(refused.body.message)], [409, true])
  assert.equal(await stateOf(server, id), 'ready')
  engine.knobs.destroyDelayMs = 150
  await call(`DELETE /sandbox/${sandbox.id}`)
  assert.equal((await call(`DELETE /volumes/${id}`)).status, 200, 'it waits for the end of the sandbox')
  assert.deepEqual([await stateOf(server, id), engine.volumes.size], ['deleted', 0])
  assert.equal((await call(`DELETE /volumes/${id}`)).status, 400)
  assert.equal((await call('POST /sandbox', { body: { volumes: [mount(id)] } })).status, 404)
})

test('of a delete and creates at the same time one wins whole', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  for (let round = 0; round < 40; round++) {
    const id = await makeVolume(server, `data ${round}`)
    const create = () => call('POST /sandbox', { body: { volumes: [mount(id)] } })
    const [first, removed, second] = await Promise.all([create(), call(`DELETE /volumes/${id}`), create()])
    const made = [first, second].filter(({ status }) => status === 200)
    for (const { status, body } of [first, second]) assert.ok([200, 400, 404].includes(status), JSON.stringify(body))
    if (removed.status === 200) {
      assert.deepEqual([made.length, engine.volumes.has(id)], [0, false])
    } else {
      assert.deepEqual([removed.status, engine.volumes.has(id), await stateOf(server, id)], [409, true, 'ready'])
      assert.ok(made.length > 0)
    }
  }
})

test('one name is given once, and two deletes at once are one', async () => {
  await using server = await openTestServer()
  const { call } = server
  const made = await Promise.all(Array.from({ length: 5 }, () => call('POST /volumes', { body: { name: 'data' } })))
  assert.deepEqual(made.map(({ status }) => status).sort(), [200, 400, 400, 400, 400])
  const id = await call('GET /volumes/by-name/data').then(({ body }) => body.id)
  const gone = await Promise.all([call(`DELETE /volumes/${id}`), call(`DELETE /volumes/${id}`)])
  assert.equal(gone.filter(({ status }) => status === 200).length, 1)
  assert.ok(gone.every(({ status }) => [200, 400, 409].includes(status)))
})

test('volumes of others are not there', async () => {
  await using server = await openTestServer()
  const { call } = server
  const id = await makeVolume(server, 'data')
  const key = await server.stranger(permissions)
  assert.deepEqual((await call('GET /volumes?includeDeleted=true', { key })).body, [])
  for (const request of [`GET /volumes/${id}`, 'GET /volumes/by-name/data', `DELETE /volumes/${id}`])
    assert.equal((await call(request, { key })).status, 404, request)
  for (const volumeId of [id, 'data'])
    assert.equal((await call('POST /sandbox', { key, body: { volumes: [mount(volumeId)] } })).status, 404)
  assert.equal((await call('POST /volumes', { key, body: { name: 'data' } })).status, 200, 'the name is theirs to use')
})

test('what the engine cannot do ends in error, and can be deleted', async () => {
  await using server = await openTestServer()
  const { call, engine } = server
  engine.knobs.failures.makeVolume = new PlatformError('INSUFFICIENT_CAPACITY', 'The disks are full')
  const { id, state, errorReason } = (await call('POST /volumes', { body: { name: 'data' } })).body
  assert.deepEqual([state, errorReason], ['error', 'The disks are full'])
  const refused = await call('POST /sandbox', { body: { volumes: [mount('data')] } })
  assert.equal(refused.status, 400)
  assert.match(refused.body.message, /^Volume 'data' is not in a ready state. Current state: error$/)
  assert.equal(await server.server.store.volumes.count((await call('GET /volumes')).body[0].organizationId), 0)
  engine.knobs.failures = { removeVolume: new Error('inner text') }
  await call(`DELETE /volumes/${id}`)
  const failed = (await call(`GET /volumes/${id}`)).body
  assert.deepEqual([failed.state, failed.errorReason], ['error', 'A fault of the platform; its log tells more'])
  engine.knobs.failures = {}
  await call(`DELETE /volumes/${id}`)
  assert.equal(await stateOf(server, id), 'deleted')
})

for (const state of ['pending_create', 'creating', 'pending_delete', 'deleting'] as const) {
  test(`a crash in ${state} is made good`, async () => {
    await acrossCrash({
      before: async (server) => {
        const id = await makeVolume(server, 'data')
        const { volumes } = server.server.store
        const path = {
          pending_create: [],
          creating: ['creating'],
          pending_delete: ['pending_delete'],
          deleting: ['pending_delete', 'deleting'],
        } as const
        if (state === 'pending_create' || state === 'creating') {
          // As a killed process leaves it: the engine has it or not.
          if (state === 'pending_create') await server.engine.removeVolume(id)
          const [row] = await volumes.inStates(['ready'])
          assert.ok(row !== undefined)
          await volumes.insert({ ...row, id: row.id.replace(/^.{8}/, '00000000'), name: 'cut off', state })
          return row.id.replace(/^.{8}/, '00000000')
        }
        let from: 'ready' | 'pending_delete' = 'ready'
        for (const to of path[state]) {
          await volumes.changeState({ id, from, to, patch: {}, nowMs: 1 })
          from = 'pending_delete'
        }
        return id
      },
      after: async (server, id) => {
        const wanted = state.endsWith('delete') || state === 'deleting' ? 'deleted' : 'ready'
        await until(async () => (await stateOf(server, id)) === wanted)
        assert.equal(server.engine.volumes.has(id), wanted === 'ready')
      },
    })
  })
}

test('rows of deleted volumes are forgotten after a day', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { call, clock } = server
  const id = await makeVolume(server, 'data')
  await call(`DELETE /volumes/${id}`)
  await server.server.reconcile.round()
  assert.equal(await stateOf(server, id), 'deleted')
  clock.nowMs += 24 * 3600 * 1000 + 1
  await server.server.reconcile.round()
  assert.equal((await call(`GET /volumes/${id}`)).status, 404)
})
