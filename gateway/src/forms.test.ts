import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { type Ask, known, readAll, startGround } from './testing/ground.ts'

const key = { authorization: `Bearer ${known.key}` }
const token = { 'x-daytona-preview-token': known.token }
const host = `3000-${known.id}.localhost:4000`

const tell: RequestListener = (request, response) => {
  response.end(JSON.stringify({ url: request.url, headers: request.headers }))
}

test('hosts that name an IPv4 address lead to previews', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, tell)
  const table: [string, number][] = [
    [`3000-${known.id}.192.0.2.1.sslip.io`, 200],
    [`3000-${known.id}.192-0-2-1.sslip.io:8080`, 200],
    [`3000-${known.id}.192.0.2.256.sslip.io`, 0],
    [`3000-${known.id}.192.0.2.sslip.io`, 0],
    [`3000-${known.id}.0192.0.2.1.sslip.io`, 0],
    [`3000-${known.id}.x.192.0.2.1.sslip.io`, 0],
    [`3000-${known.id}.sslip.io`, 0],
    [`3000-${known.id}.192.0.2.1.sslip.io.evil.example`, 0],
  ]
  for (const [name, status] of table) {
    const answer = await ground.ask({ host: name, headers: token })
    if (status === 0) assert.equal(answer.text, 'the server', name)
    else assert.equal(answer.status, status, name)
  }
})

test('by path: for programs, with credentials that no browser sends by itself', async (t) => {
  const ground = await startGround(t)
  for (const port of [3000, 2280]) await ground.serve(port, tell)
  const path = `/preview/${known.id}/3000/a%2Fb/../c?x=1`
  const query = `DAYTONA_SANDBOX_AUTH_KEY=${known.token}`
  const cookie = `daytona-sandbox-auth-${known.id}=${known.token}`
  const table: [string, Ask, number][] = [
    ['nothing', { path }, 401],
    ['key', { path, headers: key }, 200],
    ['token in its header', { path, headers: token }, 200],
    ['wrong token', { path, headers: { 'x-daytona-preview-token': 'nope' } }, 401],
    ['token in the query', { path: `${path}&${query}` }, 401],
    ['cookie', { path, headers: { cookie } }, 401],
    ['signed token', { path: `/preview/${known.signed}/3000/` }, 401],
    ['reserved port', { path: `/preview/${known.id}/2280/`, headers: key }, 200],
    ['port 0', { path: `/preview/${known.id}/0/`, headers: key }, 404],
    ['port with a zero before', { path: `/preview/${known.id}/03000/`, headers: key }, 404],
    ['no port', { path: `/preview/${known.id}`, headers: key }, 404],
    ['nothing behind', { path: '/preview/', headers: key }, 404],
    ['dots', { path: '/preview/../3000/', headers: key }, 404],
    ['another', { path: '/preview/other/3000/', headers: key }, 404],
  ]
  for (const isPublic of [false, true]) {
    ground.sandbox.isPublic = isPublic
    ground.gateway.forget(known.id)
    for (const [what, ask, status] of table) {
      const answer = await ground.ask({ host: 'sandyard.test', ...ask })
      assert.equal(answer.status, status, `${what}, public: ${isPublic}`)
      if (status !== 200) assert.match(String(answer.headers['content-type']), /json/)
    }
  }
  const seen = JSON.parse((await ground.ask({ host: 'sandyard.test', path, headers: { ...key, cookie: 'a=1' } })).text)
  assert.equal(seen.url, '/a%2Fb/../c?x=1')
  assert.equal(seen.headers.cookie, undefined)
  assert.equal(seen.headers.authorization, undefined)
  assert.equal(seen.headers['x-forwarded-prefix'], `/preview/${known.id}/3000`)
})

