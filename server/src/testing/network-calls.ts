import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A good call of each row of the network of sandboxes. */
export const networkCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async getNetworkRefusals({ call, create, engine }) {
    const { id } = await create({ domainAllowList: 'example.com' })
    assert.deepEqual((await call(`GET /sandbox/${id}/network/refused`)).body, { items: [] })
    const shared = { count: 2, lastAtMs: Date.parse('2030-01-01T00:00:00Z') }
    engine.refusals.set(id, [
      { kind: 'name', target: 'example.org', protocol: 'TXT', port: null, reason: 'not-allowed', ...shared },
      { kind: 'connection', target: '192.0.2.1', protocol: 'tcp', port: 443, reason: 'not-allowed', ...shared },
    ])
    const answer = await call(`GET /sandbox/${id}/network/refused`)
    const told = { count: 2, lastAt: '2030-01-01T00:00:00.000Z', reason: 'not-allowed' }
    assert.deepEqual(answer.body.items, [
      { kind: 'name', target: 'example.org', protocol: 'TXT', ...told },
      { kind: 'connection', target: '192.0.2.1', protocol: 'tcp', port: 443, ...told },
    ])
    await call(`POST /sandbox/${id}/stop`)
    assert.deepEqual((await call(`GET /sandbox/${id}/network/refused`)).body, { items: [] })
    return answer
  },
}
