import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { limits, PlatformError } from '@sandyard/protocol'
import { adminKey, openTestServer, type TestServer } from '../../../server/src/testing/test-server.ts'
import { createMcpHttp } from './http.ts'

/** A test server with MCP on a real port; gone when disposed. */
async function serveMcp(server: TestServer, clock = { nowMs: 0 }) {
  const faults: unknown[] = []
  const http = createServer((request, response) => void mcp.listener(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const mcp = createMcpHttp({
    callApi: (request, remoteAddress) => server.server.fetch(request, { incoming: { socket: { remoteAddress } } }),
    localUrl: `http://127.0.0.1:${port}`,
    hosts: () => ['sandboxes.example.com'],
    onFault: (what, error) => faults.push([what, error]),
    clock: () => clock.nowMs,
  })
  return {
    url: `http://localhost:${port}/mcp`,
    port,
    faults,
    async [Symbol.asyncDispose]() {
      await mcp.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

const eras = ['legacy', 'auto'] as const

async function open(url: string, key: string, mode: (typeof eras)[number], more: Record<string, string> = {}) {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${key}`, ...more } },
  })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(transport)
  return { client, transport, [Symbol.asyncDispose]: () => client.close() }
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
}
const listing = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} }

function post(url: string, body: unknown, headers: Record<string, string> = {}, key: string | null = adminKey) {
  return fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

for (const era of eras) {
  test(`a client (${era}) lists the tools and leads a sandbox through its life`, async () => {
    await using server = await openTestServer()
    await using site = await serveMcp(server)
    await using opened = await open(site.url, adminKey, era)
    const { client } = opened
    const { tools } = await client.listTools()
    assert.ok(tools.length >= 24)
    for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
      assert.ok((description?.length ?? 0) > 20, name)
      assert.ok(outputSchema !== undefined && annotations?.readOnlyHint !== undefined, name)
      assert.equal((inputSchema as { additionalProperties?: unknown }).additionalProperties, false, name)
    }
    const told: string[] = []
    const made = await client.callTool(
      { name: 'create_sandbox', arguments: { name: 'box', labels: { team: 'one' }, env: null } },
      { onprogress: ({ message }) => void told.push(message ?? '') },
    )
    assert.equal(made.isError ?? false, false, JSON.stringify(made))
    const { sandbox } = made.structuredContent as { sandbox: { id: string; state: string } }
    assert.equal(sandbox.state, 'started')
    assert.ok(told.includes('making a sandbox'), told.join())
    const listed = await client.callTool({ name: 'list_sandboxes', arguments: { labels: { team: 'one' } } })
    assert.match(JSON.stringify(listed.content), /box/)
    const stopped = await client.callTool({ name: 'stop_sandbox', arguments: { id: 'box' } })
    assert.match(JSON.stringify(stopped.content), /stopped/)
    const again = await client.callTool({ name: 'create_sandbox', arguments: { id: 'box' } })
    assert.match(JSON.stringify(again.structuredContent), /"isReady":true/)
    const fork = await client.callTool({ name: 'fork_sandbox', arguments: { id: 'box', name: 'twig' } })
    assert.match(JSON.stringify(fork.content), /twig/)
    const saved = await client.callTool({ name: 'create_snapshot', arguments: { id: 'box', name: 'saved:1' } })
    assert.match(JSON.stringify(saved.structuredContent), /"state":"active"/)
    const snapshots = await client.callTool({ name: 'list_snapshots', arguments: {} })
    assert.match(JSON.stringify(snapshots.content), /saved:1/)
    const link = await client.callTool({ name: 'preview_link', arguments: { id: 'box', port: 3000 } })
    assert.match(JSON.stringify(link.structuredContent), /"url":"http:\/\/3000-/)
    for (const id of ['box', 'twig', 'box']) await client.callTool({ name: 'destroy_sandbox', arguments: { id } })
    const gone = await client.callTool({ name: 'get_file_info', arguments: { id: 'box', filePath: 'a' } })
    assert.equal(gone.isError, true)
    assert.match(JSON.stringify(gone.content), /box not found.*list_sandboxes/)
    assert.deepEqual(site.faults, [])
  })
}

test('bad arguments get a tool error that names the field', async () => {
  await using server = await openTestServer()
  await using site = await serveMcp(server)
  await using opened = await open(site.url, adminKey, 'auto')
  const { tools } = await opened.client.listTools()
  for (const { name, inputSchema } of tools) {
    const { properties = {}, required = [] } = inputSchema
    for (const field of Object.keys(properties)) {
      const others = Object.fromEntries(required.map((other) => [other, 'x']))
      const wrong = await opened.client.callTool({ name, arguments: { ...others, [field]: { no: [[]] } } })
      assert.equal(wrong.isError, true, `${name} ${field}`)
      assert.match(JSON.stringify(wrong.content), new RegExp(`\\b${field}\\b`), `${name} ${field}`)
    }
    const unknown = await opened.client.callTool({ name, arguments: { nonsense: 1 } })
    assert.match(JSON.stringify(unknown.content), /nonsense/, name)
    for (const field of required) {
      const left = await opened.client.callTool({ name, arguments: {} })
      assert.match(JSON.stringify(left.content), new RegExp(`\\b${field}\\b`), name)
    }
  }
  assert.deepEqual(site.faults, [])
})

test('sandboxes of others are not there, whatever tool asks', async () => {
  await using server = await openTestServer()
  await using site = await serveMcp(server)
  const { id } = await server.create({ name: 'mine' })
  const key = await server.stranger()
  await using opened = await open(site.url, key, 'legacy')
  const { tools } = await opened.client.listTools()
  const values: Record<string, unknown> = {
    port: 3000,
    url: 'https://git.example/a.git',
    path: '.',
    name: 'other',
    sessionId: 's',
    commandId: 'c',
  }
  for (const { name, inputSchema } of tools) {
    if (!(inputSchema.required ?? []).includes('id')) continue
    const args = Object.fromEntries((inputSchema.required ?? []).map((field) => [field, values[field] ?? 'x']))
    const answer = await opened.client.callTool({ name, arguments: { ...args, id } })
    if (name === 'destroy_sandbox') assert.match(JSON.stringify(answer.structuredContent), /"wasThere":false/)
    else assert.match(`${answer.isError} ${JSON.stringify(answer.content)}`, /^true .*not found/, name)
  }
  const listed = await opened.client.callTool({ name: 'list_sandboxes', arguments: {} })
  assert.deepEqual(listed.structuredContent, { sandboxes: [], nextCursor: null })
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'started')
})

test('who is not known, or comes from elsewhere, is refused', async () => {
  await using server = await openTestServer()
  await using site = await serveMcp(server)
  const nobody = await post(site.url, initialize, {}, null)
  assert.deepEqual([nobody.status, nobody.headers.get('www-authenticate')], [401, 'Bearer'])
  assert.equal((await post(site.url, initialize, {}, 'dtn_wrong')).status, 401)
  for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'http://192.0.2.1'])
    assert.equal((await post(site.url, initialize, { origin })).status, 403, origin)
  for (const origin of ['http://localhost:5173', 'https://sandboxes.example.com'])
    assert.equal((await post(site.url, initialize, { origin })).status, 200, origin)
  assert.match(await raw(site.port, 'POST /mcp', { host: 'evil.example' }), /^HTTP\/1.1 403/)
  assert.match(await raw(site.port, 'POST /mcp', { host: 'sandboxes.example.com' }), /^HTTP\/1.1 401/)
  assert.match(await raw(site.port, 'POST /mcp', { host: '127.0.0.1:1' }), /^HTTP\/1.1 401/)
  assert.match(await raw(site.port, 'PUT /mcp', { host: 'localhost' }), /^HTTP\/1.1 405/)
  assert.match(await raw(site.port, 'POST /mcp/x', { host: 'localhost' }), /^HTTP\/1.1 404/)
})

test('a person who is signed in acts in the organization that they name', async () => {
  await using server = await openTestServer()
  await using site = await serveMcp(server)
  const { organizationId } = await server.create({ name: 'mine' })
  const body = { token: await server.server.createLoginToken() }
  const { token } = (await server.call('POST /auth/token-login', { key: null, body })).body
  await using opened = await open(site.url, token, 'auto', { 'X-Daytona-Organization-ID': organizationId })
  const listed = await opened.client.callTool({ name: 'list_sandboxes', arguments: {} })
  assert.match(JSON.stringify(listed.content), /mine/)
  await server.call('POST /auth/logout', { key: token, body: {} })
  await assert.rejects(opened.client.callTool({ name: 'list_sandboxes', arguments: {} }))
})

test('bodies and batches are bounded', async () => {
  await using server = await openTestServer()
  await using site = await serveMcp(server)
  assert.equal((await post(site.url, '{"half')).status, 400)
  const batch = Array.from({ length: limits.mcpBatch + 1 }, () => listing)
  assert.equal((await post(site.url, batch)).status, 400)
  const large = await post(site.url, `"${'x'.repeat(limits.mcpBodyBytes)}"`).catch(() => null)
  assert.ok(large === null || large.status === 413)
  const authorization = `Bearer ${adminKey}`
  const declared = { host: 'localhost', authorization, 'content-length': String(limits.mcpBodyBytes + 1) }
  assert.match(await raw(site.port, 'POST /mcp', declared), /^HTTP\/1.1 413/)
  await using opened = await open(site.url, adminKey, 'auto')
  const labels = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, 'v']))
  const many = await opened.client.callTool({ name: 'create_sandbox', arguments: { labels } })
  assert.match(JSON.stringify(many.content), /maximum of \d+ elements/)
  const command = 'x'.repeat(limits.mcpTextLength + 1)
  const long = await opened.client.callTool({ name: 'execute_command', arguments: { id: 'a', command } })
  assert.match(JSON.stringify(long.content), /command/)
})

test('sessions belong to their key, are bounded, expire, and end with the key', async () => {
  const clock = { nowMs: 0 }
  await using server = await openTestServer()
  await using site = await serveMcp(server, clock)
  const key = await server.stranger()
  const begin = async (bearer: string): Promise<string> => {
    const answer = await post(site.url, initialize, {}, bearer)
    await answer.text()
    return answer.headers.get('mcp-session-id') ?? ''
  }
  const ask = async (session: string, bearer: string): Promise<number> => {
    const answer = await post(site.url, listing, { 'mcp-session-id': session }, bearer)
    await answer.text()
    return answer.status
  }
  const session = await begin(key)
  assert.equal(await ask(session, key), 200)
  assert.equal(await ask(session, adminKey), 404, 'of another key')
  assert.equal(await ask('none', key), 404)
  clock.nowMs += 1
  for (let count = 0; count < limits.mcpSessionsOfCaller; count += 1) await begin(key)
  assert.equal(await ask(session, key), 404, 'the oldest made room')
  const late = await begin(key)
  const gone = await fetch(site.url, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${key}`, 'mcp-session-id': late },
  })
  assert.equal(gone.status, 200)
  assert.equal(await ask(late, key), 404, 'was ended')
  const last = await begin(key)
  const accounts = server.server.store.accounts
  const current = await server.call('GET /api-keys/current', { key })
  assert.equal(current.status, 200)
  await server.call(`DELETE /api-keys/${current.body.name}`, { key })
  assert.ok(accounts)
  assert.equal(await ask(last, key), 401)
})

test('a build tells how far it is, and why it fails', async () => {
  await using server = await openTestServer()
  server.engine.knobs.buildDelayMs = 200
  await using site = await serveMcp(server)
  await using opened = await open(site.url, adminKey, 'auto')
  const build = (dockerfileContent: string, told: string[] = []) =>
    opened.client.callTool(
      { name: 'create_sandbox', arguments: { buildInfo: { dockerfileContent } } },
      { onprogress: ({ message }) => void told.push(message ?? '') },
    )
  const told: string[] = []
  const made = await build('FROM debian\n', told)
  assert.match(JSON.stringify(made.structuredContent), /"isReady":true/)
  assert.match(told.join(), /is (pending_build|building_snapshot|pulling_snapshot)/)
  server.engine.knobs.failures.makeSnapshot = new PlatformError('BAD_REQUEST', 'line 2 is odd')
  const failed = await build('FROM debian\nODD\n')
  assert.match(`${failed.isError} ${JSON.stringify(failed.content)}`, /true .*line 2 is odd.*destroy_sandbox/)
  const both = { snapshot: 'default', buildInfo: { dockerfileContent: 'FROM debian' } }
  const twice = await opened.client.callTool({ name: 'create_sandbox', arguments: both })
  assert.match(JSON.stringify(twice.content), /snapshot.*buildInfo.*not from both/)
})

test('what is cancelled leaves no sandbox behind', async () => {
  for (const era of eras) {
    await using server = await openTestServer()
    server.engine.knobs.startDelayMs = 300
    await using site = await serveMcp(server)
    await using opened = await open(site.url, adminKey, era)
    const cancel = new AbortController()
    const call = opened.client.callTool(
      { name: 'create_sandbox', arguments: { name: 'unwanted' } },
      { signal: cancel.signal, onprogress: () => cancel.abort() },
    )
    await assert.rejects(call)
    await sleep(600)
    for (let tries = 0; tries < 50; tries += 1) {
      const { body } = await server.call('GET /sandbox')
      if (body.items.length === 0) break
      await sleep(50)
    }
    assert.deepEqual((await server.call('GET /sandbox')).body.items, [], era)
  }
})

/** Sends a head as it is, and answers what comes back. */
function raw(port: number, line: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`))
    socket.on('data', (chunk) => {
      text += chunk
      if (text.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(text)).on('error', reject)
  })
}
