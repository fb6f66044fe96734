import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { type Ask, known, startGround } from './testing/ground.ts'

const base = `/toolbox/${known.id}`
const preview = (port = 3000, label = known.id) => `${port}-${label}.localhost:4000`

const tell: RequestListener = (request, response) => {
  response.end(JSON.stringify({ url: request.url, headers: request.headers }))
}

/** Ways to bring a credential, and what each must do. */
const ways: readonly { name: string; ask: Ask; opens: boolean }[] = [
  { name: 'nothing', ask: {}, opens: false },
  { name: 'bearer', ask: { headers: { authorization: `bearer ${known.key}` } }, opens: true },
  { name: 'wrong bearer', ask: { headers: { authorization: 'Bearer nope' } }, opens: false },
  { name: 'basic', ask: { headers: { authorization: `Basic ${known.key}` } }, opens: false },
  { name: 'header', ask: { headers: { 'x-daytona-preview-token': known.token } }, opens: true },
  { name: 'wrong header', ask: { headers: { 'x-daytona-preview-token': 'nope' } }, opens: false },
  { name: 'query', ask: { path: `?DAYTONA_SANDBOX_AUTH_KEY=${known.token}` }, opens: true },
  { name: 'wrong query', ask: { path: '?DAYTONA_SANDBOX_AUTH_KEY=nope' }, opens: false },
  { name: 'cookie', ask: { headers: { cookie: `daytona-sandbox-auth-${known.id}=${known.token}` } }, opens: true },
  { name: 'cookie of another', ask: { headers: { cookie: `daytona-sandbox-auth-x=${known.token}` } }, opens: false },
  {
    name: 'wrong bearer, wrong header, right cookie',
    ask: {
      headers: {
        authorization: 'Bearer nope',
        'x-daytona-preview-token': 'nope',
        cookie: `a=1; daytona-sandbox-auth-${known.id}=${known.token}`,
      },
    },
    opens: true,
  },
  {
    name: 'cookie, sent for a foreign page',
    ask: {
      headers: { cookie: `daytona-sandbox-auth-${known.id}=${known.token}`, origin: 'http://3000-evil.localhost:4000' },
    },
    opens: false,
  },
  {
    name: 'cookie, sent for a picture in a page of another sandbox',
    ask: { headers: partOf(`http://3000-evil.localhost:4000/`) },
    opens: false,
  },
  { name: 'cookie, sent for a picture in a page that hides where it is', ask: { headers: partOf() }, opens: false },
  {
    name: 'cookie, behind one of the same name that another page has set for the whole domain',
    ask: {
      headers: { cookie: `daytona-sandbox-auth-${known.id}=tossed; daytona-sandbox-auth-${known.id}=${known.token}` },
    },
    opens: true,
  },
]

/** Headers of a browser that gets a part of a page on another host of the same site. */
function partOf(referer?: string): Record<string, string> {
  return {
    cookie: `daytona-sandbox-auth-${known.id}=${known.token}`,
    'sec-fetch-site': 'same-site',
    'sec-fetch-mode': 'no-cors',
    ...(referer === undefined ? {} : { referer }),
  }
}

test('a page has parts of another port of the same sandbox', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, tell)
  const host = `3000-${known.id}.localhost:${ground.port}`
  const headers = partOf(`http://4000-${known.id}.localhost:${ground.port}/`)
  assert.equal((await ground.ask({ host, headers })).status, 200)
})

test('a page at a name with another address in it is a foreign one, whatever sandbox it names', async (t) => {
  const ground = await startGround(t, { cors: 'same-site' })
  await ground.serve(3000, tell)
  const host = `3000-${known.id}.192.0.2.1.sslip.io`
  const from = (address: string) => ({
    cookie: `daytona-sandbox-auth-${known.id}=${known.token}`,
    origin: `http://3000-${known.id}.${address}.sslip.io`,
  })
  assert.equal((await ground.ask({ host, headers: from('192.0.2.1') })).status, 200)
  const foreign = await ground.ask({ host, headers: from('198.51.100.6') })
  assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [401, undefined])
})

