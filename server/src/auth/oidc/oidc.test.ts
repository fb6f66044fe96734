import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { audience, type Issuer, openIssuer, signInByBrowser, visitIssuer } from '../../testing/oidc-issuer.ts'
import { ok, within } from '../../testing/people.ts'
import { openTestServer, type TestServer, testConfig } from '../../testing/test-server.ts'

const me = (server: TestServer, key: string) => server.call('GET /users/me', { key })

for (const algorithm of ['RS256', 'ES256'] as const) {
  test(`an access token by ${algorithm} makes its user at first sight, once, with a personal organization`, async () => {
    await using issuer = await openIssuer(algorithm)
    await using server = await issuer.server()
    const key = await issuer.accessToken('ada')
    const [first, ...others] = await Promise.all([me(server, key), me(server, key), me(server, key)])
    const { id, name, email, emailVerified, role } = ok(first).body
    assert.deepEqual([name, email, emailVerified, role], ['Person ada', 'ada@example.com', true, 'user'])
    assert.notEqual(id, 'ada', 'a subject is never the id of a user')
    for (const other of others) assert.equal(other.body.id, id)
    const organizations = (await server.call('GET /organizations', { key })).body
    assert.deepEqual([organizations.length, organizations[0].name, organizations[0].personal], [1, 'Personal', true])
    const headers = within(organizations[0].id)
    assert.equal((await server.call('POST /sandbox', { key, headers })).status, 200)
    assert.equal((await server.call('POST /sandbox', { key })).body.message, 'Invalid authentication context')
    const made = await server.call('POST /api-keys', {
      key,
      headers,
      body: { name: 'ci', permissions: ['write:sandboxes'] },
    })
    assert.equal((await server.call('POST /sandbox', { key: ok(made).body.value })).status, 200)
    assert.equal((await server.call('POST /auth/logout', { key })).status, 403, 'there is no session here to end')
    assert.deepEqual(server.faults, [])
  })
}

test('the configuration tells clients of the issuer', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  const { oidc } = (await server.call('GET /config', { key: null })).body
  assert.deepEqual(oidc, { issuer: issuer.url, clientId: 'dashboard', audience, provider: 'auth0' })
})

test('where sign-up is closed, only users that an administrator has made come in', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server({ isSignUpOpen: false })
  const key = await issuer.accessToken('ada')
  const refused = await me(server, key)
  assert.deepEqual([refused.status, refused.body.code], [403, 'FORBIDDEN'])
  const body = { id: 'ada.l', name: 'Ada', oidcSubject: 'ada' }
  ok(await server.call('POST /admin/users', { body }))
  assert.equal((await me(server, key)).body.id, 'ada.l')
  assert.equal((await server.call('POST /admin/users', { body: { ...body, id: 'other' } })).status, 409)
  assert.equal((await server.call('POST /admin/users/ada.l/login-token')).status, 400, 'the issuer is the way in')
})

test('a subject that is called like the administrator, or has the email of somebody, is neither', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  ok(await server.call('POST /admin/users', { body: { id: 'ada.l', name: 'Ada', email: 'ada@example.com' } }))
  const admin = ok(await me(server, await issuer.accessToken('sandyard-admin'))).body
  assert.deepEqual([admin.id === 'sandyard-admin', admin.role], [false, 'user'])
  const ada = ok(await me(server, await issuer.accessToken('ada'))).body
  assert.notEqual(ada.id, 'ada.l')
  const mallory = ok(await me(server, await issuer.accessToken('mallory'))).body
  assert.equal(mallory.emailVerified, false)
})

