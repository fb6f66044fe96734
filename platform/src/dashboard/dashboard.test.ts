import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { mountDashboard } from './dashboard.ts'

const token = `ses_${'ab'.repeat(32)}`
const browser = 'cd'.repeat(16)
const own = JSON.stringify({ browser })
const dayMs = 86_400_000

/** A dashboard on a port of its own, over an API that is told by the test. */
async function open(callApi: (request: Request) => Response | Promise<Response> = () => new Response(null)) {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-dashboard-'))
  const faults: unknown[] = []
  const clock = { nowMs: 1_000_000 }
  const dashboard = mountDashboard({
    folder,
    callApi,
    publicUrl: 'http://yard.example',
    clock: () => clock.nowMs,
    onFault: (error) => faults.push(error),
  })
  const http = createServer((asked, response) => dashboard.listener(asked, response))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    url,
    folder,
    faults,
    clock,
    dashboard,
    ask: (path: string, body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/dashboard/session${path}`, {
        method: 'POST',
        headers: { origin: url, 'content-type': 'application/json', ...headers },
        body,
      }),
    async [Symbol.asyncDispose]() {
      http.close()
      http.closeAllConnections()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Asks for a path as it is: `fetch` would take `..` out of it. */
async function askRaw(url: string, path: string): Promise<number> {
  const { port } = new URL(url)
  const asked = request({ port, host: '127.0.0.1', path }).end()
  const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
  response.resume()
  return response.statusCode
}

test('claims its own paths and no other', async () => {
  await using site = await open()
  for (const url of ['/dashboard', '/dashboard/', '/dashboard/a/b', '/dashboard?x']) {
    assert.equal(site.dashboard.claims({ url }), true, url)
  }
  for (const url of ['/', '/dashboards', '/api/dashboard', '/x/dashboard']) {
    assert.equal(site.dashboard.claims({ url }), false, url)
  }
})

test('says how to build it, and serves it as soon as it is built', async () => {
  await using site = await open()
  assert.equal(await site.dashboard.isBuilt(), false)
  const before = await fetch(`${site.url}/dashboard/`)
  assert.equal(before.status, 503)
  assert.match(await before.text(), /node scripts\/dashboard\.mjs/)
  writeFileSync(join(site.folder, 'index.html'), '<p>here</p>')
  const after = await fetch(`${site.url}/dashboard/sandboxes/x.y/terminal`)
  assert.deepEqual([after.status, await after.text()], [200, '<p>here</p>'])
  assert.equal((await fetch(`${site.url}/dashboard/`, { method: 'PUT' })).status, 405)
})

test('serves files of the build alone, compressed where the browser takes it', async () => {
  await using site = await open()
  mkdirSync(join(site.folder, 'assets'))
  writeFileSync(join(site.folder, 'secret.js'), 'no')
  writeFileSync(join(site.folder, 'assets/a-1.js'), 'plain')
  writeFileSync(join(site.folder, 'assets/a-1.js.gz'), 'zipped')
  for (const path of ['../secret.js', '%2e%2e/secret.js', '..', '.', 'a-1.js/', 'a-1.js.gz', '', 'a%00.js', 'b.js']) {
    assert.equal(await askRaw(site.url, `/dashboard/assets/${path}`), 404, path)
  }
  const plain = await fetch(`${site.url}/dashboard/assets/a-1.js`, { headers: { 'accept-encoding': 'identity' } })
  assert.equal(await plain.text(), 'plain')
  const zipped = await fetch(`${site.url}/dashboard/assets/a-1.js`, { method: 'HEAD' })
  assert.deepEqual([zipped.headers.get('content-encoding'), zipped.headers.get('content-length')], ['gzip', '6'])
})

test('passes refusals on, keeps what is granted, and renews it after half of its life', async () => {
  const seen: string[] = []
  await using site = await open((asked) => {
    const { pathname } = new URL(asked.url)
    seen.push(`${pathname} ${asked.headers.get('authorization') ?? 'nobody'}`)
    if (pathname === '/api/users/me') return Response.json({ id: 'ada' })
    if (pathname === '/api/auth/login') return Response.json({ message: 'Invalid credentials' }, { status: 401 })
    const [expiresAt, endsAt] = [dayMs, 30 * dayMs].map((ms) => new Date(site.clock.nowMs + ms).toISOString())
    return Response.json({ token, expiresAt, endsAt, user: { id: 'ada' } })
  })
  const refused = await site.ask('', JSON.stringify({ login: 'ada', password: 'x', browser }))
  assert.deepEqual([refused.status, refused.headers.get('set-cookie')], [401, null])
  const granted = await site.ask('', JSON.stringify({ token: 'login_x', browser }))
  const [cookie = ''] = (granted.headers.get('set-cookie') ?? '').split(';')
  assert.match(
    granted.headers.get('set-cookie') ?? '',
    /; Path=\/dashboard\/session; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  )
  assert.match(granted.headers.get('cache-control') ?? '', /no-store/)
  const early = await site.ask('/resume', own, { cookie })
  assert.deepEqual([early.headers.get('set-cookie'), ((await early.json()) as { token: string }).token], [null, token])
  const tossed = `sandyard-session=ses_${'00'.repeat(32)}.1.${'ef'.repeat(16)}`
  assert.equal(
    (await site.ask('/resume', own, { cookie: `${tossed}; ${cookie}` })).status,
    200,
    'others add what they like',
  )
  assert.equal((await site.ask('/resume', own, { cookie: tossed })).status, 401, 'nobody is signed in as somebody else')
  const previews = await site.ask('/previews', own, { cookie })
  assert.equal(previews.status, 204)
  assert.equal(
    previews.headers.get('set-cookie'),
    `sandyard-preview-session=${token}; Path=/preview-sign-in; Max-Age=86400; HttpOnly; SameSite=Lax`,
  )
  assert.equal((await site.ask('/previews', own)).status, 401)
  site.clock.nowMs += 13 * 3600_000
  assert.notEqual((await site.ask('/resume', own, { cookie })).headers.get('set-cookie'), null)
  const bearer = `Bearer ${token}`
  assert.deepEqual(seen, [
    '/api/auth/login nobody',
    '/api/auth/token-login nobody',
    `/api/users/me ${bearer}`,
    `/api/users/me ${bearer}`,
    `/api/auth/refresh ${bearer}`,
  ])
})

test('is for pages of its own origin, and takes no nonsense', async () => {
  const called: string[] = []
  await using site = await open((asked) => {
    called.push(asked.url)
    return new Response(null, { status: 500 })
  })
  const status = async (headers: Record<string, string>, body = own, path = '/resume') =>
    (await site.ask(path, body, headers)).status
  for (const origin of ['null', 'http://127.0.0.1', 'http://3000-abc.yard.example', 'https://yard.example', 'x']) {
    assert.equal(await status({ origin }), 403, origin)
  }
  assert.equal(await status({ 'content-type': 'text/plain' }), 403)
  assert.equal(await status({ 'sec-fetch-site': 'same-site' }), 403)
  assert.equal(await status({ origin: 'http://yard.example' }), 401, 'the public address is its own too')
  for (const cookie of [
    'sandyard-session=x',
    `sandyard-session=${token}`,
    `sandyard-session=${token}.1`,
    `sandyard-session=${token}.1.${'ef'.repeat(16)}`,
  ]) {
    assert.equal(await status({ cookie }), 401, cookie)
  }
  for (const body of ['', '[]', 'null', '"x"', '{', `{"login":"${'x'.repeat(5000)}"}`]) {
    assert.equal(await status({}, body, ''), 400, body.slice(0, 20))
  }
  for (const body of ['{}', '{"login":"ada","password":"x"}', '{"token":"x","browser":"cd"}']) {
    assert.equal(await status({}, body, ''), 400, body)
  }
  assert.equal(await status({ cookie: `sandyard-session=${token}.1.${browser}` }, '{}'), 401)
  assert.equal(await status({}, own, '/other'), 404)
  assert.equal((await fetch(`${site.url}/dashboard/session`)).status, 405)
  assert.deepEqual([called, site.faults], [[], []])
})
