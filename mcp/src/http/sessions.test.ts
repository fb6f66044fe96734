import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import { Daytona } from '@sandyard/sdk'
import { createMcpServer } from '../server.ts'
import { createSessions } from './sessions.ts'

const platform = new Daytona({ apiUrl: 'http://localhost:1/api', apiKey: 'none' })
const makeServer = () => createMcpServer({ platform })
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
}
const ping = { jsonrpc: '2.0', id: 2, method: 'ping' }

function request(method: string, session?: string): Request {
  return new Request('http://localhost/mcp', {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
  })
}

test('a session that rests ends; one with an open stream does not rest', async () => {
  const clock = { nowMs: 0 }
  const sessions = createSessions(() => clock.nowMs)
  const begin = async (): Promise<string> => {
    const answer = await sessions.handle(request('POST'), initialize, 'one', makeServer)
    await answer.text()
    return answer.headers.get('mcp-session-id') ?? ''
  }
  const ask = async (session: string): Promise<number> => {
    const answer = await sessions.handle(request('POST', session), ping, 'one', makeServer)
    await answer.text()
    return answer.status
  }
  const [used, rested, watched] = [await begin(), await begin(), await begin()]
  const stream = await sessions.handle(request('GET', watched), undefined, 'one', makeServer)
  assert.equal(stream.status, 200)
  clock.nowMs += limits.mcpSessionIdleMs
  assert.equal(await ask(used), 200)
  clock.nowMs += 1
  await sessions.sweep()
  assert.deepEqual([await ask(used), await ask(rested), await ask(watched)], [200, 404, 200])
  await stream.body?.cancel()
  clock.nowMs += limits.mcpSessionIdleMs + 1
  await sessions.sweep()
  assert.deepEqual([await ask(used), await ask(watched)], [404, 404])
  await sessions.close()
})

test('what is no beginning of a session makes none', async () => {
  const sessions = createSessions(() => 0)
  const answer = await sessions.handle(request('POST'), ping, 'one', makeServer)
  assert.equal(answer.status, 400)
  assert.equal((await sessions.handle(request('GET'), undefined, 'one', makeServer)).status, 405)
  assert.equal((await sessions.handle(request('DELETE', 'x'), undefined, 'one', makeServer)).status, 404)
  await sessions.close()
})
