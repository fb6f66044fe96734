import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ask, known, startGround } from '../testing/ground.ts'
import { createCodes } from './codes.ts'
import { readTarget } from './target.ts'

const uuid = '0b1f2c3d-1111-4222-8333-444455556666'
const browser = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const home = 'localhost:4000'
const host = `3000-${uuid}.localhost:4000`

/** A ground where `alice` may enter. */
function ground(t: Parameters<typeof startGround>[0]) {
  return startGround(t, {
    signIn: { homeOf: () => `http://${home}`, hasIssuer: true },
    async onSignIn({ by }) {
      const isKnown =
        (by.kind === 'password' && by.login === 'alice' && by.password === 'right') ||
        (by.kind === 'session' && by.session === 'ses_1') ||
        (by.kind === 'login-token' && by.token === 'login_1')
      if (!isKnown) return { kind: 'denied', reason: 'Not <right>' }
      return { kind: 'granted', session: 'ses_1', previewToken: 'token-of-sandbox' }
    },
  })
}

const to = (path: string) => `/preview-sign-in?to=${encodeURIComponent(`http://${host}${path}`)}`
const post = (headers: Ask['headers'], body: string, path = to('/deep?a=1')): Ask => ({
  method: 'POST',
  host: home,
  path,
  body,
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    ...headers,
  },
})

test('only a browser that opens a page is sent to sign in', async (t) => {
  const { ask } = await ground(t)
  const sent = await ask({ host, path: '/deep?a=1', headers: browser })
  assert.deepEqual([sent.status, sent.headers.location], [302, `http://${home}${to('/deep?a=1')}`])
  const table: [string, Ask][] = [
    ['program', { host }],
    ['script', { host, headers: { ...browser, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } }],
    ['frame', { host, headers: { ...browser, 'sec-fetch-dest': 'iframe' } }],
    ['posted form', { method: 'POST', host, headers: browser }],
    ['toolbox', { path: `/toolbox/${uuid}/x`, headers: browser }],
    ['by path', { path: `/preview/${uuid}/3000/`, headers: browser }],
  ]
  for (const [what, request] of table) assert.equal((await ask(request)).status, 401, what)
})

test('a person signs in, comes back with a code, and the code is good once on its host', async (t) => {
  const { ask } = await ground(t)
  const own = { origin: `http://${home}`, 'sec-fetch-site': 'same-origin' }
  const page = await ask({ host: home, path: to('/deep?a=1'), headers: browser })
  assert.equal(page.status, 200)
  assert.match(String(page.headers['content-security-policy']), new RegExp(`form-action 'self' http://${host};`))
  assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/)
  assert.match(page.text, /name="password" type="password"/)
  assert.doesNotMatch(page.text, /<script/)
  const issuerOf = (text: string) => /href="(\/api\/auth\/oidc\/login[^"]*)"/.exec(text)?.[1]
  assert.equal(issuerOf(page.text), `/api/auth/oidc/login?to=${encodeURIComponent(`http://${host}/deep?a=1`)}`)
  const long = await ask({ host: home, path: to(`/${'x'.repeat(2000)}`), headers: browser })
  assert.equal(issuerOf(long.text), '/api/auth/oidc/login', 'what no cookie holds is not asked for')

  const wrong = await ask(post(own, 'login=alice&password=wrong'))
  assert.equal(wrong.status, 401)
  assert.match(wrong.text, /Not &#60;right&#62;/)
  const foreign = await ask(
    post({ origin: `http://${host}`, 'sec-fetch-site': 'same-site' }, 'login=alice&password=right'),
  )
  assert.equal(foreign.status, 200)
  assert.equal((await ask(post({}, 'login=alice&password=right'))).status, 200, 'no Origin')

  const right = await ask(post(own, 'login=alice&password=right'))
  assert.equal(right.status, 303)
  const [session = ''] = right.headers['set-cookie'] ?? []
  assert.match(
    session,
    /^sandyard-preview-session=ses_1; Path=\/preview-sign-in; Max-Age=86400; HttpOnly; SameSite=Lax$/,
  )
  const location = new URL(right.headers.location ?? '')
  assert.equal(location.host, host)
  const path = location.pathname + location.search

  const elsewhere = await ask({ host: `3001-${uuid}.localhost:4000`, path, headers: browser })
  assert.equal(elsewhere.headers['set-cookie'], undefined)
  assert.equal((await ask({ host, path, headers: browser })).headers['set-cookie'], undefined, 'and it was taken')

  const again = await ask({ host: home, path: to('/deep?a=1'), headers: { ...browser, cookie: session.split(';')[0] } })
  const second = new URL(again.headers.location ?? '')
  const welcome = await ask({ host, path: second.pathname + second.search, headers: browser })
  assert.deepEqual([welcome.status, welcome.headers.location], [303, '/deep?a=1'])
  assert.deepEqual(welcome.headers['set-cookie'], [
    `daytona-sandbox-auth-${uuid}=token-of-sandbox; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`,
  ])
  const byToken = await ask({ host: home, path: `${to('/x')}&login-token=login_1`, headers: browser })
  assert.equal(byToken.status, 303)
})

