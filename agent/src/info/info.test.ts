import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { version } from '@sandyard/protocol'
import { startAgent, type TestAgent } from '../agent.fixture.ts'

describe('info', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent({ GREETING: 'hello', TOKEN_A: 'ref:a', TOKEN_B: 'ref:b', SANDYARD_INNER: 'x' })
  })
  after(() => agent[Symbol.asyncDispose]())

  it('tells version and folders, with and without a trailing slash', async () => {
    assert.deepEqual((await agent.call('GET', '/version')).json, { version })
    assert.deepEqual((await agent.call('GET', '/work-dir/')).json, { dir: agent.home })
    assert.deepEqual((await agent.call('GET', '/user-home-dir')).json, { dir: agent.home })
    assert.deepEqual((await agent.call('GET', '/project-dir')).json, { dir: agent.home })
  })

  it('takes a token for telemetry, of which there is none', async () => {
    const answer = await agent.call('POST', '/init', { token: 'x' })
    assert.deepEqual([answer.status, answer.json], [200, { message: 'telemetry is not configured' }])
  })

  for (const host of ['127.0.0.1', '::1']) {
    it(`sees a listener on ${host}`, async () => {
      const server = createServer().listen(0, host)
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const { ports } = (await agent.call('GET', '/port')).json
      assert.ok(ports.includes(port))
      assert.deepEqual(
        ports,
        [...new Set<number>(ports)].sort((a, b) => a - b),
      )
      assert.deepEqual((await agent.call('GET', `/port/${port}/in-use`)).json, { isInUse: true })
      server.close()
      await once(server, 'close')
      assert.deepEqual((await agent.call('GET', `/port/${port}/in-use`)).json, { isInUse: false })
    })
  }

  for (const port of ['0', '65536', '-1', 'abc', '08', '1.5']) {
    it(`refuses port ${port}`, async () => {
      const reply = await agent.call('GET', `/port/${port}/in-use`)
      assert.deepEqual([reply.status, reply.json.code], [400, 'BAD_REQUEST'])
    })
  }

  it('changes the environment of later commands: unset, by value, set', async () => {
    const change = {
      set: { GREETING: 'bye', TOKEN_B: 'ref:new' },
      unset: ['LANG', 'GREETING'],
      unsetValuePrefix: 'ref:',
    }
    assert.equal((await agent.call('POST', '/env', change)).status, 200)
    const { result } = await agent.run('echo "$GREETING|$TOKEN_A|$TOKEN_B|$LANG|$SANDYARD_INNER"')
    assert.equal(result, 'bye||ref:new||\n')
    await agent.call('POST', '/process/session', { sessionId: 'env' })
    const reply = await agent.call('POST', '/process/session/env/exec', { command: 'echo $GREETING' })
    assert.equal(reply.json.output, 'bye\n')
  })

  it('refuses an environment that no command could start with', async () => {
    const bad = [{ set: { 'a b': '1' } }, { set: { A: 'x'.repeat(70_000) } }, { unset: 'A' }]
    for (const body of bad) assert.equal((await agent.call('POST', '/env', body)).status, 400)
    const large = (letter: string) =>
      Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`${letter}${at}`, 'x'.repeat(60_000)]))
    assert.equal((await agent.call('POST', '/env', { set: large('A') })).status, 200)
    assert.equal((await agent.call('POST', '/env', { set: large('B') })).status, 400)
    assert.equal((await agent.run('echo on')).result, 'on\n')
  })

  it('measures the sandbox', async () => {
    const { json } = await agent.call('GET', '/system/metrics')
    assert.ok(json.cpuUsedPct >= 0 && json.cpuUsedPct <= 100)
    assert.ok(json.cpuCount > 0)
    assert.ok(json.memTotal > json.memUsed && json.memUsed > 0)
    assert.ok(json.diskTotal >= json.diskUsed && json.diskFree > 0)
    assert.ok(Math.abs(json.timestampUnix - Date.now() / 1000) < 5)
    assert.ok(!Number.isNaN(Date.parse(json.timestamp)))
  })

  it('answers unknown calls and methods with the error body', async () => {
    const unknown = await agent.call('GET', '/none')
    assert.deepEqual([unknown.status, unknown.json.code, unknown.json.source], [404, 'NOT_FOUND', 'DAYTONA_DAEMON'])
    assert.equal((await agent.call('PUT', '/version')).status, 405)
  })
})
