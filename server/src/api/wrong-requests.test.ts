import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { apiRoutes, limits, type Route } from '@sandyard/protocol'
import { goodBodies, goodQueries } from '../testing/good-requests.ts'
import { openTestServer } from '../testing/test-server.ts'
import { wrongOrganizations, wrongSignIns } from '../testing/wrong-accounts.ts'
import { wrongBuildInfo, wrongBuilds, wrongRegistries } from '../testing/wrong-builds.ts'
import { wrongDomains } from '../testing/wrong-domains.ts'
import { beginStop, lose, stop, type Wrong, wrongLifecycle, wrongSnapshots } from '../testing/wrong-lifecycle.ts'
import { wrongLimits } from '../testing/wrong-limits.ts'
import { wrongNetworks } from '../testing/wrong-network.ts'
import { wrongObjectStorage } from '../testing/wrong-object-storage.ts'
import { wrongTelemetry, wrongWebhooks } from '../testing/wrong-observation.ts'
import { wrongPreviews } from '../testing/wrong-previews.ts'
import { wrongProjects } from '../testing/wrong-projects.ts'
import { wrongMountedSecrets, wrongSecrets } from '../testing/wrong-secrets.ts'
import { wrongSsh } from '../testing/wrong-ssh.ts'
import { wrongMounts, wrongVolumes } from '../testing/wrong-volumes.ts'
import { wrongWarmPools } from '../testing/wrong-warm-pools.ts'

const tooLong = 'x'.repeat(limits.nameLength + 1)
const notDisplayable = /HTML tags, URLs, or control characters/

function create(body: unknown, status: number, message: RegExp): Wrong {
  return { body, status, message }
}

function listing(query: string, message: RegExp): Wrong {
  return { query: `?${query}`, status: 400, message }
}

const ports: Wrong[] = ['0', '65536', '080', '+80', '1e3', '-1', 'http', '80.0'].map((port) => ({
  params: { port },
  status: 400,
  message: /^Invalid port$/,
}))

const intervals: Wrong[] = ['soon', '1.5', '5256001', '9'.repeat(20), '%20'].map((interval) => ({
  params: { interval },
  status: 400,
  message: /whole number/,
}))