for (const { name, ask, opens } of ways) {
  test(`credentials: ${name}`, async (t) => {
    const ground = await startGround(t)
    await ground.serve('agent', tell)
    await ground.serve(3000, tell)
    await ground.serve(2280, tell)
    const table: { what: string; ask: Ask; status: number }[] = [
      { what: 'toolbox', ask: { path: `${base}/x${ask.path ?? ''}` }, status: opens ? 200 : 401 },
      { what: 'preview', ask: { host: preview(), path: `/x${ask.path ?? ''}` }, status: opens ? 200 : 401 },
      { what: 'reserved port', ask: { host: preview(2280), path: `/${ask.path ?? ''}` }, status: opens ? 200 : 401 },
    ]
    for (const isPublic of [false, true]) {
      ground.sandbox.isPublic = isPublic
      ground.gateway.forget(known.id)
      for (const row of table) {
        const answer = await ground.ask({ ...ask, ...row.ask })
        const expected = isPublic && row.what === 'preview' ? 200 : row.status
        assert.equal(answer.status, expected, `${row.what}, public: ${isPublic}`)
        if (expected === 401) {
          const body = JSON.parse(answer.text)
          assert.deepEqual([body.statusCode, body.code, body.source], [401, 'UNAUTHORIZED', 'DAYTONA_PROXY'])
          assert.equal(answer.headers['www-authenticate'], 'Bearer')
          assert.doesNotMatch(answer.text, /AUTH_KEY/)
        } else {
          const hidden = `${known.token}|DAYTONA_SANDBOX_AUTH_KEY${name === 'bearer' ? `|${known.key}` : ''}`
          assert.doesNotMatch(answer.text, new RegExp(hidden))
        }
      }
    }
  })
}

test('a signed host opens its port and no other', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, tell)
  await ground.serve(3001, tell)
  assert.equal((await ground.ask({ host: preview(3000, known.signed) })).status, 200)
  assert.equal((await ground.ask({ host: preview(3001, known.signed) })).status, 404)
})

test('a valid query token is followed by a cookie, and only it', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, (_request, response) => {
    response.writeHead(200, ['Set-Cookie', 'app=1', 'Set-Cookie', 'b=2']).end()
  })
  const opened = await ground.ask({ host: preview(), path: `/?DAYTONA_SANDBOX_AUTH_KEY=${known.token}` })
  assert.deepEqual(opened.headers['set-cookie'], [
    'app=1',
    'b=2',
    `daytona-sandbox-auth-${known.id}=${known.token}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`,
  ])
  const byHeader = await ground.ask({ host: preview(), headers: { 'x-daytona-preview-token': known.token } })
  assert.deepEqual(byHeader.headers['set-cookie'], ['app=1', 'b=2'])
})

test('what an app sees of a request, and what comes back', async (t) => {
  const ground = await startGround(t)
  ground.sandbox.isPublic = true
  await ground.serve(3000, (request, response) => {
    response.writeHead(302, {
      location: String(request.headers['x-location'] ?? '/'),
      'access-control-allow-origin': 'x',
    })
    response.end(JSON.stringify(request.headers))
  })
  const seen = async (headers: Ask['headers']) => {
    const answer = await ground.ask({ host: preview(), ...(headers === undefined ? {} : { headers }) })
    return { answer, headers: JSON.parse(answer.text) as Record<string, string> }
  }
  const { headers } = await seen({
    authorization: 'Bearer of-the-app',
    cookie: `a=1; daytona-sandbox-auth-${known.id}=zz; b=2`,
    origin: 'http://elsewhere.example',
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-host': 'evil.example',
    X_Forwarded_For: '6.6.6.6',
    'X_Real-IP': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
    'x-hop': '1',
    connection: 'x-hop, host',
    'x-daytona-sdk-version': '0.218.0',
  })
  assert.deepEqual(headers, {
    host: 'localhost:3000',
    authorization: 'Bearer of-the-app',
    cookie: 'a=1; b=2',
    origin: 'http://elsewhere.example',
    'x-daytona-sdk-version': '0.218.0',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': preview(),
    'x-forwarded-proto': 'http',
    connection: 'keep-alive',
  })

  const own = await seen({
    origin: `http://${preview()}`,
    referer: `http://${preview()}/p?q=1&DAYTONA_SANDBOX_AUTH_KEY=zz`,
    cookie: `daytona-sandbox-auth-${known.id}=zz`,
  })
  assert.equal(own.headers.origin, 'http://localhost:3000')
  assert.equal(own.headers.referer, 'http://localhost:3000/p?q=1')
  assert.equal(own.headers['x-forwarded-host'], undefined)
  assert.equal(own.headers.cookie, undefined)
  assert.equal(own.answer.headers['access-control-allow-origin'], 'x')

  const locations: [string, string][] = [
    ['http://localhost:3000/a?b', `http://${preview()}/a?b`],
    ['http://127.0.0.1:3000', `http://${preview()}`],
    ['http://localhost:3001/', 'http://localhost:3001/'],
    ['http://localhost:30001/', 'http://localhost:30001/'],
    ['http://localhost.evil:3000/', 'http://localhost.evil:3000/'],
    ['/relative', '/relative'],
  ]
  for (const [from, to] of locations) assert.equal((await seen({ 'x-location': from })).answer.headers.location, to)
})

