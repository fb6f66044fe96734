import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A sandbox with a domain; whose proof nobody can find: the name server is not there. */
async function attached({ call, create }: TestServer): Promise<{ id: string; answer: TestAnswer }> {
  const { id } = await create({ name: 'mine' })
  const answer = await call('POST /sandbox/mine/domains', { body: { domain: 'app.example.com', port: 8080 } })
  return { id, answer }
}

/** A good call of each row of domains and previews. */
export const domainCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async hasSandboxAccess({ call, create, stranger }) {
    const { id } = await create()
    assert.equal((await call(`GET /preview/${id}/access`, { key: await stranger() })).status, 404)
    const answer = await call(`GET /preview/${id}/access`)
    assert.equal(answer.body, true)
    return answer
  },
  async attachDomain(test) {
    const { id, answer } = await attached(test)
    const { proof, ...rest } = answer.body
    assert.match(proof.value, /^sandyard-[a-z0-9]{32}$/)
    assert.deepEqual(rest, {
      domain: 'app.example.com',
      sandboxId: id,
      port: 8080,
      state: 'pending',
      reason: null,
      cname: `8080-${id}.preview.example.com`,
      url: 'http://app.example.com:3000',
      createdAt: '2030-01-01T00:00:00.000Z',
      checkedAt: null,
      provenAt: null,
    })
    return answer
  },
  async listDomains(test) {
    await attached(test)
    const answer = await test.call('GET /domains')
    assert.equal(answer.body.length, 1)
    assert.deepEqual((await test.call('GET /domains', { key: await test.stranger() })).body, [])
    return answer
  },
  async listSandboxDomains(test) {
    await attached(test)
    const { id } = await test.create()
    assert.deepEqual((await test.call(`GET /sandbox/${id}/domains`)).body, [])
    const answer = await test.call('GET /sandbox/mine/domains')
    assert.equal(answer.body[0].domain, 'app.example.com')
    return answer
  },
  async checkDomain(test) {
    await attached(test)
    const answer = await test.call('POST /sandbox/mine/domains/app.example.com/check')
    assert.deepEqual([answer.body.state, /could not be asked/.test(answer.body.reason)], ['pending', true])
    return answer
  },
  async detachDomain(test) {
    await attached(test)
    const answer = await test.call('DELETE /sandbox/mine/domains/app.example.com')
    assert.deepEqual((await test.call('GET /domains')).body, [])
    assert.equal((await test.call('DELETE /sandbox/mine/domains/app.example.com')).status, 404)
    return answer
  },
}
