import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** What goes into a secret, and out to its hosts alone. */
export const secretValue = 'sk-top-secret-value'

/** A body of `POST /secret`. */
export const secretBody = (name: string, hosts: readonly string[] = ['api.example.com']) => ({
  name,
  value: secretValue,
  hosts,
})

/** A good call of each row of secrets. */
export const secretCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async createSecret({ call }) {
    const hosts = ['API.Example.com', '*.example.org.', 'bücher.example', 'api.example.com']
    const body = { ...secretBody('openai-prod_1', hosts), description: 'for tests' }
    const answer = await call('POST /secret', { body })
    const { id, placeholder, ...rest } = answer.body
    assert.deepEqual(rest, {
      name: 'openai-prod_1',
      description: 'for tests',
      hosts: ['api.example.com', '*.example.org', 'xn--bcher-kva.example'],
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    assert.match(placeholder, /^dtn_secret_[a-z0-9]{40}$/)
    assert.ok(!placeholder.includes(id.slice(0, 8)))
    return answer
  },
  async listSecrets({ call, clock }) {
    for (const name of ['a', 'b', 'c']) {
      clock.nowMs += 1000
      await call('POST /secret', { body: secretBody(name) })
    }
    const answer = await call('GET /secret')
    assert.deepEqual(
      answer.body.map(({ name }: { name: string }) => name),
      ['c', 'b', 'a'],
    )
    return answer
  },
  async listSecretsPaginated({ call, clock }) {
    for (const name of ['b_1', 'a-1', 'B%2', 'c-1'].map((text) => text.replace('%', '-'))) {
      clock.nowMs += 1000
      await call('POST /secret', { body: secretBody(name) })
    }
    const names: string[] = []
    let query = '?limit=2&sort=name&order=asc'
    for (let pages = 0; pages < 2; pages++) {
      const { items, total, nextCursor } = (await call(`GET /secret/paginated${query}`)).body
      assert.equal(total, 4)
      names.push(...items.map(({ name }: { name: string }) => name))
      if (nextCursor === null) break
      query = `?limit=2&sort=name&order=asc&cursor=${encodeURIComponent(nextCursor)}`
    }
    assert.deepEqual(names, ['B-2', 'a-1', 'b_1', 'c-1'])
    const found = (await call('GET /secret/paginated?name=B&order=asc')).body
    assert.deepEqual([found.total, found.items[0].name, found.items[1].name], [2, 'b_1', 'B-2'])
    assert.equal((await call('GET /secret/paginated?name=_')).body.total, 1, 'a pattern is no pattern')
    return call('GET /secret/paginated')
  },
  async getSecret({ call }) {
    const { id } = (await call('POST /secret', { body: secretBody('mine') })).body
    const answer = await call(`GET /secret/${id}`)
    assert.deepEqual([answer.body.name, 'description' in answer.body], ['mine', false])
    return answer
  },
  async listSecretSandboxes({ call, create }) {
    const { id } = (await call('POST /secret', { body: secretBody('mine') })).body
    await call('POST /secret', { body: secretBody('another') })
    const [box, away] = [await create({ name: 'box' }), await create({ name: 'away' })]
    await create({ name: 'without' })
    await call('PUT /sandbox/box/secrets', { body: { secrets: [{ A: 'mine' }, { B: 'another' }, { C: 'mine' }] } })
    await call('PUT /sandbox/away/secrets', { body: { secrets: [{ D: 'mine' }] } })
    const answer = await call(`GET /secret/${id}/sandboxes`)
    assert.deepEqual(answer.body, {
      items: [
        { id: away.id, name: 'away', state: 'started', variables: ['D'] },
        { id: box.id, name: 'box', state: 'started', variables: ['A', 'C'] },
      ],
      total: 2,
    })
    await call('DELETE /sandbox/away')
    assert.equal((await call(`GET /secret/${id}/sandboxes`)).body.total, 1)
    return answer
  },
  async updateSecret({ call, clock }) {
    const made = (await call('POST /secret', { body: { ...secretBody('mine'), description: 'old' } })).body
    clock.nowMs += 1000
    const body = { value: 'another', description: null, hosts: ['*.example.com'] }
    const answer = await call(`PATCH /secret/${made.id}`, { body })
    assert.deepEqual(answer.body, {
      id: made.id,
      name: 'mine',
      placeholder: made.placeholder,
      hosts: ['*.example.com'],
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:01.000Z',
    })
    assert.deepEqual((await call(`PATCH /secret/${made.id}`, { body: {} })).body, answer.body)
    return answer
  },
  async deleteSecret({ call }) {
    const { id } = (await call('POST /secret', { body: secretBody('mine') })).body
    const answer = await call(`DELETE /secret/${id}`)
    assert.equal((await call(`GET /secret/${id}`)).status, 404)
    assert.equal((await call('POST /secret', { body: secretBody('mine') })).status, 201, 'the name is free')
    return answer
  },
  async updateSandboxSecrets({ call, create, engine }) {
    const { placeholder } = (await call('POST /secret', { body: secretBody('mine') })).body
    const { id } = await create({ name: 'box' })
    const answer = await call('PUT /sandbox/box/secrets', { body: { secrets: [{ API_KEY: 'mine' }, { B: 'mine' }] } })
    assert.deepEqual(answer.body.secrets, [{ API_KEY: 'mine' }, { B: 'mine' }])
    const hosts = ['api.example.com']
    assert.deepEqual(engine.specs.get(id)?.secrets, [
      { env: 'API_KEY', placeholder, hosts },
      { env: 'B', placeholder, hosts },
    ])
    assert.deepEqual(await engine.reveal(id), [{ placeholder, value: secretValue, hosts }])
    const without = await call(`PUT /sandbox/${id}/secrets`, { body: { secrets: [] } })
    assert.equal('secrets' in without.body, false)
    assert.deepEqual([engine.specs.get(id)?.secrets, await engine.reveal(id)], [[], []])
    return answer
  },
}
