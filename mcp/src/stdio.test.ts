import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daytona } from '@sandyard/sdk'
import { listen } from '../../server/src/testing/listen.ts'
import { adminKey, openTestServer } from '../../server/src/testing/test-server.ts'
import { serveAgent } from './stdio.ts'

/** An agent that writes raw lines, as hostile or clumsy ones do. */
function agentOf(apiUrl: string) {
  const [input, output, stop] = [new PassThrough(), new PassThrough(), new AbortController()]
  const [heard, noted]: [string[], string[]] = [[], []]
  output.setEncoding('utf8').on('data', (chunk: string) => void heard.push(...chunk.trim().split('\n')))
  const platform = new Daytona({ apiUrl, apiKey: adminKey })
  const served = serveAgent({ platform, input, output, signal: stop.signal, note: (line) => void noted.push(line) })
  const say = (message: object): void => void input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  return { input, stop, heard, noted, served, say }
}

const initialize = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
}
const create = { id: 2, method: 'tools/call', params: { name: 'create_sandbox', arguments: { name: 'unwanted' } } }

for (const way of ['goes', 'is told to stop'] as const) {
  test(`an agent that ${way} while a sandbox is made leaves none behind`, async () => {
    await using server = await openTestServer()
    server.engine.knobs.startDelayMs = 300
    await using site = await listen(server)
    const agent = agentOf(`${site.url}/api`)
    agent.say(initialize)
    agent.say({ method: 'notifications/initialized' })
    agent.say(create)
    for (let tries = 0; (await server.call('GET /sandbox')).body.items.length === 0; tries += 1) {
      assert.ok(tries < 100, agent.heard.join())
      await sleep(20)
    }
    if (way === 'goes') agent.input.end()
    else agent.stop.abort()
    await agent.served
    for (let tries = 0; (await server.call('GET /sandbox')).body.items.length > 0; tries += 1) {
      assert.ok(tries < 100)
      await sleep(20)
    }
    assert.ok(!agent.heard.some((line) => line.includes(adminKey)))
  })
}

test('what is no message is passed over, and the next one is answered', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const agent = agentOf(`${site.url}/api`)
  agent.input.write('no json\n{"jsonrpc":"1.0"}\n[]\n\n')
  agent.say(initialize)
  agent.say({ id: 3, method: 'no/such' })
  agent.say({ id: 4, method: 'tools/call', params: { name: 'no_such_tool', arguments: {} } })
  agent.say({ id: 5, method: 'tools/call', params: { name: 'list_sandboxes', arguments: [] } })
  for (let tries = 0; ![3, 4, 5].every((id) => agent.heard.some((line) => line.includes(`"id":${id}`))); tries += 1) {
    assert.ok(tries < 100, agent.heard.join('\n'))
    await sleep(20)
  }
  agent.input.end()
  await agent.served
  const errors = agent.heard.map((line) => JSON.parse(line)).filter(({ id }) => [3, 4, 5].includes(id))
  for (const { error, result } of errors) assert.ok(error !== undefined || result.isError)
})