/** What can be wrong with each call in particular; what can be wrong with all is tried below. */
const table: Record<string, readonly Wrong[]> = {
  ...wrongSignIns,
  ...wrongOrganizations,
  ...wrongLifecycle,
  getNetworkRefusals: [],
  ...wrongLimits,
  ...wrongObjectStorage,
  ...wrongPreviews,
  ...wrongProjects,
  ...wrongSecrets,
  ...wrongSnapshots,
  ...wrongSsh,
  ...wrongDomains,
  ...wrongBuilds,
  ...wrongRegistries,
  ...wrongVolumes,
  ...wrongTelemetry,
  ...wrongWebhooks,
  ...wrongWarmPools,
  createSandbox: [
    create({ name: 7 }, 400, /name/),
    create({ name: '' }, 400, /name/),
    create({ name: tooLong }, 400, /name/),
    create({ name: '<b>bold</b>' }, 400, notDisplayable),
    create({ name: 'see https://x' }, 400, notDisplayable),
    create({ name: 'www.example' }, 400, notDisplayable),
    create({ name: 'a\u0000b' }, 400, notDisplayable),
    {
      ...create({ name: 'taken' }, 409, /Sandbox with name taken already exists/),
      prepare: (server) => server.create({ name: 'taken' }),
    },
    create({ snapshot: 'no-such' }, 400, /^Snapshot no-such not found/),
    create({ snapshot: '' }, 400, /snapshot/),
    create({ user: 'Robert; DROP' }, 400, /user/),
    create({ env: { '1A': 'x' } }, 400, /invalid environment variable name: '1A'/),
    create({ env: { A: 1 } }, 400, /env/),
    create({ env: [] }, 400, /env/),
    create({ env: { A: 'x'.repeat(limits.envValueBytes + 1) } }, 400, /at most/),
    create({ env: { A: 'nul\0' } }, 400, /NUL/),
    create({ env: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`A${i}`, ''])) }, 400, /500 variables/),
    create({ autoWake: 'idle' }, 400, /autoWake/),
    create({ labels: { a: 1 } }, 400, /labels/),
    create({ labels: 'a=b' }, 400, /labels/),
    create({ labels: { a: 'x'.repeat(limits.labelLength + 1) } }, 400, /labels/),
    create({ labels: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, ''])) }, 400, /100 labels/),
    create({ public: 'yes' }, 400, /public/),
    create({ networkBlockAll: 1 }, 400, /networkBlockAll/),
    create({ networkAllowList: '192.0.2.1' }, 400, /'192.0.2.1' is not an IPv4 CIDR/),
    create({ networkAllowList: '192.0.2.256/24' }, 400, /not an IPv4 CIDR/),
    create({ networkAllowList: '192.0.2.0/33' }, 400, /not an IPv4 CIDR/),
    create({ networkAllowList: '2001:db8::/32' }, 400, /not an IPv4 CIDR/),
    create({ networkAllowList: Array(11).fill('192.0.2.0/24').join() }, 400, /at most 10/),
    create({ target: 'mars' }, 404, /^Region not found$/),
    create({ cpu: 5 }, 400, /^CPU request 5 exceeds maximum allowed per sandbox \(4\)\./),
    create({ memory: 9 }, 400, /^Memory request 9GB exceeds maximum allowed per sandbox \(8GB\)\./),
    create({ disk: 11 }, 400, /^Disk request 11GB exceeds maximum allowed per sandbox \(10GB\)\./),
    create({ cpu: 0 }, 400, /cpu/),
    create({ cpu: 1.5 }, 400, /cpu/),
    create({ memory: '2' }, 400, /memory/),
    create({ disk: -1 }, 400, /disk/),
    create({ gpu: 1 }, 400, /GPU request 1/),
    create({ autoStopInterval: -1 }, 400, /^Auto-stop interval must be non-negative$/),
    create({ autoStopInterval: 1.5 }, 400, /autoStopInterval/),
    create({ autoStopInterval: limits.intervalMinutes + 1 }, 400, /autoStopInterval/),
    create({ autoArchiveInterval: -1 }, 400, /^Auto-archive interval must be non-negative$/),
    create({ autoDeleteInterval: 'never' }, 400, /autoDeleteInterval/),
    create({ buildInfo: { dockerfileContent: 'FROM a' }, snapshot: 'default' }, 400, /Cannot specify a snapshot/),
    ...wrongBuildInfo,
    ...wrongMounts,
    create({ volumes: [{}] }, 400, /volumes/),
    ...wrongNetworks,
    create({ gpuType: ['H100'] }, 501, /^gpuType is not/),
    create({ spot: true }, 501, /^spot is not/),
    create({ kvm: true }, 501, /^kvm is not/),
    create({ autoPauseInterval: -1 }, 400, /^Auto-pause interval must be non-negative$/),
    create({ autoPauseInterval: 5, autoStopInterval: 5 }, 400, /^Only one of the auto-stop and auto-pause/),
    create({ autoPauseInterval: 5, autoDeleteInterval: 0 }, 400, /^Ephemeral sandboxes cannot have an auto-pause/),
    create({ ttlMinutes: -1 }, 400, /^TTL must be non-negative$/),
    create({ ttlMinutes: 'never' }, 400, /ttlMinutes/),
    create({ queueTimeout: 5 }, 501, /^queueTimeout is not/),
    ...wrongMountedSecrets,
    create({ outboundProxyUrl: 'http://p' }, 501, /^outboundProxyUrl is not/),
    create({ otelEndpointOverride: 'http://o' }, 501, /^otelEndpointOverride is not/),
    {
      ...create({}, 400, /^Sandbox failed to start: A fault of the platform; its log tells more$/),
      prepare: async ({ engine }) => {
        engine.knobs.failures.create = new Error('inner text')
      },
    },
  ],
  listSandboxes: [
    listing('cursor=%00', /^Invalid cursor$/),
    listing(`cursor=${btoa('{"sortValue":"x","id":"y"}')}`, /^Invalid cursor$/),
    listing(`cursor=${btoa('{"sortValue":1,"id":2}')}`, /^Invalid cursor$/),
    listing(`sort=name&cursor=${btoa('{"sortValue":1,"id":"y"}')}`, /^Invalid cursor$/),
    listing(`cursor=${btoa('[]')}`, /^Invalid cursor$/),
    listing('limit=0', /limit/),
    listing('limit=201', /limit/),
    listing('limit=ten', /limit/),
    listing('limit=1&limit=2', /limit/),
    listing('labels=a', /^Invalid labels JSON format$/),
    listing('labels=[]', /^Invalid labels JSON format$/),
    listing('labels={"a":1}', /^Invalid labels JSON format$/),
    listing(`labels=${JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [i, ''])))}`, /100/),
    listing('states=destroyed', /^each value must be one of the following values: creating, /),
    listing('states=started&states=asleep', /^each value must be one of/),
    listing('states[]=asleep', /^each value must be one of/),
    listing('minCpu=few', /minCpu/),
    listing('maxDiskGiB=1e9', /maxDiskGiB/),
    listing('createdAtAfter=yesterday', /createdAtAfter/),
    listing('lastEventBefore=', /lastEventBefore/),
    listing('sort=state', /sort/),
    listing('order=up', /order/),
    listing(`name=${tooLong}`, /name/),
    listing(`id=${tooLong}`, /id/),
    listing('isPublic=true&isPublic=true', /isPublic/),
  ],
  getSandbox: [{ params: { sandboxIdOrName: tooLong }, status: 404, message: /not found/ }],
  deleteSandbox: [
    {
      status: 409,
      message: /^Sandbox state change in progress$/,
      prepare: beginStop,
    },
    {
      status: 400,
      message: /^Sandbox has forks; delete them first$/,
      prepare: ({ call }, id) => call(`POST /sandbox/${id}/fork`),
    },
  ],
  startSandbox: [
    {
      status: 400,
      message: /^Sandbox is in an errored state$/,
      prepare: lose,
    },
    {
      status: 400,
      message: /^Sandbox failed to start: /,
      prepare: async (server, id) => {
        await stop(server, id)
        server.engine.knobs.failures.start = new Error('inner text')
      },
    },
  ],
  stopSandbox: [
    { status: 400, message: /^Sandbox is not in a stoppable state$/, prepare: stop },
    { query: '?force=true&force=true', status: 400, message: /force/ },
  ],
  replaceLabels: [
    { body: {}, status: 400, message: /labels/ },
    { body: { labels: { a: 1 } }, status: 400, message: /labels/ },
    { body: { labels: { '': 'x' } }, status: 400, message: /labels/ },
    { body: { labels: null }, status: 400, message: /labels/ },
  ],
  updatePublicStatus: [{ params: { isPublic: 'maybe' }, status: 400, message: /^isPublic must be true or false$/ }],
  setAutostopInterval: [
    ...intervals,
    {
      status: 400,
      message: /^Only one of the auto-stop and auto-pause intervals can be set$/,
      prepare: async ({ call }, id) => {
        await call(`POST /sandbox/${id}/autostop/0`)
        await call(`POST /sandbox/${id}/autopause/5`)
      },
    },
    { params: { interval: '-1' }, status: 400, message: /^Auto-stop interval must be non-negative$/ },
  ],
  setAutoArchiveInterval: [
    ...intervals,
    { params: { interval: '-1' }, status: 400, message: /^Auto-archive interval must be non-negative$/ },
  ],
  setAutoDeleteInterval: [
    ...intervals,
    {
      params: { interval: '0' },
      status: 400,
      message: /^Ephemeral sandboxes cannot have an auto-pause interval$/,
      prepare: async ({ call }, id) => {
        await call(`POST /sandbox/${id}/autostop/0`)
        await call(`POST /sandbox/${id}/autopause/5`)
      },
    },
  ],
  getPortPreviewUrl: ports,
  getSignedPortPreviewUrl: [
    ...ports,
    { query: '?expiresInSeconds=0', status: 400, message: /expiresInSeconds/ },
    { query: '?expiresInSeconds=86401', status: 400, message: /expiresInSeconds/ },
    { query: '?expiresInSeconds=x', status: 400, message: /expiresInSeconds/ },
  ],
  expireSignedPortPreviewUrl: [
    ...ports,
    { params: { token: 'unknown' }, status: 404, message: /has no such signed URL/ },
    { params: { token: 'x'.repeat(10_000) }, status: 404, message: /has no such signed URL/ },
  ],
  getSandboxSigningKey: [{ params: { sandboxId: 'no-such' }, status: 404, message: /not found/ }],
  rotateSigningKey: [{ params: { sandboxId: 'no-such' }, status: 404, message: /not found/ }],
  getToolboxProxyUrl: [{ params: { sandboxId: 'no-such' }, status: 404, message: /^Sandbox with ID or name no-such/ }],
  updateLastActivity: [
    { params: { sandboxId: 'no-such' }, status: 404, message: /not found/ },
    { body: { activityType: 1 }, status: 400, message: /activityType/ },
    { body: { activityType: tooLong }, status: 400, message: /activityType/ },
  ],
  createApiKey: [
    { body: {}, status: 400, message: /name/ },
    { body: { name: ' ', permissions: [] }, status: 400, message: /name/ },
    { body: { name: tooLong, permissions: [] }, status: 400, message: /name/ },
    { body: { name: 'a', permissions: ['own:everything'] }, status: 400, message: /permissions/ },
    { body: { name: 'a', permissions: 'write:sandboxes' }, status: 400, message: /permissions/ },
    { body: { name: 'a', permissions: [], expiresAt: 'soon' }, status: 400, message: /expiresAt/ },
    { body: { name: 'a', permissions: [], expiresAt: '2020-01-01' }, status: 400, message: /in the future/ },
    { body: { name: 'admin', permissions: [] }, status: 409, message: /API key with name admin already exists/ },
  ],
  listApiKeys: [],
  getCurrentApiKey: [],
  getApiKey: [{ params: { name: 'no-such' }, status: 404, message: /^API key no-such not found$/ }],
  deleteApiKey: [
    { params: { name: 'no-such' }, status: 404, message: /^API key no-such not found$/ },
    { params: { name: 'admin' }, status: 403, message: /the last way in/ },
  ],
  getConfig: [],
  getHealth: [],
}