/** A token of our own making; `issuer` is real, the signature is whatever the test makes it. */
function forge(issuer: Issuer, head: object, claims: object, signature: (input: string) => string = () => ''): string {
  const now = Math.floor(Date.now() / 1000)
  const body = { iss: issuer.url, aud: audience, sub: 'mallory', iat: now, exp: now + 600, ...claims }
  const input = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signature(input)}`
}

function by(key: KeyObject): (input: string) => string {
  return (input) => sign('RSA-SHA256', Buffer.from(input), key).toString('base64url')
}

test('forged tokens are nobody', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  ok(await me(server, await issuer.accessToken('ada')))
  const { keys } = (await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: JsonWebKey[] }
  const published = keys[0] ?? {}
  const pem = createPublicKey({ key: published, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const hmac = (secret: string) => (input: string) =>
    createHmac('sha256', secret).update(input).digest().toString('base64url')
  const good = await issuer.accessToken('ada')
  const [head = '', body = '', signature = ''] = good.split('.')
  const changed = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"ada"', '"eve"')).toString('base64url')
  const jwk = own.publicKey.export({ format: 'jwk' })
  const tokens: Record<string, string> = {
    'alg none': forge(issuer, { alg: 'none' }, {}),
    'alg None': forge(issuer, { alg: 'None', kid: 'first' }, {}),
    'no alg': forge(issuer, { kid: 'first' }, {}, by(own.privateKey)),
    'HS256 with the public key': forge(issuer, { alg: 'HS256', kid: 'first' }, {}, hmac(pem)),
    'HS256 with the modulus': forge(issuer, { alg: 'HS256', kid: 'first' }, {}, hmac(String(published.n))),
    'a key of its own': forge(issuer, { alg: 'RS256', kid: 'first' }, {}, by(own.privateKey)),
    'a key of its own, in the head': forge(issuer, { alg: 'RS256', jwk }, {}, by(own.privateKey)),
    'a key from elsewhere': forge(issuer, { alg: 'RS256', jku: 'http://127.0.0.1:1/jwks' }, {}, by(own.privateKey)),
    'an unknown kid': forge(issuer, { alg: 'RS256', kid: 'other' }, {}, by(own.privateKey)),
    'a kid that is a path': forge(issuer, { alg: 'RS256', kid: '../../../../dev/null' }, {}, hmac('')),
    'a kid that is SQL': forge(issuer, { alg: 'RS256', kid: "' or 1=1 --" }, {}, by(own.privateKey)),
    'a kid that is no text': forge(issuer, { alg: 'RS256', kid: { first: true } }, {}, by(own.privateKey)),
    'crit unknown': forge(issuer, { alg: 'RS256', kid: 'first', crit: ['x'], x: 1 }, {}, by(own.privateKey)),
    'another subject under the same signature': `${head}.${changed}.${signature}`,
    'no signature': `${head}.${body}.`,
    'half a signature': `${head}.${body}.${signature.slice(0, signature.length / 2)}`,
    'an oversized one': `${head}.${'A'.repeat(100_000)}.${signature}`,
    'an oversized head': `${'A'.repeat(7000)}.${body}.${signature}`,
    'dots only': '..',
  }
  for (const [what, token] of Object.entries(tokens)) {
    const answer = await me(server, token)
    assert.deepEqual([answer.status, answer.body.message], [401, 'Invalid credentials'], what)
  }
  assert.equal((await server.call('GET /admin/users')).body.length, 2, 'nobody was made')
  assert.deepEqual(server.faults, [])
})

test('well-signed tokens for others, of others, or out of their time are nobody', async () => {
  // An issuer of our own hand: it signs what the real one would not.
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let asked = 0
  const http = createServer((request, response) => {
    asked += 1
    const url = `http://${request.headers.host}`
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] }
    const about = {
      issuer: url,
      jwks_uri: `${url}/jwks`,
      authorization_endpoint: `${url}/a`,
      token_endpoint: `${url}/t`,
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url === '/jwks' ? jwks : about))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const oidc = { issuer: url, clientId: 'dashboard', audience, clientSecret: null, isSignUpOpen: true }
  try {
    await using server = await openTestServer({ nowMs: Date.now(), config: { ...testConfig, oidc } })
    const issuer = { url } as Issuer
    const now = Math.floor(Date.now() / 1000)
    const token = (claims: object) => forge(issuer, { alg: 'RS256', kid: 'one' }, claims, by(privateKey))
    const wrong: Record<string, object> = {
      'another issuer': { iss: 'https://issuer.example' },
      'the issuer with a slash': { iss: `${url}/` },
      'no issuer': { iss: undefined },
      'another audience': { aud: 'https://other.example' },
      'no audience': { aud: undefined },
      expired: { exp: now - 60 },
      'no end': { exp: undefined },
      'an end that is text': { exp: `${now + 600}` },
      'not yet': { nbf: now + 600 },
      'no subject': { sub: undefined },
      'a subject that is no text': { sub: { $ne: null } },
    }
    for (const [what, claims] of Object.entries(wrong))
      assert.equal((await me(server, token(claims))).status, 401, what)
    const long = await me(server, token({ sub: 'x'.repeat(300) }))
    assert.equal(long.status, 403)
    const good = token({ aud: ['https://other.example', audience], name: '<b>Eve</b>\u0000', email: 'EVE@example.com' })
    const { name, email } = (await me(server, good)).body
    assert.deepEqual([name, email], ['<b>Eve</b>', 'eve@example.com'])
    server.clock.nowMs += 605_000 + 1
    assert.equal((await me(server, good)).status, 401, 'it ends with its time, also while it is remembered')
    const before = asked
    for (let count = 0; count < 50; count += 1) {
      const kid = `random-${count}`
      await me(server, forge(issuer, { alg: 'RS256', kid }, {}, by(privateKey)))
    }
    assert.ok(asked - before <= 1, `unknown keys made us ask ${asked - before} times`)
    assert.deepEqual(server.faults, [])
  } finally {
    http.closeAllConnections()
    http.close()
  }
})

test('keys that the issuer changes are followed', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  const old = await issuer.accessToken('ada')
  ok(await me(server, old))
  await issuer.rotate()
  await new Promise((resolve) => setTimeout(resolve, 5_100))
  ok(await me(server, await issuer.accessToken('bob')))
  server.clock.nowMs += 11_000
  assert.equal((await me(server, old)).status, 401, 'the old key is published no more')
})

