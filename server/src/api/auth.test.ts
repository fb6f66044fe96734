import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok, type Person, signUp } from '../testing/people.ts'
import { openTestServer, type TestAnswer, type TestServer, testConfig } from '../testing/test-server.ts'

const password = 'correct horse battery'
const dayMs = 24 * 3600_000
/** Passwords cost what they cost in earnest. */
const { passwordCost: _, ...earnest } = testConfig

function login(server: TestServer, typed: { login: string; password: string }, address?: string): Promise<TestAnswer> {
  return server.call('POST /auth/login', { key: null, body: typed, ...(address === undefined ? {} : { address }) })
}

async function withPassword(server: TestServer, name: string): Promise<Person> {
  const person = await signUp(server, name)
  ok(await server.call('POST /auth/password', { key: person.token, body: { newPassword: password } }))
  return person
}

const me = (server: TestServer, key: string) => server.call('GET /users/me', { key })

// Work is counted, not time: other programs take time too.
test('an unknown name costs as much as a wrong password, and is told the same', async () => {
  await using server = await openTestServer({ config: earnest })
  const { email } = await withPassword(server, 'ada')
  await signUp(server, 'bob')
  const fastest = { unknown: Number.POSITIVE_INFINITY, wrong: Number.POSITIVE_INFINITY, none: Number.POSITIVE_INFINITY }
  for (let round = 0; round < 4; round += 1) {
    const names = { unknown: `nobody-${round}`, wrong: email, none: 'bob@example.com' }
    for (const kind of ['unknown', 'wrong', 'none'] as const) {
      const before = process.cpuUsage()
      const answer = await login(server, { login: names[kind], password: 'wrong' }, `192.0.2.${round}`)
      const { user, system } = process.cpuUsage(before)
      fastest[kind] = Math.min(fastest[kind], user + system)
      assert.deepEqual([answer.status, answer.body.message], [401, 'Invalid credentials'])
    }
  }
  for (const kind of ['unknown', 'none'] as const) {
    const ratio = fastest[kind] / fastest.wrong
    assert.ok(ratio > 0.6 && ratio < 1.7, JSON.stringify(fastest))
  }
})

test('who guesses at a name waits longer each time; a known place of its owner does not', async () => {
  await using server = await openTestServer()
  const { email } = await withPassword(server, 'ada')
  const right = { login: email, password }
  assert.equal((await login(server, right, '198.51.100.1')).status, 200)
  const guess = (index: number) => login(server, { login: email, password: 'wrong' }, `192.0.2.${index}`)
  for (let index = 0; index < 6; index += 1) assert.equal((await guess(index)).status, 401)
  const braked = await guess(7)
  assert.deepEqual([braked.status, braked.body.code], [429, 'TOO_MANY_REQUESTS'])
  assert.match(braked.body.message, /try again in 1 s/)
  assert.equal((await login(server, right, '203.0.113.9')).status, 429, 'the right password too: it would be an oracle')
  assert.equal(
    (await login(server, right, '198.51.100.1')).status,
    200,
    'where she has signed in before, she still can',
  )
  server.clock.nowMs += 1000
  assert.equal((await guess(8)).status, 401)
  server.clock.nowMs += 1000
  assert.equal((await guess(9)).status, 429, 'two seconds now')
  server.clock.nowMs += 60_000
  assert.equal((await login(server, right, '203.0.113.9')).status, 200, 'a minute is the longest')
})

test('guesses that are made at once count before they are answered', async () => {
  await using server = await openTestServer()
  const { email } = await withPassword(server, 'ada')
  const guesses = Array.from({ length: 20 }, (_, index) =>
    login(server, { login: email, password: `wrong ${index}` }, `192.0.2.${index}`),
  )
  const statuses = (await Promise.all(guesses)).map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 401).length, 6)
  assert.equal(statuses.filter((status) => status === 429).length, 14)
})

test('an address that tries many names is braked, and so is its network', async () => {
  await using server = await openTestServer()
  const guess = (index: number, address: string) => login(server, { login: `user-${index}`, password: 'x' }, address)
  for (let index = 0; index < 21; index += 1) {
    assert.equal((await guess(index, `2001:db8:0:1::${index + 1}`)).status, 401)
  }
  assert.equal((await guess(30, '2001:db8::1:ffff:0:0:1')).status, 429, 'the same network, written otherwise')
  assert.equal((await guess(31, '2001:db8:0:2::1')).status, 401)
})