test('by path: an answer is nobody’s page, and leaves nothing with the origin', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, (_, response) => {
    response.writeHead(302, {
      'Set-Cookie': ['session=stolen; Path=/', 'b=2'],
      'Content-Security-Policy': 'default-src *',
      'Service-Worker-Allowed': '/',
      'Strict-Transport-Security': 'max-age=999999; includeSubDomains',
      'Clear-Site-Data': '"*"',
      Location: '/next',
    })
    response.end()
  })
  const { headers } = await ground.ask({ host: 'sandyard.test', path: `/preview/${known.id}/3000/`, headers: key })
  assert.equal(headers['set-cookie'], undefined)
  assert.equal(headers['content-security-policy'], "sandbox; default-src 'none'; frame-ancestors 'none'")
  assert.equal(headers['service-worker-allowed'], undefined)
  assert.equal(headers['strict-transport-security'], undefined)
  assert.equal(headers['clear-site-data'], undefined)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers.location, `/preview/${known.id}/3000/next`)
})

test('by path: WebSockets too', async (t) => {
  const ground = await startGround(t)
  const server = await ground.serve(3000, (_, response) => void response.end())
  server.on('upgrade', (request, socket) => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    socket.end(`${head}${request.url}`)
  })
  const dial = async (line: string) => {
    const socket = ground.dialGateway()
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    socket.write(`GET /preview/${known.id}/3000/hmr HTTP/1.1\r\nHost: sandyard.test\r\n${upgrade}${line}\r\n`)
    return readAll(socket)
  }
  assert.match(await dial(`Authorization: Bearer ${known.key}\r\n`), /^HTTP\/1.1 101 [\s\S]*\/hmr$/)
  assert.match(await dial(''), /^HTTP\/1.1 401 /)
})

test('cookies of a program stay on its host, and ours are not its to set', async (t) => {
  const ground = await startGround(t)
  ground.sandbox.isPublic = true
  const cookies = [
    'a=1; Domain=localhost; Path=/',
    'b=2; domain = .localhost ;HttpOnly',
    'c=domain=x; Path=/; Domain',
    `daytona-sandbox-auth-other=tossed; Domain=localhost`,
    'daytona-preview-page-accepted=true',
    '__Host-d=4; Secure; Path=/',
  ]
  await ground.serve(3000, (_, response) =>
    response.writeHead(200, { 'Set-Cookie': cookies, 'Clear-Site-Data': '"*"' }).end(),
  )
  const { headers } = await ground.ask({ host })
  assert.deepEqual(headers['set-cookie'], [
    'a=1; Path=/',
    'b=2;HttpOnly',
    'c=domain=x; Path=/',
    '__Host-d=4; Secure; Path=/',
  ])
  assert.equal(headers['clear-site-data'], undefined)
})

const forwarded = {
  'x-forwarded-for': '6.6.6.6, 198.51.100.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': host,
}

test('a trusted proxy is believed, and what it says goes on to the program', async (t) => {
  const ground = await startGround(t, { trustedProxies: ['127.0.0.0/8'] })
  await ground.serve(3000, (request, response) => {
    response.writeHead(302, { location: 'http://localhost:3000/in' }).end(JSON.stringify(request.headers))
  })
  const opened = await ground.ask({
    host: 'upstream.internal:8080',
    path: `/?DAYTONA_SANDBOX_AUTH_KEY=${known.token}`,
    headers: { ...forwarded, origin: `https://${host}` },
  })
  const seen = JSON.parse(opened.text)
  assert.deepEqual(
    [seen['x-forwarded-for'], seen['x-forwarded-proto'], seen.origin],
    ['198.51.100.7', 'https', 'http://localhost:3000'],
  )
  assert.equal(opened.headers.location, `https://${host}/in`)
  assert.match(String(opened.headers['set-cookie']), /; Secure$/)
  const foreign = await ground.ask({
    host,
    headers: { ...token, ...forwarded, 'x-forwarded-host': '3000-other.localhost' },
  })
  assert.equal(JSON.parse(foreign.text)['x-forwarded-host'], host, 'a Host that names a preview decides')
})

test('nobody else is', async (t) => {
  const ground = await startGround(t, { trustedProxies: ['10.0.0.0/8'] })
  await ground.serve(3000, tell)
  const other = await ground.ask({ host: 'upstream.internal', headers: { ...token, ...forwarded } })
  assert.equal(other.text, 'the server')
  const { headers } = JSON.parse((await ground.ask({ host, headers: { ...token, ...forwarded } })).text)
  assert.deepEqual(
    [headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['x-forwarded-host']],
    ['127.0.0.1', 'http', host],
  )
})
