import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A good call of each row of volumes. */
export const volumeCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async createVolume({ call, engine }) {
    const unnamed = (await call('POST /volumes')).body
    assert.equal(unnamed.name, unnamed.id)
    const answer = await call('POST /volumes', { body: { name: ' my data ' } })
    const { id, organizationId, ...rest } = answer.body
    assert.deepEqual(rest, {
      name: 'my data',
      state: 'ready',
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
      lastUsedAt: null,
      errorReason: null,
    })
    assert.deepEqual([...engine.volumes], [unnamed.id, id])
    return answer
  },
  async listVolumes({ call, create, clock }) {
    for (const name of ['a', 'b', 'c', 'd']) {
      clock.nowMs += 1000
      await call('POST /volumes', { body: { name } })
    }
    for (const volumeId of ['c', 'b']) {
      clock.nowMs += 1000
      await create({ volumes: [{ volumeId, mountPath: '/data' }] })
    }
    await call(`DELETE /volumes/${(await call('GET /volumes/by-name/a')).body.id}`)
    const names = async (query: string): Promise<string> =>
      (await call(`GET /volumes${query}`)).body.map((volume: { name: string }) => volume.name).join()
    assert.equal(await names(''), 'b,c,d', 'those first that were used last')
    assert.equal(await names('?includeDeleted=true'), 'b,c,d,a-deleted')
    return call('GET /volumes?includeDeleted=false')
  },
  async getVolume({ call, create }) {
    const { id } = (await call('POST /volumes', { body: { name: 'data' } })).body
    await create({ volumes: [{ volumeId: 'data', mountPath: '/data' }] })
    const answer = await call(`GET /volumes/${id}`)
    assert.deepEqual([answer.body.name, answer.body.lastUsedAt], ['data', '2030-01-01T00:00:00.000Z'])
    return answer
  },
  async getVolumeByName({ call }) {
    await call('POST /volumes', { body: { name: '100% a/b' } })
    const answer = await call(`GET /volumes/by-name/${encodeURIComponent('100% a/b')}`)
    assert.equal(answer.body.name, '100% a/b')
    return answer
  },
  async deleteVolume({ call, engine }) {
    const { id } = (await call('POST /volumes', { body: { name: 'data' } })).body
    const answer = await call(`DELETE /volumes/${id}`)
    assert.equal((await call('GET /volumes/by-name/data')).status, 404)
    const { name, state } = (await call(`GET /volumes/${id}`)).body
    assert.deepEqual([name, state, engine.volumes.size], ['data-deleted', 'deleted', 0])
    // The name is free, also for a second one that ends like the first.
    const again = (await call('POST /volumes', { body: { name: 'data' } })).body
    assert.equal((await call(`DELETE /volumes/${again.id}`)).status, 200)
    return answer
  },
}
