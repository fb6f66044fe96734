import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { type Ask, known, startGround } from './testing/ground.ts'

const host = `3000-${known.id}.localhost:4000`
const browser = { accept: 'text/html,*/*', 'user-agent': 'Mozilla/5.0 (X11; Linux)', 'sec-fetch-mode': 'navigate' }
const app: RequestListener = (request, response) =>
  void response.end(`the app ${request.url} ${request.headers.cookie ?? ''}`)

test('a browser is warned once for each host, and programs never', async (t) => {
  const ground = await startGround(t, { hasWarning: true })
  ground.sandbox.isPublic = true
  for (const port of [3000, 3001, 2280]) await ground.serve(port, app)
  const table: [string, Ask, boolean][] = [
    ['browser', { host, headers: browser }, true],
    ['browser, by HEAD', { method: 'HEAD', host, headers: browser }, true],
    ['posted form', { method: 'POST', host, headers: browser }, false],
    ['script of a page', { host, headers: { ...browser, 'sec-fetch-mode': 'cors' } }, false],
    ['picture', { host, headers: { ...browser, accept: 'image/*' } }, false],
    ['curl', { host, headers: { 'user-agent': 'curl/8', accept: '*/*' } }, false],
    ['skips', { host, headers: { ...browser, 'x-daytona-skip-preview-warning': 'true' } }, false],
    ['forged cookie', { host, headers: { ...browser, cookie: 'daytona-preview-page-accepted=true' } }, true],
    [
      'reserved port',
      { host: `2280-${known.id}.localhost`, headers: { ...browser, 'x-daytona-preview-token': known.token } },
      false,
    ],
  ]
  for (const [what, ask, isWarned] of table) {
    const answer = await ground.ask(ask)
    assert.equal(answer.status, 200, what)
    const isPage = /^text\/html/.test(String(answer.headers['content-type'] ?? ''))
    assert.equal(isPage, isWarned, what)
    if (isWarned) assert.doesNotMatch(answer.text, /the app/)
  }

  const page = await ground.ask({ host, path: '/deep?a=1&b="', headers: browser })
  const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? ''
  assert.match(String(page.headers['content-security-policy']), /form-action 'self'/)
  const consent = (headers: Ask['headers'], path = action, at = host) =>
    ground.ask({ method: 'POST', host: at, path, headers: { ...browser, ...headers } })
  const foreign = await consent({ origin: `http://3000-evil.localhost:4000`, 'sec-fetch-site': 'same-site' })
  assert.deepEqual([foreign.status, foreign.headers['set-cookie']], [403, undefined])
  assert.equal((await consent({ origin: 'null' })).status, 403)
  assert.equal((await consent({})).status, 403)
  const own = await consent({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })
  assert.equal(own.status, 303)
  assert.equal(own.headers.location, '/deep?a=1&b="')
  const [set = ''] = own.headers['set-cookie'] ?? []
  assert.match(set, /; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/)
  const cookie = `x=1; ${set.split(';')[0]}`
  assert.equal((await ground.ask({ host, headers: { ...browser, cookie } })).text, 'the app / x=1')
  const elsewhere = await ground.ask({ host: `3001-${known.id}.localhost:4000`, headers: { ...browser, cookie } })
  assert.match(elsewhere.text, /about to see a preview/)

  for (const target of ['//evil.example', 'https://evil.example', '/\\evil.example', 'x', '/a\nb', '/\t/evil']) {
    const path = `/accept-daytona-preview-warning?redirect=${encodeURIComponent(target)}`
    assert.equal((await consent({ origin: `http://${host}` }, path)).headers.location, '/', target)
  }
})

test('who may not pass gets no warning, and it starts nothing', async (t) => {
  const ground = await startGround(t, { hasWarning: true })
  assert.equal((await ground.ask({ host, headers: browser })).status, 401)
  ground.sandbox.isPublic = true
  ground.sandbox.state = 'stopped'
  ground.sandbox.isWakeable = true
  assert.equal((await ground.ask({ host, headers: browser })).status, 200)
  assert.deepEqual(ground.woken, [])
})

test('without the setting there is no warning, and its path is the app’s own', async (t) => {
  const ground = await startGround(t)
  ground.sandbox.isPublic = true
  await ground.serve(3000, app)
  const path = '/accept-daytona-preview-warning?redirect=/x'
  assert.equal((await ground.ask({ method: 'POST', host, path, headers: browser })).text, `the app ${path} `)
})

test('scripts of other origins: what each mode lets them read', async (t) => {
  const own = { 'access-control-allow-origin': 'https://of-the-app.example', 'access-control-expose-headers': 'x-own' }
  const sibling = `http://5173-${known.id}.localhost:4000`
  const stranger = 'https://stranger.example'
  const table = [
    { cors: 'off', origin: sibling, allowed: false },
    { cors: 'off', origin: stranger, allowed: false },
    { cors: 'same-site', origin: sibling, allowed: true },
    { cors: 'same-site', origin: stranger, allowed: false },
    { cors: 'same-site', origin: 'http://5173-evil.localhost:4000', allowed: false },
    { cors: 'same-site', origin: 'null', allowed: false },
    { cors: 'any', origin: sibling, allowed: true },
    { cors: 'any', origin: stranger, allowed: true },
    { cors: 'any', origin: 'null', allowed: false },
  ] as const
  for (const { cors, origin, allowed } of table) {
    const what = `${cors} ${origin}`
    const ground = await startGround(t, { cors })
    await ground.serve(3000, (_, response) => response.writeHead(200, own).end('x'))
    const headers = { 'x-daytona-preview-token': known.token, origin }
    const answer = await ground.ask({ host, headers })
    const [allow, credentials, expose] = ['allow-origin', 'allow-credentials', 'expose-headers'].map(
      (name) => answer.headers[`access-control-${name}`],
    )
    const wanted = allowed ? [origin, 'true', undefined] : [own['access-control-allow-origin'], undefined, 'x-own']
    assert.deepEqual([allow, credentials, expose], wanted, what)
    if (allowed) assert.match(String(answer.headers.vary), /Origin/)

    const preflight = await ground.ask({
      method: 'OPTIONS',
      host,
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a, x-b' },
    })
    assert.equal(preflight.status, allowed ? 204 : 401, what)
    if (allowed) assert.equal(preflight.headers['access-control-allow-headers'], 'x-a, x-b')
    const refused = await ground.ask({ host, headers: { origin } })
    assert.deepEqual(
      [refused.status, refused.headers['access-control-allow-origin']],
      [401, allowed ? origin : undefined],
    )
    const cookie = `daytona-sandbox-auth-${known.id}=${known.token}`
    const byCookie = await ground.ask({ host, headers: { origin, cookie } })
    assert.equal(byCookie.status, origin === sibling ? 200 : 401, `${what} by cookie`)
    const untouched = await ground.ask({ host, headers: { ...headers, 'x-daytona-disable-cors': 'true' } })
    assert.equal(untouched.headers['access-control-allow-origin'], own['access-control-allow-origin'], what)
  }
})
