import assert from 'node:assert/strict'
import { PlatformError } from '@sandyard/protocol'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

/** A good call of each row of the life of sandboxes: what makes it possible, and what its answer must say. */
export const lifecycleCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async pauseSandbox({ call, create, engine }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/pause`)
    assert.deepEqual([answer.body.state, answer.body.desiredState], ['paused', 'paused'])
    assert.equal((await engine.inspect(id)).state, 'paused')
    return answer
  },
  async archiveSandbox({ call, create, engine }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/stop`)
    const answer = await call(`POST /sandbox/${id}/archive`)
    const { state, desiredState, backupState } = answer.body
    assert.deepEqual([state, desiredState, backupState], ['archived', 'archived', 'Completed'])
    assert.equal((await engine.inspect(id)).state, 'archived')
    return answer
  },
  async recoverSandbox({ call, create, engine }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/stop`)
    await call(`POST /sandbox/${id}/archive`)
    engine.knobs.failures.restore = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
    await call(`POST /sandbox/${id}/start`)
    await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'error')
    engine.knobs.failures = {}
    const answer = await call(`POST /sandbox/${id}/recover`)
    const { state, desiredState, recoverable, errorReason } = answer.body
    assert.deepEqual([state, desiredState, recoverable, errorReason], ['started', 'started', false, undefined])
    return answer
  },
  async resizeSandbox({ call, create, engine }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/resize`, { body: { cpu: 2, memory: 3 } })
    const { state, cpu, memory, disk } = answer.body
    assert.deepEqual([state, cpu, memory, disk], ['started', 2, 3, 3])
    assert.equal(engine.specs.get(id)?.memoryGib, 3)
    return answer
  },
  async forkSandbox({ call, create, engine }) {
    const made = await create({
      env: { A: '1' },
      labels: { a: 'b' },
      public: true,
      networkAllowList: '192.0.2.0/24',
      user: 'worker',
      cpu: 2,
      disk: 5,
      autoStopInterval: 7,
      autoDeleteInterval: 8,
      ttlMinutes: 90,
    })
    const source = (await call(`GET /sandbox/${made.id}`)).body
    const answer = await call(`POST /sandbox/${made.id}/fork`, { body: { name: ' twig ' } })
    const { id, name, ...rest } = answer.body
    assert.notEqual(id, source.id)
    assert.equal(name, 'twig')
    const { id: _, name: __, ...wanted } = source
    assert.deepEqual(rest, wanted, 'all but id and name is the same')
    assert.deepEqual(engine.specs.get(id), {
      ...engine.specs.get(source.id),
      id,
      hostname: id,
      env: { ...engine.specs.get(source.id)?.env, DAYTONA_SANDBOX_ID: id },
    })
    const tokens = await Promise.all([made.id, id].map((one) => call(`GET /sandbox/${one}/ports/1/preview-url`)))
    assert.notEqual(tokens[0]?.body.token, tokens[1]?.body.token)
    assert.equal((await call('GET /sandbox?labels={"a":"b"}')).body.items.length, 2)
    return answer
  },
  async getSandboxForks({ call, create, clock }) {
    const { id } = await create()
    const names = ['one', 'two', 'three']
    for (const name of names) {
      clock.nowMs += 1000
      await call(`POST /sandbox/${id}/fork`, { body: { name } })
    }
    await call('DELETE /sandbox/two')
    await until(async () => (await call('GET /sandbox/two')).status === 404)
    const all = await call(`GET /sandbox/${id}/forks?includeDestroyed=true`)
    assert.equal(all.body.length, 3)
    const answer = await call(`GET /sandbox/${id}/forks`)
    assert.deepEqual(
      answer.body.map((fork: { name: string }) => fork.name),
      ['three', 'one'],
    )
    return answer
  },
  async getSandboxParent({ call, create }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/fork`, { body: { name: 'child' } })
    const answer = await call('GET /sandbox/child/parent')
    assert.equal(answer.body.id, id)
    return answer
  },
  async getSandboxAncestors({ call, create }) {
    const { name } = await create({ name: 'root' })
    await call(`POST /sandbox/${name}/fork`, { body: { name: 'middle' } })
    await call('POST /sandbox/middle/fork', { body: { name: 'leaf' } })
    assert.deepEqual((await call('GET /sandbox/root/ancestors')).body, [])
    const answer = await call('GET /sandbox/leaf/ancestors')
    assert.deepEqual(
      answer.body.map((ancestor: { name: string }) => ancestor.name),
      ['root', 'middle'],
    )
    return answer
  },
  async createSandboxSnapshot({ call, create }) {
    const { id } = await create({ cpu: 2 })
    const answer = await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'team/base:v1' } })
    assert.equal(answer.body.state, 'started')
    const { body } = await call(`GET /snapshots/${encodeURIComponent('team/base:v1')}`)
    assert.deepEqual([body.state, body.cpu, body.sourceSandboxId], ['active', 2, id])
    return answer
  },
  async createBackup({ call, create }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/backup`)
    assert.deepEqual([answer.body.state, answer.body.backupState], ['started', 'None'])
    return answer
  },
  async setAutoPauseInterval({ call, create }) {
    const { id } = await create({ autoStopInterval: 0 })
    const answer = await call(`POST /sandbox/${id}/autopause/5`)
    assert.equal(answer.body.autoPauseInterval, 5)
    return answer
  },
  async setTtl({ call, create }) {
    const { id } = await create({ ttlMinutes: 5 })
    assert.equal((await call(`GET /sandbox/${id}`)).body.autoDestroyAt, '2030-01-01T00:05:00.000Z')
    assert.equal((await call(`POST /sandbox/${id}/ttl/0`)).body.autoDestroyAt, undefined)
    const answer = await call(`POST /sandbox/${id}/ttl/60`)
    assert.equal(answer.body.autoDestroyAt, '2030-01-01T01:00:00.000Z')
    const listed = await call('GET /sandbox?autoDestroyAtBefore=2030-01-01T02:00:00Z')
    assert.deepEqual([listed.body.items.length, listed.body.items[0].autoDestroyAt], [1, answer.body.autoDestroyAt])
    return answer
  },
  async setAutoWake({ call, create }) {
    const { id } = await create({ autoWake: false })
    assert.equal((await call(`GET /sandbox/${id}`)).body.autoWake, false)
    assert.equal('autoWake' in (await call(`POST /sandbox/${id}/autowake/idle`)).body, false)
    const answer = await call(`POST /sandbox/${id}/autowake/true`)
    assert.equal(answer.body.autoWake, true)
    return answer
  },
  async updateNetworkSettings({ call, create, engine }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/network-settings`, { body: { networkBlockAll: true } })
    assert.equal(answer.body.networkBlockAll, true)
    assert.deepEqual(engine.specs.get(id)?.network, { blockAll: true, allowList: null })
    return answer
  },
}

/** A good call of each row of snapshots. */
export const snapshotCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async getAllSnapshots({ call, create, clock }) {
    const answer = await call('GET /snapshots?page=1&limit=10&name=DEF')
    assert.deepEqual([answer.body.total, answer.body.totalPages, answer.body.items[0].name], [1, 1, 'default'])
    const { id } = await create()
    for (const name of ['b', 'a', 'c']) {
      clock.nowMs += 1000
      await call(`POST /sandbox/${id}/snapshot`, { body: { name } })
    }
    await create({ snapshot: 'b' })
    const names = async (query: string): Promise<string> =>
      (await call(`GET /snapshots?${query}`)).body.items.map((snapshot: { name: string }) => snapshot.name).join()
    assert.equal(
      await names(''),
      'b,c,a,default',
      'those in use first, then the newest, and the general ones at the end',
    )
    assert.equal(await names('sort=name&order=asc'), 'a,b,c,default')
    assert.equal(await names('sort=createdAt&order=asc&limit=2&page=2'), 'c,default')
    assert.equal(await names(`sourceSandboxId=${id}&sort=state`), 'c,a,b')
    assert.equal((await call('GET /snapshots?limit=3')).body.totalPages, 2)
    return answer
  },
  async getSnapshot({ call, create }) {
    const answer = await call('GET /snapshots/default')
    assert.deepEqual([answer.body.size, answer.body.state, answer.body.general], [1, 'active', true])
    assert.equal((await call(`GET /snapshots/${answer.body.id}`)).body.name, 'default')
    await create({ snapshot: answer.body.id })
    return answer
  },
  async removeSnapshot({ call, create, engine }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'saved' } })
    assert.equal(engine.snapshots().length, 2)
    const answer = await call('DELETE /snapshots/saved')
    assert.equal((await call('GET /snapshots/saved')).status, 404)
    assert.equal(engine.snapshots().length, 1)
    return answer
  },
  async activateSnapshot({ call, create }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'saved' } })
    await call('POST /snapshots/saved/deactivate')
    const answer = await call('POST /snapshots/saved/activate')
    assert.equal(answer.body.state, 'active')
    assert.equal((await call('POST /sandbox', { body: { snapshot: 'saved' } })).status, 200)
    return answer
  },
  async deactivateSnapshot({ call, create }) {
    const { id } = await create()
    await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'saved' } })
    const answer = await call('POST /snapshots/saved/deactivate')
    assert.equal((await call('GET /snapshots/saved')).body.state, 'inactive')
    const refused = await call('POST /sandbox', { body: { snapshot: 'saved' } })
    assert.deepEqual([refused.status, refused.body.message], [400, 'Snapshot saved is inactive'])
    return answer
  },
}