test('a toolbox call keeps its headers but no credential, and its redirects find back', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => {
    response.writeHead(307, { location: '/files/' }).end(JSON.stringify(request.headers))
  })
  const headers = {
    authorization: `Bearer ${known.key}`,
    'x-daytona-source': 'sdk-typescript',
    'x-daytona-sdk-version': '1',
  }
  const answer = await ground.ask({ path: `${base}/files`, headers })
  assert.equal(answer.headers.location, `${base}/files/`)
  assert.deepEqual(JSON.parse(answer.text), {
    host: 'localhost',
    'x-daytona-source': 'sdk-typescript',
    'x-daytona-sdk-version': '1',
    connection: 'keep-alive',
  })
})

test('an agent that is not ours any more leads callers nowhere and leaves nothing in browsers', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => {
    const location = String(request.headers['x-location'])
    response
      .writeHead(307, {
        location,
        'set-cookie': 'a=b',
        'www-authenticate': 'Basic realm="Your password"',
        'content-security-policy': 'x',
        'clear-site-data': '"*"',
        refresh: '0;url=/api',
      })
      .end()
  })
  const ask = async (location: string) =>
    (await ground.ask({ path: `${base}/x`, headers: { authorization: `Bearer ${known.key}`, 'x-location': location } }))
      .headers
  for (const away of [
    'http://localhost:3000/api/sandbox/other',
    '//127.0.0.1:6379/',
    '/../../api/sandbox/other',
    '/a/%2e%2e/../%2E%2e/other/x',
    '/..\\..\\api',
    '../../../api/sandbox/other',
    '?a',
    '/\t/../../../api',
  ]) {
    const headers = await ask(away)
    assert.equal(headers.location, undefined, away)
    assert.equal(headers['content-security-policy'], 'sandbox')
    for (const name of ['set-cookie', 'clear-site-data', 'refresh', 'www-authenticate'])
      assert.equal(headers[name], undefined, name)
  }
  assert.equal((await ask('/files/a?b=/../')).location, `${base}/files/a?b=/../`)
})

