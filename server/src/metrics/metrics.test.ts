import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { adminKey, openTestServer, type TestServer, testConfig } from '../testing/test-server.ts'
import { createMetrics } from './metrics.ts'

async function read({ server }: TestServer, key: string | null = adminKey): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const response = await server.fetch(new Request('http://localhost:3000/metrics', { headers }))
  return { status: response.status, text: await response.text() }
}

/** The value of one line. */
function value(text: string, line: string): number {
  const found = text.split('\n').find((one) => one.startsWith(`${line} `))
  assert.ok(found !== undefined, `${line} is not in\n${text.slice(0, 3000)}`)
  return Number(found.slice(line.length + 1))
}

test('tells of calls, orders, totals and the process', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await server.create()
  await server.call(`POST /sandbox/${id}/stop`)
  await server.call('GET /sandbox/no-such')
  server.engine.knobs.failures.start = new PlatformError('INSUFFICIENT_CAPACITY', 'No room')
  await server.call(`POST /sandbox/${id}/start`)
  const { status, text } = await read(server)
  assert.equal(status, 200)
  assert.equal(value(text, 'sandyard_api_calls_total{call="createSandbox",method="POST",status="200"}'), 2)
  assert.equal(value(text, 'sandyard_api_calls_total{call="getSandbox",method="GET",status="404"}'), 1)
  assert.equal(value(text, 'sandyard_api_call_seconds_count{call="createSandbox"}'), 2)
  assert.equal(value(text, 'sandyard_api_call_seconds_bucket{call="createSandbox",le="+Inf"}'), 2)
  assert.ok(value(text, 'sandyard_api_call_seconds_sum{call="createSandbox"}') > 0)
  assert.equal(value(text, 'sandyard_order_seconds_count{order="create",outcome="done"}'), 2)
  assert.ok(value(text, 'sandyard_order_seconds_count{order="start",outcome="refused"}') >= 1)
  assert.equal(value(text, 'sandyard_sandboxes{state="started"}'), 1)
  assert.equal(value(text, 'sandyard_organizations'), 1)
  assert.equal(value(text, 'sandyard_warm_pool_size'), 0)
  assert.equal(value(text, 'sandyard_info{version="9.9.9"}'), 1)
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']) value(text, name)
  // The form that Prometheus reads: comments, and lines of a name, labels and a number.
  for (const line of text.split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .*|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (-?[\d.e+-]+|Nan|\+Inf))?$/i)
  }
})

test('only administrators and holders of the token read it, unless it is public', async () => {
  const observation = { ...testConfig.observation, metricsToken: 'a-token-for-prometheus' }
  await using server = await openTestServer({ config: { ...testConfig, observation } })
  assert.equal((await read(server, null)).status, 401)
  assert.equal((await read(server, 'wrong')).status, 401)
  assert.equal((await read(server, await server.stranger())).status, 403)
  const weak = (await server.call('POST /api-keys', { body: { name: 'weak', permissions: [] } })).body.value
  assert.equal((await read(server, weak)).status, 403)
  assert.equal((await read(server, adminKey)).status, 200)
  assert.equal((await read(server, 'a-token-for-prometheus')).status, 200)

  const open = { ...testConfig, observation: { ...observation, areMetricsPublic: true } }
  await using publicServer = await openTestServer({ config: open })
  assert.equal((await read(publicServer, null)).status, 200)
})

test('a call costs less than 20 µs', () => {
  const { watcher } = createMetrics()
  const route = { method: 'GET', path: '/x', summary: '', access: 'public', status: 200 } as const
  const call = { route, request: new Request('http://x'), params: {}, address: '', principal: null, body: undefined }
  const calls = Array.from({ length: 50 }, (_, index) => ({ ...call, id: `call${index}`, headers: new Headers() }))
  const count = 20_000
  const startedAt = performance.now()
  for (let index = 0; index < count; index += 1) {
    const one = calls[index % calls.length]
    if (one !== undefined) void watcher.ended?.(one, { status: 200 + (index % 3), ms: index % 1000 })
  }
  const each = (1000 * (performance.now() - startedAt)) / count
  assert.ok(each < 20, `${each} µs`)
})
