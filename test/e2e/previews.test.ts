import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { visit } from '../fixtures/visit.ts'

/** A server that refuses every name but localhost, as dev servers do, for pages and for WebSockets. */
const strictServer = `
const http = require('node:http')
const known = (value) => /^(https?:\\/\\/)?localhost(:\\d+)?$/.test(value ?? 'localhost')
const server = http.createServer((request, response) => {
  if (!known(request.headers.host)) return response.writeHead(403).end('Blocked request. This host is not allowed.')
  response.end(JSON.stringify(request.headers))
})
server.on('upgrade', (request, socket) => {
  if (!known(request.headers.host) || !known(request.headers.origin)) return socket.destroy()
  socket.end('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\nhot')
})
server.listen(5173, '127.0.0.1')
`

interface Created {
  readonly id: string
  readonly state: string
}

async function create(platform: TestPlatform, body: object = {}): Promise<string> {
  const made = (await platform.call('POST', '/sandbox', body)).body as Created
  assert.equal(made.state, 'started')
  return made.id
}

async function execute(
  platform: TestPlatform,
  id: string,
  command: string,
): Promise<{ status: number; result: string }> {
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command }),
  })
  const { result } = (await response.json()) as { result: string }
  return { status: response.status, result }
}

async function link(platform: TestPlatform, id: string, port: number): Promise<{ url: string; token: string }> {
  return (await platform.call('GET', `/sandbox/${id}/ports/${port}/preview-url`)).body as { url: string; token: string }
}

async function stateOf(platform: TestPlatform, id: string): Promise<string> {
  return ((await platform.call('GET', `/sandbox/${id}`)).body as Created).state
}

const browser = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'user-agent': 'Mozilla/5.0' }

describe('previews of real programs', () => {
  let platform: TestPlatform
  let id: string

  before(async () => {
    platform = await startTestPlatform()
    id = await create(platform, { autoWake: true })
  })
  after(() => platform?.remove())

  test('a server that knows localhost only, by host and by path', async () => {
    const script = Buffer.from(strictServer).toString('base64')
    await execute(platform, id, `echo ${script} | base64 -d > /tmp/strict.cjs`)
    await execute(platform, id, 'setsid node /tmp/strict.cjs > /dev/null 2>&1 < /dev/null & sleep 1')
    const { url, token } = await link(platform, id, 5173)
    const page = await visit(url, { 'x-daytona-preview-token': token })
    assert.equal(page.status, 200, page.body)
    assert.equal(JSON.parse(page.body)['x-forwarded-host'], new URL(url).host)
    const byPath = await fetch(`${platform.url}/preview/${id}/5173/x`, {
      headers: { 'x-daytona-preview-token': token },
    })
    assert.equal(byPath.status, 200)
    assert.equal((await fetch(`${platform.url}/preview/${id}/5173/x`)).status, 401)
  })

  test('python http.server, with a range and HEAD', async () => {
    await execute(platform, id, 'mkdir -p /tmp/www && seq 100000 > /tmp/www/big.txt')
    await execute(
      platform,
      id,
      'cd /tmp/www && setsid python3 -m http.server 8000 > /dev/null 2>&1 < /dev/null & sleep 1',
    )
    const { url, token } = await link(platform, id, 8000)
    const headers = { 'x-daytona-preview-token': token }
    const whole = await visit(`${url}/big.txt`, headers)
    assert.deepEqual([whole.status, whole.body.length], [200, 588_895])
    assert.match((await visit(`${url}/`, headers)).body, /big\.txt/)
  })

  test('nothing listens: a page names the ports that answer', async () => {
    const { url, token } = await link(platform, id, 9)
    const page = await visit(url, { ...browser, 'x-daytona-preview-token': token })
    assert.equal(page.status, 502)
    assert.match(page.body, /Nothing answers on this port[\s\S]*5173[\s\S]*8000/)
    assert.doesNotMatch(page.body, new RegExp(`of sandbox ${id}`))
  })

  test('a stopped one starts for many requests at once, once, and its links stay good', async () => {
    const { url, token } = await link(platform, id, 8000)
    await platform.call('POST', `/sandbox/${id}/stop`)
    const answers = await Promise.all(Array.from({ length: 30 }, () => execute(platform, id, 'echo awake')))
    assert.ok(answers.every(({ status, result }) => status === 200 && result === 'awake\n'))
    const { organizationId } = (await platform.call('GET', `/sandbox/${id}`)).body as { organizationId: string }
    const { items } = (await platform.call('GET', `/audit/organizations/${organizationId}`)).body as {
      items: { action: string; targetId: string }[]
    }
    assert.equal(items.filter(({ action, targetId }) => action === 'auto_wake' && targetId === id).length, 1)
    const page = await visit(url, { ...browser, 'x-daytona-preview-token': token })
    assert.equal(page.status, 502, 'it may enter, and nothing listens')
    assert.match(page.body, /Waiting for the program/)
    assert.equal(page.headers.refresh, '2')
  })

  test('one that was packed away is brought back for a visitor', async () => {
    await execute(platform, id, 'echo kept > /tmp/kept')
    await platform.call('POST', `/sandbox/${id}/stop`)
    await platform.call('POST', `/sandbox/${id}/archive`)
    const endMs = Date.now() + 60_000
    while ((await stateOf(platform, id)) !== 'archived') {
      assert.ok(Date.now() < endMs, 'it is archived in a minute')
      await delay(200)
    }
    const { url, token } = await link(platform, id, 8000)
    const page = await visit(url, { ...browser, 'x-daytona-preview-token': token })
    assert.ok([502, 503].includes(page.status))
    assert.match(page.body, /starting|Waiting for the program/)
    assert.equal((await execute(platform, id, 'cat /tmp/kept')).result, 'kept\n')
  })

  test('one that shall rest rests', async () => {
    await platform.call('POST', `/sandbox/${id}/autowake/idle`)
    await platform.call('POST', `/sandbox/${id}/stop`)
    const { url, token } = await link(platform, id, 8000)
    const page = await visit(url, { ...browser, 'x-daytona-preview-token': token })
    assert.equal(page.status, 409)
    assert.match(page.body, /This sandbox is stopped/)
    assert.equal(await stateOf(platform, id), 'stopped')
  })
})

