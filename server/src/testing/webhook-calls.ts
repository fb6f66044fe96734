import assert from 'node:assert/strict'
import { openReceiver } from './receiver.ts'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

/** Where the webhooks of the caller's organization are. */
export async function webhooksPath({ create }: TestServer): Promise<string> {
  const { organizationId } = await create()
  return `/webhooks/organizations/${organizationId}`
}

/** Makes an endpoint that nothing listens at. */
export async function makeEndpoint(server: TestServer, body: object = {}) {
  const path = await webhooksPath(server)
  const answer = await server.call(`POST ${path}/endpoints`, { body: { url: 'http://127.0.0.1:9/hook', ...body } })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return { path: `${path}/endpoints/${answer.body.id}`, ...answer }
}

/** A good call of each row of webhooks. */
export const webhookCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async webhookControllerGetAppPortalAccess(server) {
    const answer = await server.call(`POST ${await webhooksPath(server)}/app-portal-access`)
    assert.deepEqual(answer.body, { token: '', url: 'http://localhost:3000/dashboard/webhooks' })
    return answer
  },
  async webhookControllerGetInitializationStatus(server) {
    const answer = await server.call(`GET ${await webhooksPath(server)}/initialization-status`)
    assert.deepEqual([answer.body.svixApplicationId, answer.body.lastError], [answer.body.organizationId, null])
    return answer
  },
  async webhookControllerInitializeWebhooks(server) {
    return server.call(`POST ${await webhooksPath(server)}/initialize`)
  },
  async webhookControllerRefreshEndpoints(server) {
    return server.call(`POST ${await webhooksPath(server)}/refresh-endpoints`)
  },
  async createWebhookEndpoint(server) {
    const answer = await makeEndpoint(server, { description: 'mine', events: ['sandbox.created', 'sandbox.created'] })
    const { id, organizationId, secret, ...rest } = answer.body
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual(rest, {
      url: 'http://127.0.0.1:9/hook',
      description: 'mine',
      events: ['sandbox.created'],
      enabled: true,
      disabledReason: null,
      failingSince: null,
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    const stored = await server.server.store.webhooks.byId(id)
    assert.ok(stored !== undefined && !stored.secret.includes(secret.slice(6)), 'the store holds no plain secret')
    return answer
  },
  async listWebhookEndpoints(server) {
    const first = await makeEndpoint(server)
    server.clock.nowMs += 1
    const second = await makeEndpoint(server, { enabled: false })
    const answer = await server.call(`GET ${await webhooksPath(server)}/endpoints`)
    assert.deepEqual(
      answer.body.map((each: { id: string; enabled: boolean; secret?: string }) => [
        each.id,
        each.enabled,
        each.secret,
      ]),
      [
        [first.body.id, true, undefined],
        [second.body.id, false, undefined],
      ],
    )
    return answer
  },
  async getWebhookEndpoint(server) {
    const { path, body } = await makeEndpoint(server)
    const answer = await server.call(`GET ${path}`)
    const { secret: _, ...rest } = body
    assert.deepEqual(answer.body, rest)
    return answer
  },
  async updateWebhookEndpoint(server) {
    const { path } = await makeEndpoint(server)
    const body = { url: 'http://127.0.0.1:9/other', description: 'new', events: ['volume.created'], enabled: false }
    const answer = await server.call(`PATCH ${path}`, { body })
    const { url, description, events, enabled } = answer.body
    assert.deepEqual({ url, description, events, enabled }, body)
    const untouched = await server.call(`PATCH ${path}`, { body: {} })
    assert.equal(untouched.body.description, 'new')
    return answer
  },
  async deleteWebhookEndpoint(server) {
    const { path } = await makeEndpoint(server)
    await server.create()
    const answer = await server.call(`DELETE ${path}`)
    assert.equal((await server.call(`GET ${path}`)).status, 404)
    return answer
  },
  async testWebhookEndpoint(server) {
    await using receiver = await openReceiver()
    const { path, body } = await makeEndpoint(server, { url: receiver.url, events: ['volume.created'] })
    const answer = await server.call(`POST ${path}/test`)
    assert.deepEqual([answer.body.event, answer.body.state, answer.body.attempts], ['webhook.test', 'pending', 0])
    await receiver.count(1)
    assert.deepEqual(receiver.received[0]?.json, answer.body.payload)
    assert.equal(receiver.received[0]?.json.id, body.id)
    return answer
  },
  async rotateWebhookSecret(server) {
    const { path, body } = await makeEndpoint(server)
    const answer = await server.call(`POST ${path}/rotate-secret`)
    assert.notEqual(answer.body.secret, body.secret)
    return answer
  },
  async listWebhookDeliveries(server) {
    await using receiver = await openReceiver()
    const { path } = await makeEndpoint(server, { url: receiver.url })
    await server.create()
    await receiver.count(2)
    await until(async () => (await server.call(`GET ${path}/deliveries?state=delivered`)).body.total === 2)
    const answer = await server.call(`GET ${path}/deliveries?limit=1&page=2`)
    const { items, ...rest } = answer.body
    assert.deepEqual(rest, { total: 2, page: 2, totalPages: 2 })
    assert.deepEqual([items.length, items[0].responseStatus, items[0].attempts], [1, 204, 1])
    assert.equal((await server.call(`GET ${path}/deliveries?state=failed`)).body.total, 0)
    return answer
  },
  async replayWebhookDelivery(server) {
    await using receiver = await openReceiver()
    const { path } = await makeEndpoint(server, { url: receiver.url })
    const { id } = (await server.call(`POST ${path}/test`)).body
    await until(async () => (await server.call(`GET ${path}/deliveries?state=delivered`)).body.total === 1)
    const answer = await server.call(`POST ${path}/deliveries/${id}/replay`)
    assert.deepEqual([answer.body.state, answer.body.attempts], ['pending', 0])
    await receiver.count(2)
    assert.deepEqual(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])), new Set([id]))
    return answer
  },
  async replayFailedWebhooks(server) {
    const { path, body } = await makeEndpoint(server)
    await server.call(`POST ${path}/test`)
    await server.server.store.webhooks.disable(body.id, 'for the test', server.clock.nowMs)
    assert.equal(
      (await server.call(`POST ${path}/replay-failed`, { body: { since: '2030-01-01T00:00:01Z' } })).body.count,
      0,
    )
    const answer = await server.call(`POST ${path}/replay-failed`, { body: { since: '2030-01-01T00:00:00Z' } })
    assert.equal(answer.body.count, 1)
    return answer
  },
}
