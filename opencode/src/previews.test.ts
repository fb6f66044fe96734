import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createClient, Sandbox, type SandboxData } from '@sandyard/sdk'
import { createPortWatch } from './previews.ts'

let ports: unknown
const server = createServer((request, response: ServerResponse) => {
  request.resume()
  if (ports === undefined) return
  const port = /\/ports\/([^/]+)\/signed/.exec(request.url ?? '')?.[1]
  const answer = port === undefined ? { ports } : { url: `https://${port}-box.example`, port: Number(port), token: 't' }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
})
let sandbox: Sandbox
before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ apiUrl: url, credentials: 'none', requestTimeoutMs: 0 })
  sandbox = new Sandbox({ id: 'box', toolboxProxyUrl: url } as SandboxData, client)
})
after(() => {
  server.closeAllConnections()
  server.close()
})

test('a sandbox that never answers does not keep tools waiting', { timeout: 20_000 }, async () => {
  ports = undefined
  await assert.rejects(createPortWatch().begin(sandbox), /did not end within 5000 ms/)
})

test('links are to ports, whatever a sandbox calls one', async () => {
  const watch = createPortWatch()
  ports = []
  await watch.begin(sandbox)
  ports = [3000, '8000 of https://thief.example\n', 1e9, -1, null, { port: 1 }, 8.5]
  assert.deepEqual(await watch.news(sandbox), ['Preview of port 3000: https://3000-box.example'])
})
