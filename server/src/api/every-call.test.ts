import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiRoutes, type Route } from '@sandyard/protocol'
import { memberCalls, organizationCalls, signInCalls } from '../testing/account-calls.ts'
import { buildCalls, registryCalls } from '../testing/build-calls.ts'
import { domainCalls } from '../testing/domain-calls.ts'
import { lifecycleCalls, snapshotCalls } from '../testing/lifecycle-calls.ts'
import { limitCalls } from '../testing/limit-calls.ts'
import { networkCalls } from '../testing/network-calls.ts'
import { objectStorageCalls } from '../testing/object-storage-calls.ts'
import { previewCalls } from '../testing/preview-calls.ts'
import { projectCalls } from '../testing/project-calls.ts'
import { secretCalls } from '../testing/secret-calls.ts'
import { sshCalls } from '../testing/ssh-calls.ts'
import { telemetryCalls } from '../testing/telemetry-calls.ts'
import { openTestServer, type TestAnswer, type TestServer } from '../testing/test-server.ts'
import { volumeCalls } from '../testing/volume-calls.ts'
import { warmPoolCalls } from '../testing/warm-pool-calls.ts'
import { webhookCalls } from '../testing/webhook-calls.ts'

/** A good call of each row: what makes it possible, and what its answer must say. */
const calls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  ...signInCalls,
  ...organizationCalls,
  ...memberCalls,
  ...buildCalls,
  ...lifecycleCalls,
  ...limitCalls,
  ...networkCalls,
  ...objectStorageCalls,
  ...registryCalls,
  ...previewCalls,
  ...projectCalls,
  ...secretCalls,
  ...snapshotCalls,
  ...sshCalls,
  ...domainCalls,
  ...volumeCalls,
  ...telemetryCalls,
  ...webhookCalls,
  ...warmPoolCalls,
  async createSandbox({ call, engine }) {
    const body = {
      name: '  my box ',
      snapshot: 'default',
      user: 'worker',
      env: { A: '1', DAYTONA_SANDBOX_ID: 'forged' },
      labels: { purpose: 'test' },
      public: true,
      networkAllowList: '192.0.2.0/24, 198.51.100.7/32,',
      target: 'here',
      cpu: 2,
      memory: 4,
      disk: 5,
      gpu: 0,
      autoStopInterval: 30,
      autoArchiveInterval: 0,
      autoDeleteInterval: -7,
      volumes: [],
      secrets: [],
      kvm: false,
      linkedSandbox: null,
      somethingNew: { ignored: true },
    }
    const answer = await call('POST /sandbox', { body })
    const { id, organizationId, toolboxProxyUrl, createdAt, updatedAt, lastActivityAt, ...rest } = answer.body
    assert.deepEqual(rest, {
      name: 'my box',
      snapshot: 'default',
      user: 'worker',
      env: body.env,
      labels: body.labels,
      public: true,
      networkBlockAll: false,
      networkAllowList: body.networkAllowList,
      target: 'us',
      cpu: 2,
      gpu: 0,
      memory: 4,
      disk: 5,
      state: 'started',
      desiredState: 'started',
      recoverable: false,
      backupState: 'None',
      autoStopInterval: 30,
      autoPauseInterval: 0,
      autoArchiveInterval: 43_200,
      autoDeleteInterval: -1,
      sandboxClass: 'container',
      daemonVersion: '0.1.0',
      volumes: [],
      kvm: false,
    })
    assert.equal(toolboxProxyUrl, 'http://localhost:3000/toolbox')
    assert.deepEqual([createdAt, updatedAt, lastActivityAt], Array(3).fill('2030-01-01T00:00:00.000Z'))
    assert.deepEqual(engine.specs.get(id), {
      id,
      hostname: id,
      snapshot: 'default',
      user: 'worker',
      env: {
        A: '1',
        DAYTONA_SANDBOX_ID: id,
        DAYTONA_SANDBOX_SNAPSHOT: 'default',
        DAYTONA_SANDBOX_USER: 'worker',
        DAYTONA_ORGANIZATION_ID: organizationId,
        DAYTONA_REGION_ID: 'us',
      },
      cpu: 2,
      memoryGib: 4,
      diskGib: 5,
      network: { blockAll: false, allowList: ['192.0.2.0/24', '198.51.100.7/32'] },
      volumes: [],
    })
    return answer
  },
  async listSandboxes({ call, create }) {
    const { id } = await create({ labels: { a: 'b' } })
    const answer = await call('GET /sandbox?labels={"a":"b"}&limit=1')
    assert.deepEqual(
      [answer.body.items[0].id, 'env' in answer.body.items[0], answer.body.nextCursor],
      [id, false, null],
    )
    return answer
  },
  async getSandbox({ call, create }) {
    const { id } = await create({ name: '100% a/b' })
    const answer = await call(`GET /sandbox/${encodeURIComponent('100% a/b')}`)
    assert.equal(answer.body.id, id)
    assert.equal((await call(`GET /sandbox/${id}/?verbose=true`)).body.id, id, 'a trailing slash is the same path')
    return answer
  },
  async deleteSandbox({ call, create }) {
    const { id, name } = await create({ name: 'short-lived' })
    const answer = await call(`DELETE /sandbox/${name}`)
    assert.match(answer.body.name, /^DESTROYED_short-lived_\d+$/)
    assert.equal(answer.body.desiredState, 'destroyed')
    assert.equal((await call(`GET /sandbox/${name}`)).status, 404)
    assert.notEqual((await create({ name })).id, id, 'the name is free at once')
    return answer
  },
  async startSandbox({ call, create }) {
    const { id } = await create()
    assert.equal(
      (await call(`POST /sandbox/${id}/start`)).body.state,
      'started',
      'starting a started one changes nothing',
    )
    const before = await call(`GET /sandbox/${id}/ports/1/preview-url`)
    await call(`POST /sandbox/${id}/stop`)
    const answer = await call(`POST /sandbox/${id}/start`)
    assert.deepEqual([answer.body.state, answer.body.desiredState], ['started', 'started'])
    const after = await call(`GET /sandbox/${id}/ports/1/preview-url`)
    assert.notEqual(after.body.token, before.body.token, 'each start makes another preview token')
    return answer
  },
  async stopSandbox({ call, create, engine }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/stop?force=true`)
    assert.deepEqual([answer.body.state, answer.body.desiredState], ['stopped', 'stopped'])
    assert.equal((await engine.inspect(id)).state, 'stopped')
    const ephemeral = await create({ autoDeleteInterval: 0 })
    assert.equal((await call(`POST /sandbox/${ephemeral.id}/stop`)).body.desiredState, 'destroyed')
    return answer
  },
  async replaceLabels({ call, create }) {
    const { id } = await create({ labels: { old: '1', both: '1' } })
    const answer = await call(`PUT /sandbox/${id}/labels`, { body: { labels: { both: '2' } } })
    assert.deepEqual(answer.body, { labels: { both: '2' } })
    assert.equal((await call('GET /sandbox?labels={"old":"1"}')).body.items.length, 0)
    assert.equal((await call('GET /sandbox?labels={"both":"2"}')).body.items.length, 1)
    return answer
  },
  async updatePublicStatus({ call, create }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/public/true`)
    assert.equal(answer.body.public, true)
    return answer
  },
  async setAutostopInterval({ call, create }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/autostop/0`)
    assert.equal(answer.body.autoStopInterval, 0)
    return answer
  },
  async setAutoArchiveInterval({ call, create }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/autoarchive/99999`)
    assert.equal(answer.body.autoArchiveInterval, 43_200)
    return answer
  },
  async setAutoDeleteInterval({ call, create }) {
    const { id } = await create()
    const answer = await call(`POST /sandbox/${id}/autodelete/-5`)
    assert.equal(answer.body.autoDeleteInterval, -1)
    return answer
  },
  async getPortPreviewUrl({ call, create }) {
    const { id } = await create()
    const answer = await call(`GET /sandbox/${id}/ports/8080/preview-url`)
    assert.equal(answer.body.url, `http://8080-${id}.localhost:3000`)
    assert.match(answer.body.token, /^[a-z0-9]{32}$/)
    return answer
  },
  async getSignedPortPreviewUrl({ call, create }) {
    const { id } = await create()
    const answer = await call(`GET /sandbox/${id}/ports/8080/signed-preview-url?expiresInSeconds=5`)
    assert.match(answer.body.token, /^[a-z0-9]{16}$/)
    assert.equal(answer.body.url, `http://8080-${answer.body.token}.localhost:3000`)
    return answer
  },
  async expireSignedPortPreviewUrl({ call, create, server }) {
    const { id } = await create()
    const { token } = (await call(`GET /sandbox/${id}/ports/8080/signed-preview-url`)).body
    const request = { label: token, target: { kind: 'port', port: 8080 }, credentials: {} } as const
    assert.equal((await server.access.check(request)).kind, 'granted')
    const told: string[] = []
    const stop = server.onSandboxChange((changed) => told.push(changed))
    const answer = await call(`POST /sandbox/${id}/ports/8080/signed-preview-url/${token}/expire`)
    stop()
    assert.ok(told.includes(id), 'whoever remembers the answer asks anew')
    assert.equal((await server.access.check(request)).kind, 'unknown')
    return answer
  },
  async getSandboxSigningKey({ call, create }) {
    const { id, name } = await create({ name: 'signer' })
    const both = await Promise.all([call(`GET /sandbox/${id}/signing-key`), call(`GET /sandbox/${name}/signing-key`)])
    assert.match(both[0].body, /^[a-z0-9]{48}$/)
    assert.equal(both[0].body, both[1].body, 'the first two that ask at once get one key')
    assert.ok(!JSON.stringify((await call(`GET /sandbox/${id}`)).body).includes(both[0].body))
    await call(`POST /sandbox/${id}/stop`)
    const answer = await call(`GET /sandbox/${id}/signing-key`)
    assert.equal(answer.body, both[0].body, 'it outlives a stop')
    return answer
  },
  async rotateSigningKey({ call, create }) {
    const { id } = await create()
    const before = await call(`GET /sandbox/${id}/signing-key`)
    const answer = await call(`POST /sandbox/${id}/signing-key/rotate`)
    assert.notEqual(answer.body, before.body)
    assert.equal((await call(`GET /sandbox/${id}/signing-key`)).body, answer.body)
    return answer
  },
  async getToolboxProxyUrl({ call, create }) {
    const { id } = await create()
    const answer = await call(`GET /sandbox/${id}/toolbox-proxy-url`, { headers: { host: 'box.lan:8443' } })
    assert.equal(answer.body.url, 'http://box.lan:8443/toolbox')
    return answer
  },
  async updateLastActivity({ call, create, clock }) {
    const { id } = await create()
    clock.nowMs += 60_000
    const answer = await call(`POST /sandbox/${id}/last-activity`, { body: { activityType: 'ssh' } })
    assert.equal((await call(`GET /sandbox/${id}`)).body.lastActivityAt, '2030-01-01T00:01:00.000Z')
    return answer
  },
  async createApiKey({ call }) {
    const body = { name: 'ci', permissions: ['write:sandboxes'], expiresAt: '2031-01-01T00:00:00Z' }
    const answer = await call('POST /api-keys', { body })
    assert.match(answer.body.value, /^dtn_[0-9a-f]{64}$/)
    assert.equal((await call('POST /sandbox', { key: answer.body.value })).status, 200)
    return answer
  },
  async listApiKeys({ call }) {
    await call('POST /api-keys', { body: { name: 'ci', permissions: [] } })
    const answer = await call('GET /api-keys')
    assert.deepEqual(
      answer.body.map((key: { name: string }) => key.name),
      ['admin', 'ci'],
    )
    assert.match(answer.body[1].value, /^dtn\*{20}[0-9a-f]{3}$/)
    return answer
  },
  async getCurrentApiKey({ call }) {
    const answer = await call('GET /api-keys/current')
    assert.equal(answer.body.name, 'admin')
    return answer
  },
  async getApiKey({ call }) {
    await call('POST /api-keys', { body: { name: 'a key', permissions: [] } })
    const answer = await call('GET /api-keys/a%20key')
    assert.deepEqual([answer.body.name, answer.body.expiresAt], ['a key', null])
    return answer
  },
  async deleteApiKey({ call }) {
    const { value } = (await call('POST /api-keys', { body: { name: 'ci', permissions: [] } })).body
    assert.equal((await call('GET /sandbox', { key: value })).status, 200)
    const answer = await call('DELETE /api-keys/ci')
    assert.equal((await call('GET /sandbox', { key: value })).status, 401, 'it stops working at once')
    return answer
  },
  async getConfig({ call }) {
    const answer = await call('GET /config', { key: null })
    assert.equal(answer.body.proxyTemplateUrl, 'http://{{PORT}}-{{sandboxId}}.localhost:3000')
    assert.deepEqual(answer.body.oidc, { issuer: '', clientId: '', audience: '', provider: 'auth0' })
    return answer
  },
  getHealth: ({ call }) => call('GET /health', { key: null }),
}

for (const [id, route] of Object.entries<Route>(apiRoutes)) {
  test(`${id} answers in the form of its row`, async () => {
    await using server = await openTestServer()
    const answer = await calls[id]?.(server)
    assert.ok(answer !== undefined, `${id} has no call in this test`)
    assert.equal(answer.status, route.status, JSON.stringify(answer.body))
    assert.equal(answer.headers.get('x-daytona-api-version'), '9.9.9')
    if (route.isStream === true) assert.equal(typeof answer.body, 'string')
    else if (route.status >= 400) assert.equal(answer.body.statusCode, route.status)
    else if (route.response === undefined) assert.equal(answer.body, undefined)
    else assert.deepEqual(route.response.safeParse(answer.body).error, undefined)
    assert.deepEqual(server.faults, [])
  })
}

test('the OpenAPI document has every row', async () => {
  await using server = await openTestServer()
  const response = await server.server.fetch(new Request('http://localhost:3000/api-json'))
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, { operationId: string }>> }
  const documented = Object.values(paths).flatMap((methods) => Object.values(methods).map((call) => call.operationId))
  assert.deepEqual(documented.sort(), Object.keys(apiRoutes).sort())
})