describe('TLS of our own', () => {
  let platform: TestPlatform
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-tls-'))
    const names = 'subjectAltName=DNS:localhost,DNS:*.previews.test'
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', names],
        ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
      ],
      { stdio: 'ignore' },
    )
    platform = await startTestPlatform([
      ...['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')],
      ...['--preview-domain', 'previews.test'],
    ])
  })
  after(async () => {
    await platform?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the API and previews speak it, links say so, and programs are told', async () => {
    const { port } = new URL(platform.url)
    const get = (host: string, path: string, headers: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        const ca = readFileSync(join(folder, 'cert.pem'))
        const all = { host: `${host}:${port}`, ...headers }
        httpsRequest({ host: '127.0.0.1', port, path, ca, servername: host, headers: all }, (answer) => {
          let body = ''
          answer.setEncoding('utf8').on('data', (chunk) => {
            body += chunk
          })
          answer.on('end', () => resolve(body))
        })
          .on('error', reject)
          .end()
      })
    const id = await create(platform)
    const script = Buffer.from(strictServer).toString('base64')
    await execute(platform, id, `echo ${script} | base64 -d > /tmp/strict.cjs`)
    await execute(platform, id, 'setsid node /tmp/strict.cjs > /dev/null 2>&1 < /dev/null & sleep 1')
    const bearer = { authorization: `Bearer ${platform.apiKey}` }
    const made = JSON.parse(await get('localhost', `/api/sandbox/${id}/ports/5173/preview-url`, bearer))
    assert.equal(made.url, `https://5173-${id}.localhost:${port}`)
    const seen = JSON.parse(await get(`5173-${id}.previews.test`, '/', { 'x-daytona-preview-token': made.token }))
    assert.deepEqual([seen['x-forwarded-proto'], seen.host], ['https', 'localhost:5173'])
  })
})
