import assert from 'node:assert/strict'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

const always = 'from=2030-01-01T00:00:00Z&to=2031-01-01T00:00:00Z'

/** A good call of each row of telemetry. */
export const telemetryCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async getSandboxLogs({ call, create, clock, engine }) {
    const { id } = await create()
    clock.nowMs += 1000
    await call(`POST /sandbox/${id}/stop`)
    clock.nowMs += 1000
    engine.lose(id, 'Its disk is gone', 'absent')
    await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'error')
    const answer = await call(`GET /sandbox/${id}/telemetry/logs?${always}`)
    assert.deepEqual(
      answer.body.items.map((entry: { severityText: string; body: string }) => [entry.severityText, entry.body]),
      [
        ['ERROR', 'State changed from stopped to error: Its disk is gone'],
        ['INFO', 'State changed from stopping to stopped'],
        ['INFO', 'State changed from started to stopping'],
        ['INFO', 'State changed from creating to started'],
        ['INFO', 'Sandbox created from default'],
      ],
    )
    const logs = async (query: string) => (await call(`GET /sandbox/${id}/telemetry/logs?${query}`)).body
    assert.equal((await logs(`${always}&severities=error&severities=warn`)).total, 1)
    assert.equal((await logs(`${always}&severities=info,debug`)).total, 4)
    assert.equal((await logs(`${always}&search=STOPPING`)).total, 2)
    assert.equal((await logs('from=2030-01-01T00:00:01Z&to=2030-01-01T00:00:01Z')).total, 2)
    const second = await logs(`${always}&page=2&limit=3`)
    assert.deepEqual([second.items.length, second.total, second.page, second.totalPages], [2, 5, 2, 2])
    return answer
  },
  async getSandboxTraces({ call, create }) {
    const { id } = await create()
    const answer = await call(`GET /sandbox/${id}/telemetry/traces?${always}&page=3`)
    assert.deepEqual(answer.body, { items: [], total: 0, page: 3, totalPages: 0 })
    return answer
  },
  async getSandboxTraceSpans({ call, create }) {
    const { id } = await create()
    return call(`GET /sandbox/${id}/telemetry/traces/abc`)
  },
  async getSandboxMetrics({ call, create, server, clock }) {
    const { id } = await create({ cpu: 2 })
    await server.telemetry.sample()
    clock.nowMs += 15_000
    await server.telemetry.sample()
    const names = ['daytona.sandbox.cpu.limit', 'daytona.sandbox.memory.usage', 'daytona.sandbox.unknown']
    const query = `${always}&${names.map((name) => `metricNames=${name}`).join('&')}`
    const answer = await call(`GET /sandbox/${id}/telemetry/metrics?${query}`)
    const times = ['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:15.000Z']
    assert.deepEqual(answer.body.series, [
      { metricName: names[0], dataPoints: times.map((timestamp) => ({ timestamp, value: 2 })) },
      { metricName: names[1], dataPoints: times.map((timestamp) => ({ timestamp, value: 2 ** 24 })) },
    ])
    const all = (await call(`GET /sandbox/${id}/telemetry/metrics?${always}`)).body.series
    assert.equal(all.length, 12)
    return answer
  },
}
