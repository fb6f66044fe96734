import assert from 'node:assert/strict'
import { githubHook, makeProject } from './git-hooks.ts'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

/** A good call of each row of projects that previews are made of. */
export const projectCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async createPreviewProject(server) {
    const repository = 'https://GitHub.com:443/Acme/Shop.git/'
    const body = { repository, token: 'ghp_secret', username: 'bot', reporting: 'both', forks: true, port: 8080 }
    const answer = await server.call('POST /preview-projects', { body: { ...body, secrets: ['KEY'], install: null } })
    const { id, organizationId, webhookSecret, ...rest } = answer.body
    assert.match(webhookSecret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual(rest, {
      name: 'Shop',
      repository: 'https://github.com/Acme/Shop.git',
      host: 'github',
      apiUrl: 'https://api.github.com',
      hasToken: true,
      username: 'bot',
      reporting: 'both',
      forks: true,
      reportError: null,
      webhookUrl: `http://localhost:3000/api/preview-hooks/${id}`,
      lastWebhookAt: null,
      settings: { port: 8080, secrets: ['KEY'], install: null },
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    const stored = await server.server.store.projects.byId(id, organizationId)
    assert.ok(!JSON.stringify(stored).includes('ghp_secret'), 'the store holds no plain token')
    assert.ok(!JSON.stringify(stored).includes(webhookSecret.slice(6)), 'the store holds no plain secret')
    return answer
  },
  async listPreviewProjects(server) {
    const first = await makeProject(server)
    server.clock.nowMs += 1
    const second = await makeProject(server, { repository: 'https://git.example.com/a' })
    const answer = await server.call('GET /preview-projects')
    assert.deepEqual(
      answer.body.map(({ id, webhookSecret }: { id: string; webhookSecret?: string }) => [id, webhookSecret]),
      [
        [second.id, undefined],
        [first.id, undefined],
      ],
    )
    assert.deepEqual((await server.call('GET /preview-projects', { key: await server.stranger() })).body, [])
    return answer
  },
  async getPreviewProject(server) {
    const { webhookSecret: _, ...made } = await makeProject(server)
    const answer = await server.call(`GET /preview-projects/${made.id}`)
    assert.deepEqual(answer.body, made)
    return answer
  },
  async updatePreviewProject(server) {
    const { id } = await makeProject(server, { port: 3000, env: { A: '1' } })
    server.clock.nowMs += 1000
    const body = { name: 'New', token: 'x', reporting: 'status', build: 'make', host: 'gitea', apiUrl: null }
    const answer = await server.call(`PATCH /preview-projects/${id}`, { body })
    const { name, hasToken, reporting, settings, host, apiUrl, updatedAt } = answer.body
    assert.deepEqual(
      { name, hasToken, reporting, settings, host, apiUrl, updatedAt },
      {
        name: 'New',
        hasToken: true,
        reporting: 'status',
        settings: { port: 3000, env: { A: '1' }, build: 'make' },
        host: 'gitea',
        apiUrl: 'https://github.com/api/v1',
        updatedAt: '2030-01-01T00:00:01.000Z',
      },
    )
    const without = await server.call(`PATCH /preview-projects/${id}`, { body: { token: null } })
    assert.deepEqual([without.body.hasToken, without.body.name], [false, 'New'])
    return answer
  },
  async deletePreviewProject(server) {
    const { id } = await makeProject(server)
    const answer = await server.call(`DELETE /preview-projects/${id}`)
    await until(async () => {
      await server.server.reconcile.round()
      return (await server.call(`GET /preview-projects/${id}`)).status === 404
    })
    return answer
  },
  async rotatePreviewWebhookSecret(server) {
    const project = await makeProject(server)
    const answer = await server.call(`POST /preview-projects/${project.id}/webhook-secret`)
    assert.equal((await githubHook(server, project, 'ping', {})).status, 404, 'the old secret has ended')
    const { webhookSecret } = answer.body
    assert.equal((await githubHook(server, { ...project, webhookSecret }, 'ping', {})).status, 200)
    return answer
  },
  async receivePreviewHook(server) {
    const project = await makeProject(server)
    const answer = await githubHook(server, project, 'ping', { zen: 'Keep it simple.' })
    assert.deepEqual(answer.body, { message: 'The webhook is set up', previewId: null })
    const { lastWebhookAt } = (await server.call(`GET /preview-projects/${project.id}`)).body
    assert.equal(lastWebhookAt, '2030-01-01T00:00:00.000Z')
    return answer
  },
}