test('refusals: programs get JSON, browsers a page', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (_request, response) => {
    response.end(JSON.stringify({ ports: [8080, 5173, 'x', 99999, -1] }))
  })
  const browser = { accept: 'text/html,*/*', 'x-daytona-preview-token': known.token }
  const program = { 'x-daytona-preview-token': known.token }

  const page = await ground.ask({ host: preview(3999), headers: browser })
  assert.equal(page.status, 502)
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/)
  assert.match(page.text, /Nothing answers on this port/)
  assert.match(page.text, new RegExp(`<a href="//5173-${known.id}.localhost:4000/">5173</a><a .*>8080</a>`))

  const json = JSON.parse((await ground.ask({ host: preview(3999), headers: program })).text)
  assert.match(json.message, /Nothing listens on port 3999\. These ports answer: 5173, 8080/)
  const fetched = await ground.ask({ host: preview(3999), headers: { ...browser, 'sec-fetch-mode': 'cors' } })
  assert.equal(fetched.headers['content-type'], 'application/json; charset=utf-8')

  const head = await ground.ask({ method: 'HEAD', host: preview(3999), headers: browser })
  assert.deepEqual([head.status, head.text], [502, ''])

  ground.sandbox.state = 'stopped'
  ground.sandbox.reason = 'out of <memory>'
  ground.gateway.forget(known.id)
  const stopped = await ground.ask({ host: preview(), headers: browser })
  assert.equal(stopped.status, 409)
  assert.match(stopped.text, /ran out of memory.*The sandbox is stopped: out of &#60;memory&#62;/s)
  assert.equal(stopped.headers.refresh, undefined)
  const call = await ground.ask({ method: 'POST', path: base, headers: { ...program, accept: 'text/html' }, body: 'x' })
  assert.deepEqual([call.status, JSON.parse(call.text).code], [409, 'CONFLICT'])
  assert.equal(JSON.parse(call.text).message, 'Sandbox sb-1 is stopped: out of <memory>')

  ground.sandbox.state = 'starting'
  const starting = await ground.ask({ host: preview(), headers: browser })
  assert.deepEqual([starting.status, starting.headers.refresh, starting.headers['retry-after']], [503, '2', '2'])
})

test('destinations that lead nowhere', async (t) => {
  const ground = await startGround(t)
  const headers = { authorization: `Bearer ${known.key}` }
  const table: [Ask, number][] = [
    [{ path: '/toolbox/' }, 404],
    [{ path: '/toolbox//x' }, 404],
    [{ path: '/toolbox/../x' }, 404],
    [{ path: '/toolbox/a%2Fb/x' }, 404],
    [{ path: '/toolbox/%zz/x' }, 400],
    [{ path: `/toolbox/${'a'.repeat(300)}/x` }, 404],
    [{ path: '/toolbox/other/x' }, 404],
    [{ host: '3000-<script>.localhost' }, 404],
    [{ host: `3000-${'a'.repeat(100)}.localhost` }, 404],
    [{ host: '3000-other.localhost' }, 404],
    [{ host: '3000-other.localhost', path: `${base}/x` }, 404],
    [{ path: '/toolboxes' }, 200],
    [{ host: '02280-sb-1.localhost' }, 200],
    [{ host: '99999-sb-1.localhost' }, 200],
    [{ host: `3000-${'a'.repeat(300)}.localhost` }, 200],
  ]
  for (const [ask, status] of table) {
    const answer = await ground.ask({ ...ask, headers })
    assert.equal(answer.status, status, JSON.stringify(ask))
    if (status === 200) assert.equal(answer.text, 'the server')
  }
  assert.equal((await ground.ask({ path: '/toolbox/other/x' })).status, 401)
  assert.deepEqual(ground.dialled, [])
})

test('a fault of the server is 500 and tells nothing', async (t) => {
  const ground = await startGround(t)
  const answer = await ground.ask({ path: '/toolbox/broken/x?secret=1' })
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /secret/)
  const requestId = /Request id: ([\w-]+)/.exec(answer.text)?.[1] ?? 'none'
  assert.match(ground.logged.join('\n'), new RegExp(`${requestId}.*the store is gone`))
})

test('an upload that is refused gets its answer', async (t) => {
  const ground = await startGround(t)
  ground.sandbox.state = 'stopped'
  const headers = { authorization: `Bearer ${known.key}` }
  const answer = await ground.ask({ method: 'POST', path: base, headers, body: Buffer.alloc(3_000_000) })
  assert.deepEqual([answer.status, answer.headers.connection], [409, 'close'])
})

test('use is told unless the caller asks not to', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', tell)
  const headers = { authorization: `Bearer ${known.key}` }
  await ground.ask({ path: base, headers })
  assert.deepEqual(ground.touched, [known.id])
  await ground.ask({ path: base, headers: { ...headers, 'x-daytona-skip-last-activity-update': 'true' } })
  await ground.ask({ path: base })
  assert.deepEqual(ground.touched, [known.id])
})