test('a token lives a day, a session a month, and a refresh goes no further', async () => {
  await using server = await openTestServer()
  let { token } = await signUp(server, 'ada')
  server.clock.nowMs += dayMs - 1
  assert.equal((await me(server, token)).status, 200)
  server.clock.nowMs += 1
  assert.equal((await me(server, token)).status, 401, 'not remembered past its end either')
  assert.equal((await server.call('POST /auth/refresh', { key: token })).status, 401)
  token = (await signUp(server, 'bob')).token
  const endMs = server.clock.nowMs + 30 * dayMs
  while (server.clock.nowMs < endMs - 2 * dayMs) {
    server.clock.nowMs += dayMs - 1000
    token = ok(await server.call('POST /auth/refresh', { key: token })).body.token
  }
  server.clock.nowMs = endMs - dayMs / 2
  const last = ok(await server.call('POST /auth/refresh', { key: token })).body
  assert.deepEqual([Date.parse(last.expiresAt), Date.parse(last.endsAt)], [endMs, endMs])
  server.clock.nowMs = endMs
  assert.equal((await me(server, last.token)).status, 401)
  await server.server.reconcile.round()
  assert.equal(await server.server.store.sessions.byId('any'), undefined)
})

test('of two who refresh at once with one token, one gets another', async () => {
  await using server = await openTestServer()
  const { token } = await signUp(server, 'ada')
  const answers = await Promise.all([1, 2, 3].map(() => server.call('POST /auth/refresh', { key: token })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
})

test('a sign-out ends one session, or all of them', async () => {
  await using server = await openTestServer()
  const { email, token } = await withPassword(server, 'ada')
  const sessions: string[] = []
  for (let count = 0; count < 3; count += 1)
    sessions.push(ok(await login(server, { login: email, password })).body.token)
  const [one = '', two = '', three = ''] = sessions
  ok(await server.call('POST /auth/logout', { key: one }))
  assert.deepEqual(await Promise.all(sessions.map(async (key) => (await me(server, key)).status)), [401, 200, 200])
  ok(await server.call('POST /auth/logout', { key: two, body: { everywhere: true } }))
  for (const key of [two, three, token]) assert.equal((await me(server, key)).status, 401)
})

test('another password ends all other sessions and links, and needs the old one', async () => {
  await using server = await openTestServer()
  const { id, email, token } = await withPassword(server, 'ada')
  const other = ok(await login(server, { login: email, password })).body.token
  const link = ok(await server.call(`POST /admin/users/${id}/login-token`)).body.token
  const change = (key: string, currentPassword?: string) =>
    server.call('POST /auth/password', { key, body: { currentPassword, newPassword: 'another one, longer' } })
  assert.deepEqual([(await change(other)).status, (await change(other, 'wrong')).status], [403, 403])
  server.clock.nowMs += 16 * 60_000
  assert.equal((await change(token)).status, 403, 'the link was used a while ago')
  ok(await change(other, password))
  assert.deepEqual([(await me(server, other)).status, (await me(server, token)).status], [200, 401])
  assert.equal((await server.call('POST /auth/token-login', { key: null, body: { token: link } })).status, 401)
  assert.equal((await login(server, { login: email, password })).status, 401)
})

test('a link works once, for a quarter of an hour, also when it is tried twice at once', async () => {
  await using server = await openTestServer()
  const use = (token: string) => server.call('POST /auth/token-login', { key: null, body: { token } })
  const token = await server.server.createLoginToken()
  const answers = await Promise.all([use(token), use(token), use(token)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
  const late = await server.server.createLoginToken()
  server.clock.nowMs += 15 * 60_000
  assert.equal((await use(late)).status, 401)
})

test('nobody chooses the token of a session: a sign-in makes a new one, whatever the caller brings', async () => {
  await using server = await openTestServer()
  const { email } = await withPassword(server, 'ada')
  const planted = `ses_${'a'.repeat(64)}`
  const options = { key: planted, body: { login: email, password, token: planted, sessionId: 'planted' } }
  const answer = ok(await server.call('POST /auth/login', { ...options, headers: { cookie: `session=${planted}` } }))
  assert.notEqual(answer.body.token, planted)
  assert.equal((await me(server, planted)).status, 401)
  const again = ok(await login(server, { login: email, password })).body.token
  assert.notEqual(again, answer.body.token)
  assert.equal(answer.headers.get('set-cookie'), null, 'a browser sends nothing by itself')
})

test('a user has so many sessions at most; the oldest ends', async () => {
  await using server = await openTestServer()
  const tokens: string[] = []
  for (let count = 0; count < 51; count += 1) {
    server.clock.nowMs += 1
    const body = { token: await server.server.createLoginToken() }
    tokens.push(ok(await server.call('POST /auth/token-login', { key: null, body })).body.token)
  }
  assert.equal((await me(server, tokens[0] ?? '')).status, 401)
  assert.equal((await me(server, tokens[1] ?? '')).status, 200)
})

test('neither passwords nor tokens are in the store as they are', async () => {
  await using server = await openTestServer({ config: earnest })
  const { id, token } = await withPassword(server, 'ada')
  const user = await server.server.store.users.byId(id)
  assert.match(user?.passwordHash ?? '', /^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  assert.equal(await server.server.store.sessions.byHash(token), undefined)
})