test('an issuer that cannot be asked is a 503 for its tokens, and nothing to keys', async () => {
  const issuer = await openIssuer()
  const token = await issuer.accessToken('ada')
  await using server = await issuer.server()
  await issuer[Symbol.asyncDispose]()
  const answer = await me(server, token)
  assert.deepEqual([answer.status, answer.body.message], [503, 'Temporary authentication service error'])
  assert.equal((await server.call('GET /sandbox')).status, 200)
  assert.equal((await me(server, 'no-token')).status, 401)
  assert.equal((await server.call('GET /auth/oidc/login', { key: null })).status, 503)
  const person = { key: null, headers: { accept: 'text/html,*/*;q=0.8' } }
  const led = await server.call('GET /auth/oidc/login', person)
  assert.match(led.headers.get('location') ?? '', /^http:\/\/[^/]+\/#sign-in-fault=SERVICE_UNAVAILABLE$/)
  const ended = await server.call('GET /auth/oidc/callback?code=x&state=x', person)
  assert.match(ended.headers.get('location') ?? '', /\/#sign-in-fault=UNAUTHORIZED$/)
})

test('a browser signs in, again as the same user, and the way back works once and only there', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  const tokenOf = (location: string | null) => /#login-token=(\w+)$/.exec(location ?? '')?.[1]
  const users: string[] = []
  for (let count = 0; count < 2; count += 1) {
    const answer = await signInByBrowser(server, 'ada')
    assert.equal(answer.status, 302)
    assert.match(answer.headers.get('set-cookie') ?? '', /^sandyard-sign-in=; Path=\/; Max-Age=0/)
    const token = tokenOf(answer.headers.get('location'))
    const session = ok(await server.call('POST /auth/token-login', { key: null, body: { token } })).body
    users.push(session.user.id)
    assert.equal((await me(server, session.token)).status, 200)
    const change = { key: session.token, body: { newPassword: 'a password of her own' } }
    assert.equal((await server.call('POST /auth/password', change)).status, 403, 'the issuer has her password')
  }
  assert.equal(users[0], users[1])
  const sameUser = ok(await me(server, await issuer.accessToken('ada'))).body.id
  assert.equal(sameUser, users[0], 'by token and by browser')
})

test('a browser that signs in to see a preview goes back to that', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  const address = 'http://3000-x.localhost:3000/a?b=c&d=%26'
  const query = `?to=${encodeURIComponent(address)}`
  const back = await signInByBrowser(server, 'ada', query)
  const location = new URL(back.headers.get('location') ?? '')
  assert.deepEqual([location.pathname, location.searchParams.get('to')], ['/preview-sign-in', address])
  assert.match(location.searchParams.get('login-token') ?? '', /^login_\w+$/)
  const later = await signInByBrowser(server, 'ada')
  assert.match(later.headers.get('location') ?? '', /\/#login-token=\w+$/, 'at the dashboard afterwards')
  for (const wrong of ['', 'a%0d%0ab', 'a%20b', 'x'.repeat(2001)]) {
    assert.equal((await server.call(`GET /auth/oidc/login?to=${wrong}`, { key: null })).status, 400, wrong)
  }
})

test('the end of a sign-in that another browser began is refused', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  const begin = async () => {
    const begun = await server.call('GET /auth/oidc/login', { key: null })
    return {
      location: begun.headers.get('location') ?? '',
      cookie: (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
    }
  }
  const end = (search: string, cookie: string) =>
    server.call(`GET /auth/oidc/callback${search}`, { key: null, headers: { cookie } })
  const [mallory, victim] = [await begin(), await begin()]
  const { search } = await visitIssuer(mallory.location, 'eve')
  assert.equal((await end(search, '')).status, 401, 'no cookie')
  assert.equal((await end(search, victim.cookie)).status, 401, 'the cookie of another sign-in')
  const [state, nonce] = (mallory.cookie.split('=')[1] ?? '').split('.')
  const [, otherNonce, otherVerifier] = (victim.cookie.split('=')[1] ?? '').split('.')
  const mixed = (...parts: (string | undefined)[]) => `sandyard-sign-in=${parts.join('.')}.`
  assert.equal((await end(search, mixed(state, nonce, otherVerifier))).status, 401, 'another verifier')
  const second = await begin()
  const again = (await visitIssuer(second.location, 'eve')).search
  const [secondState, , secondVerifier] = (second.cookie.split('=')[1] ?? '').split('.')
  assert.equal((await end(again, mixed(secondState, otherNonce, secondVerifier))).status, 401, 'another nonce')
  const third = await begin()
  const fine = (await visitIssuer(third.location, 'eve')).search
  assert.equal((await end(fine, third.cookie)).status, 302)
  assert.equal((await end(fine, third.cookie)).status, 401, 'a code works once')
  assert.equal((await end('?error=access_denied&state=x', third.cookie)).status, 401)
  assert.equal((await end('?code=x&state=x', 'sandyard-sign-in=a.b.c')).status, 401)
  assert.deepEqual(server.faults, [])
})
