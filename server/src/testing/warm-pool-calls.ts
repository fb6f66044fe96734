import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** Makes a pool and waits until it is filled; answers its id. */
async function poolOf(server: TestServer, pool: number): Promise<string> {
  const { status, body } = await server.call('POST /warm-pools', { body: { snapshot: 'default', pool } })
  assert.equal(status, 201)
  await server.server.warm.settled()
  return body.id
}

/** A good call of each row of warm pools. */
export const warmPoolCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async listWarmPools(server) {
    const id = await poolOf(server, 2)
    const answer = await server.call('GET /warm-pools')
    assert.deepEqual(
      answer.body.map((pool: { id: string; currentSize: number }) => [pool.id, pool.currentSize]),
      [[id, 2]],
    )
    return answer
  },
  async createWarmPool({ call }) {
    const answer = await call('POST /warm-pools', { body: { snapshot: 'default', pool: 1, target: 'here' } })
    const { id, organizationId, createdAt, updatedAt, currentSize, ...rest } = answer.body
    assert.deepEqual(rest, {
      snapshot: 'default',
      target: 'us',
      pool: 1,
      cpu: 1,
      mem: 1,
      disk: 3,
      osUser: 'daytona',
      env: {},
      errorReason: null,
    })
    return answer
  },
  async updateWarmPool(server) {
    const id = await poolOf(server, 1)
    const answer = await server.call(`PATCH /warm-pools/${id}`, { body: { pool: 3 } })
    await server.server.warm.settled()
    assert.equal((await server.call('GET /warm-pools')).body[0].currentSize, 3)
    return answer
  },
  async deleteWarmPool(server) {
    const id = await poolOf(server, 2)
    const answer = await server.call(`DELETE /warm-pools/${id}`)
    await server.server.warm.settled()
    assert.deepEqual((await server.call('GET /warm-pools')).body, [])
    assert.equal(server.engine.specs.size, 0)
    return answer
  },
}