/** What can be wrong with every call of the row's kind. */
function general(route: Route, strangerKey: string, weakKey: string): Wrong[] {
  const isOnSandbox = route.path.startsWith('/sandbox/{')
  const needsPermission = !['public', 'member', 'user'].includes(route.access)
  const refusal = route.access === 'self' ? /^Invalid authentication context$/ : /^Access denied$/
  return [
    { query: `?x=${'y'.repeat(limits.urlLength + 300)}`, status: 414, message: /URL is longer/ },
    ...(route.access === 'public'
      ? []
      : [null, 'wrong', 'x'.repeat(5000)].map((key) => ({ key, status: 401, message: /^Invalid credentials$/ }))),
    ...(needsPermission ? [{ key: weakKey, status: 403, message: refusal }] : []),
    ...(isOnSandbox
      ? [
          { key: strangerKey, status: 404, message: /^Sandbox with ID or name .* not found$/ },
          { params: { sandboxIdOrName: '%', sandboxId: '%' }, status: 400, message: /broken percent escape/ },
          { params: { sandboxIdOrName: '%FF', sandboxId: '%FF' }, status: 400, message: /broken percent escape/ },
          { params: { sandboxIdOrName: '%00', sandboxId: '%00' }, status: 404, message: /not found/ },
          { params: { sandboxIdOrName: "' or 1=1", sandboxId: "' or 1=1" }, status: 404, message: /not found/ },
          { params: { sandboxIdOrName: randomUUID(), sandboxId: randomUUID() }, status: 404, message: /not found/ },
        ]
      : []),
    ...(route.body === undefined
      ? []
      : [
          { body: '{"name":', status: 400, message: /not JSON/ },
          { body: '[1]', status: 400, message: /expected object/ },
          { body: 'null', status: 400, message: /expected object/ },
          { body: '['.repeat(16_000), status: 400, message: /not JSON/ },
          { body: `"${'x'.repeat(limits.apiBodyBytes)}"`, status: 413, message: /larger than/ },
        ]),
  ]
}