test('places that nobody is sent back to', async (t) => {
  const { ask } = await ground(t)
  const caller = { scheme: 'http', host: '192.0.2.1:4000', address: null } as const
  const domains = ['previews.test', 'localhost', '*.sslip.io']
  const custom = (name: string) => (name.startsWith('app.customer.test') ? { sandboxId: uuid, port: 3000 } : null)
  const hosts = { domains, custom }
  const good = [
    `http://3000-${uuid}.previews.test:4000/x`,
    `http://3000-${uuid}.192.0.2.1.sslip.io:4000/`,
    `http://3000-${uuid}.192-0-2-1.sslip.io:4000/`,
    'http://app.customer.test:4000/x',
    `http://${uuid}.previews.test:4000/x`,
  ]
  for (const url of good) assert.equal(readTarget(url, caller, hosts)?.label, uuid, url)
  const bad = [
    `https://3000-${uuid}.previews.test:4000/`,
    'http://app.customer.test/x',
    'https://app.customer.test:4000/',
    'http://other.customer.test:4000/',
    `http://3000-${uuid}.previews.test:9999/`,
    `http://3000-${uuid}.previews.test/`,
    `http://3000-${uuid}.6.6.6.6.sslip.io:4000/`,
    `http://3000-${uuid}.6-6-6-6.sslip.io:4000/`,
    `http://3000-${uuid}.192-0-2-10.sslip.io:4000/`,
    `http://3000-${uuid}.evil.example:4000/`,
    `http://3000-${uuid}.previews.test.evil.example:4000/`,
    `http://3000-${uuid}.x.previews.test:4000/`,
    `http://user@3000-${uuid}.previews.test:4000/`,
    `http://3000-signedtoken00001.previews.test:4000/`,
    `http://previews.test:4000/`,
    'javascript:alert(1)',
    '//evil.example',
    '',
  ]
  for (const url of bad) {
    assert.equal(readTarget(url, caller, hosts), null, url)
    const path = `/preview-sign-in?to=${encodeURIComponent(url)}`
    assert.equal((await ask({ host: home, path, headers: browser })).status, 400, url)
  }
  const hostile = `/.well-known/sandyard-sign-in?code=${'0'.repeat(64)}&path=//evil.example`
  assert.equal((await ask({ host, path: hostile, headers: browser })).headers.location, '/')
})

test('the path of the page is the program’s own on a preview host, and there is none without the setting', async (t) => {
  const own = await ground(t)
  own.sandbox.isPublic = true
  await own.serve(3000, (request, response) => void response.end(`app ${request.url}`))
  const at = `3000-${known.id}.localhost:4000`
  assert.equal((await own.ask({ host: at, path: '/preview-sign-in?to=x' })).text, 'app /preview-sign-in?to=x')
  assert.equal(
    (await own.ask({ host: at, path: '/.well-known/sandyard-sign-in' })).text,
    'app /.well-known/sandyard-sign-in',
  )
  const without = await startGround(t)
  assert.equal((await without.ask({ host: home, path: '/preview-sign-in' })).text, 'the server')
  assert.equal((await without.ask({ host, headers: browser })).status, 401)
})

test('codes end with their minute', () => {
  let nowMs = 0
  const codes = createCodes(() => nowMs)
  const value = { host: 'a', previewToken: 't' }
  const [first, second] = [codes.issue(value), codes.issue(value)]
  nowMs = 59_000
  assert.deepEqual(codes.take(first, 'A')?.previewToken, 't')
  assert.equal(codes.take(first, 'a'), null)
  nowMs = 60_000
  assert.equal(codes.take(second, 'a'), null)
})
