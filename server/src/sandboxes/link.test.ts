import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'
import { mostFollowers } from './link.ts'

const ephemeral = { autoDeleteInterval: 0 }

async function isGone({ call }: TestServer, id: string): Promise<boolean> {
  return (await call(`GET /sandbox/${id}`)).status === 404
}

test('a sandbox is linked to one that is started or stopped, by id or name, and the engine knows both names', async () => {
  await using server = await openTestServer()
  const leader = await server.create({ name: 'web' })
  const follower = await server.create({ ...ephemeral, name: 'db', linkedSandbox: 'web' })
  assert.equal(follower.linkedSandboxId, leader.id)
  assert.deepEqual(server.engine.specs.get(follower.id)?.link, { sandboxId: leader.id, name: 'web', ownName: 'db' })
  assert.equal('link' in (server.engine.specs.get(leader.id) ?? {}), false)
  await server.call(`POST /sandbox/${leader.id}/stop`)
  const second = await server.create({ ...ephemeral, linkedSandbox: leader.id })
  assert.equal(second.linkedSandboxId, leader.id)
  assert.equal((await server.call(`GET /sandbox/${leader.id}`)).body.linkedSandboxId, undefined)
  assert.equal('linkedSandboxId' in (await server.call('GET /sandbox')).body.items[0], false, 'not in listings')
})

test('a link is refused to one that is linked itself, that rests otherwise, or that has enough', async () => {
  await using server = await openTestServer()
  const refused = async (linkedSandbox: string, message: RegExp, status = 400) => {
    const answer = await server.call('POST /sandbox', { body: { ...ephemeral, linkedSandbox } })
    assert.equal(answer.status, status)
    assert.match(answer.body.message, message)
  }
  const leader = await server.create()
  const follower = await server.create({ ...ephemeral, linkedSandbox: leader.id })
  await refused(follower.id, /is linked to another one itself/)
  await server.call(`POST /sandbox/${leader.id}/pause`)
  await refused(leader.id, /neither started nor stopped/)
  await server.call(`POST /sandbox/${leader.id}/start`)
  for (let count = 1; count < mostFollowers; count++) await server.create({ ...ephemeral, linkedSandbox: leader.id })
  await refused(leader.id, /At most 32/)
  const kept = await server.call(`POST /sandbox/${follower.id}/autodelete/60`)
  assert.deepEqual([kept.status, /must be ephemeral/.test(kept.body.message)], [400, true])
})

test('those that are linked to a sandbox are deleted with it, those of a fork are not', async () => {
  await using server = await openTestServer()
  const leader = await server.create()
  const follower = await server.create({ ...ephemeral, linkedSandbox: leader.id })
  const fork = (await server.call(`POST /sandbox/${follower.id}/fork`, { body: {} })).body
  assert.equal(fork.linkedSandboxId, undefined)
  assert.equal('link' in (server.engine.specs.get(fork.id) ?? {}), false)
  await server.call(`DELETE /sandbox/${fork.id}`)
  const free = await server.create(ephemeral)
  await server.call(`DELETE /sandbox/${leader.id}`)
  await until(async () => (await isGone(server, follower.id)) && (await isGone(server, leader.id)))
  assert.equal(await isGone(server, free.id), false)
})

test('one that could not be deleted with the other is deleted by a later round', async () => {
  await using server = await openTestServer()
  const leader = await server.create()
  const follower = await server.create({ ...ephemeral, linkedSandbox: leader.id })
  server.engine.knobs.startDelayMs = 100
  const forking = server.call(`POST /sandbox/${follower.id}/fork`, { body: {} })
  await until(async () => (await server.call(`GET /sandbox/${follower.id}`)).body.state === 'forking')
  await server.call(`DELETE /sandbox/${leader.id}`)
  await until(() => isGone(server, leader.id))
  assert.equal(await isGone(server, follower.id), false)
  await forking
  await server.server.reconcile.round()
  await until(() => isGone(server, follower.id))
})

test('those whose sandbox went as the platform crashed go too', () =>
  acrossCrash({
    async before(server) {
      const leader = await server.create()
      const follower = await server.create({ ...ephemeral, linkedSandbox: leader.id })
      const row = { id: leader.id, from: 'started', to: 'destroying', patch: {}, nowMs: 0 } as const
      await server.server.store.sandboxes.changeState(row)
      return follower.id
    },
    async after(server, id) {
      await until(() => isGone(server, id))
    },
  }))

test('a sandbox of another organization is no one to be linked to', async () => {
  await using server = await openTestServer()
  const answer = await server.call('POST /sandbox', {
    body: { ...ephemeral, linkedSandbox: '00000000-0000-4000-8000-000000000000' },
  })
  assert.equal(answer.status, 404)
})
