import assert from 'node:assert/strict'
import type { OutgoingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { type Ground, known, readAll, startGround } from './testing/ground.ts'

/** What a client brings, and whether it is good: everywhere, or only where Host names the preview. */
const credentials: readonly {
  name: string
  headers?: OutgoingHttpHeaders
  query?: string
  opens: 'all' | 'host' | 'no'
}[] = [
  { name: 'nothing', opens: 'no' },
  { name: 'key', headers: { authorization: `Bearer ${known.key}` }, opens: 'all' },
  { name: 'wrong key', headers: { authorization: 'Bearer nope' }, opens: 'no' },
  { name: 'key as basic', headers: { authorization: `Basic ${known.key}` }, opens: 'no' },
  { name: 'token in header', headers: { 'x-daytona-preview-token': known.token }, opens: 'all' },
  { name: 'wrong token in header', headers: { 'x-daytona-preview-token': 'nope' }, opens: 'no' },
  { name: 'token in query', query: `?DAYTONA_SANDBOX_AUTH_KEY=${known.token}`, opens: 'host' },
  { name: 'wrong token in query', query: '?DAYTONA_SANDBOX_AUTH_KEY=nope', opens: 'no' },
  { name: 'cookie', headers: { cookie: `daytona-sandbox-auth-${known.id}=${known.token}` }, opens: 'host' },
  { name: 'wrong cookie', headers: { cookie: `daytona-sandbox-auth-${known.id}=nope` }, opens: 'no' },
  { name: 'cookie of another sandbox', headers: { cookie: `daytona-sandbox-auth-x=${known.token}` }, opens: 'no' },
  {
    name: 'cookie, from a foreign page',
    headers: {
      cookie: `daytona-sandbox-auth-${known.id}=${known.token}`,
      origin: 'http://3000-evil.localhost:4000',
    },
    opens: 'no',
  },
  {
    name: 'wrong key and wrong header, cookie',
    headers: {
      authorization: 'Bearer nope',
      'x-daytona-preview-token': 'nope',
      cookie: `daytona-sandbox-auth-${known.id}=${known.token}`,
    },
    opens: 'host',
  },
]

type Kind = 'port' | 'reserved port' | 'signed link' | 'signed link, other port' | 'by path' | 'toolbox'
const kinds: readonly Kind[] = ['port', 'reserved port', 'signed link', 'signed link, other port', 'by path', 'toolbox']
const clients = ['program', 'browser', 'WebSocket'] as const
type Client = (typeof clients)[number]
type Credential = (typeof credentials)[number]

const places: Readonly<Record<Kind, { readonly host: string; readonly path: string }>> = {
  port: { host: `3000-${known.id}.localhost:4000`, path: '/' },
  'reserved port': { host: `2280-${known.id}.localhost:4000`, path: '/' },
  'signed link': { host: `3000-${known.signed}.localhost:4000`, path: '/' },
  'signed link, other port': { host: `3001-${known.signed}.localhost:4000`, path: '/' },
  'by path': { host: 'localhost:4000', path: `/preview/${known.id}/3000/` },
  toolbox: { host: 'localhost:4000', path: `/toolbox/${known.id}/x` },
}

/** What the order of runtime.md 2.3 says of one case. */
function expected(
  kind: Kind,
  isPublic: boolean,
  { client, credential }: { client: Client; credential: Credential },
): number {
  const good = client === 'WebSocket' ? 101 : 200
  if (kind === 'signed link') return good
  if (kind === 'signed link, other port') return 404
  if (kind === 'port' && isPublic) return good
  const isOpen = credential.opens === 'all' || (credential.opens === 'host' && kind !== 'by path')
  if (isOpen) return good
  const isInvited = client === 'browser' && (kind === 'port' || kind === 'reserved port')
  return isInvited ? 302 : 401
}

async function statusOf(
  ground: Ground,
  kind: Kind,
  { client, credential }: { client: Client; credential: Credential },
) {
  const { host, path: plain } = places[kind]
  const { query = '', headers = {} } = credential
  const path = plain + query
  if (client === 'WebSocket') {
    const socket = ground.dialGateway()
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}${lines.join('')}\r\n`)
    const answer = await readAll(socket)
    const [head = '', text = ''] = answer.split('\r\n\r\n')
    return { status: Number(head.slice(9, 12)), text, type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '' }
  }
  const browser = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const answer = await ground.ask({ host, path, headers: client === 'browser' ? { ...browser, ...headers } : headers })
  return { status: answer.status, text: answer.text, type: String(answer.headers['content-type'] ?? '') }
}

for (const isPublic of [false, true]) {
  for (const kind of kinds) {
    test(`${kind}, ${isPublic ? 'public' : 'private'}: each credential of each client`, async (t) => {
      const ground = await startGround(t, { signIn: { homeOf: () => 'http://localhost:4000', hasIssuer: false } })
      ground.sandbox.isPublic = isPublic
      for (const target of ['agent', 3000, 3001, 2280] as const) {
        const server = await ground.serve(target, (request, response) => {
          response.end(JSON.stringify({ url: request.url, headers: request.headers }))
        })
        server.on('upgrade', (request, socket) => {
          const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
          socket.end(head + JSON.stringify({ url: request.url, headers: request.headers }))
        })
      }
      for (const client of clients) {
        for (const credential of credentials) {
          const what = `${client} with ${credential.name}`
          const { status, text, type } = await statusOf(ground, kind, { client, credential })
          assert.equal(status, expected(kind, isPublic, { client, credential }), what)
          if (status === 401 || (status === 404 && client !== 'browser')) assert.match(type, /json/, what)
          // What has opened the door stays outside, and so does every cookie of ours.
          assert.doesNotMatch(text, /AUTH_KEY=|daytona-sandbox-auth/, what)
          if (status < 300) assert.doesNotMatch(text, new RegExp(`${known.token}|${known.key}"?}`), what)
        }
      }
    })
  }
}