for (const [id, route] of Object.entries<Route>(apiRoutes)) {
  test(`${id} refuses wrong requests`, async (context) => {
    const particular = table[id]
    assert.ok(particular !== undefined, `${id} has no entry in the table of wrong requests`)
    await using server = await openTestServer()
    const strangerKey = await server.stranger()
    const weak = await server.call('POST /api-keys', { body: { name: 'weak', permissions: [] } })
    for (const wrong of [...general(route, strangerKey, weak.body.value), ...particular]) {
      const { engine } = server
      Object.assign(engine.knobs, { failures: {}, stopDelayMs: 0 })
      const sandbox = await server.create()
      await wrong.prepare?.(server, sandbox.id)
      const { params, query = goodQueries[id] ?? '', status, message, prepare: _, ...options } = wrong
      const good: Record<string, string> = {
        sandboxIdOrName: sandbox.id,
        sandboxId: sandbox.id,
        interval: '5',
        domain: 'app.example.com',
        ttlMinutes: '5',
        mode: 'true',
        port: '8080',
        isPublic: 'true',
        token: 'a'.repeat(16),
        name: 'weak',
        userId: 'sandyard-admin',
        roleId: randomUUID(),
        invitationId: randomUUID(),
        id: 'default',
        volumeId: randomUUID(),
        secretId: randomUUID(),
        organizationId: sandbox.organizationId,
        endpointId: randomUUID(),
        deliveryId: randomUUID(),
        previewId: randomUUID(),
        projectId: randomUUID(),
        traceId: 'a',
        regionId: 'us',
        sandboxClass: 'container',
        ...params,
      }
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => good[name] ?? '')
      const body = 'body' in options ? options.body : goodBodies[id]
      const answer = await server.call(`${route.method} ${path}${query}`, { ...options, body })
      const what = `${route.method} ${path.slice(0, 80)} ${JSON.stringify(body ?? query).slice(0, 120)}`
      await context.test(`${status} for ${what}`, () => {
        assert.equal(answer.status, status, JSON.stringify(answer.body))
        assert.match(answer.body.message, message)
        assert.equal(answer.body.statusCode, status)
        assert.equal(answer.body.source, 'DAYTONA_API')
        assert.equal(typeof answer.body.code, 'string')
        assert.equal(answer.body.method, route.method)
        assert.equal(new Date(answer.body.timestamp).toISOString(), answer.body.timestamp)
        assert.equal(answer.headers.get('x-daytona-api-version'), '9.9.9')
      })
    }
    assert.deepEqual(server.faults, [])
  })
}

test('unknown paths and methods have the same error body', async () => {
  await using server = await openTestServer()
  const unknown = await server.call('GET /no/such/call')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'NOT_FOUND'])
  const wrong = await server.call('PATCH /sandbox')
  assert.deepEqual([wrong.status, wrong.body.code], [405, 'METHOD_NOT_ALLOWED'])
})

test('an unexpected fault answers 500 with a request id and no inner text', async () => {
  await using server = await openTestServer()
  server.server.store.sandboxes.byIdOrName = async () => {
    throw new Error('inner text')
  }
  const answer = await server.call('GET /sandbox/x')
  assert.equal(answer.status, 500)
  assert.match(answer.body.message, /^An unexpected error occurred\. Request id: [0-9a-f-]{36}$/)
  assert.equal(server.faults.length, 1)
  server.faults.length = 0
})
