import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressOf } from '../api/address.ts'
import type { ServerConfig } from '../options.ts'
import { githubHook, makeProject } from '../testing/git-hooks.ts'
import { openTestServer, type TestAnswer, testConfig } from '../testing/test-server.ts'
import { createWindows } from './windows.ts'

const openWith = (rateLimits: ServerConfig['rateLimits'], trustedProxies: readonly string[] = []) =>
  openTestServer({ config: { ...testConfig, rateLimits, trustedProxies } })

const header = (answer: TestAnswer, name: string) => answer.headers.get(name)

test('a storm of calls of one organization: as many pass as may, the others are told when to come again', async () => {
  await using server = await openWith({ authenticated: { limit: 20, seconds: 60 } })
  const answers = await Promise.all(Array.from({ length: 200 }, () => server.call('GET /snapshots')))
  assert.equal(answers.filter(({ status }) => status === 200).length, 20)
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(refused.length, 180)
  for (const answer of refused) {
    assert.equal(answer.body.message, 'ThrottlerException: Too Many Requests')
    assert.equal(header(answer, 'X-RateLimit-Limit-authenticated'), '20')
    assert.equal(header(answer, 'X-RateLimit-Remaining-authenticated'), '0')
    assert.equal(header(answer, 'Retry-After-authenticated'), '60')
  }
  const stranger = await server.stranger()
  assert.equal((await server.call('GET /snapshots', { key: stranger })).status, 200, 'others are not held back')
  server.clock.nowMs += 59_001
  assert.equal(header(await server.call('GET /snapshots'), 'Retry-After-authenticated'), '1')
  server.clock.nowMs += 999
  const again = await server.call('GET /snapshots')
  assert.deepEqual(
    [
      again.status,
      header(again, 'X-RateLimit-Remaining-authenticated'),
      header(again, 'X-RateLimit-Reset-authenticated'),
    ],
    [200, '19', '60'],
  )
  assert.equal(header(again, 'Retry-After-authenticated'), null)
})

test('creates and forks count alone, the life of sandboxes counts twice', async () => {
  await using server = await openWith({
    authenticated: { limit: 4, seconds: 60 },
    'sandbox-create': { limit: 2, seconds: 60 },
    'sandbox-lifecycle': { limit: 1, seconds: 60 },
  })
  const { id } = await server.create()
  const fork = await server.call(`POST /sandbox/${id}/fork`)
  assert.deepEqual(
    [
      fork.status,
      header(fork, 'X-RateLimit-Remaining-sandbox-create'),
      header(fork, 'X-RateLimit-Limit-authenticated'),
    ],
    [200, '0', null],
  )
  const third = await server.call('POST /sandbox', { body: {} })
  assert.deepEqual([third.status, header(third, 'Retry-After-sandbox-create')], [429, '60'])
  const stop = await server.call(`POST /sandbox/${id}/stop`)
  assert.deepEqual([stop.status, header(stop, 'X-RateLimit-Remaining-authenticated')], [200, '3'])
  const start = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual([start.status, header(start, 'Retry-After-sandbox-lifecycle')], [429, '60'])
  assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'stopped')
})

test('listings have a limit of their own', async () => {
  await using server = await openWith({ 'sandbox-list': { limit: 1, seconds: 5 } })
  assert.equal((await server.call('GET /sandbox')).status, 200)
  assert.equal(header(await server.call('GET /sandbox'), 'Retry-After-sandbox-list'), '5')
  assert.equal((await server.call('GET /snapshots')).status, 200)
})

test('anonymous calls count by address', async () => {
  await using server = await openWith({ anonymous: { limit: 2, seconds: 60 } })
  const from = (address: string) => server.call('GET /health', { key: null, address })
  for (const status of [200, 200, 429]) assert.equal((await from('192.0.2.1')).status, status)
  assert.equal((await from('192.0.2.2')).status, 200)
  for (const status of [200, 200, 429])
    assert.equal((await from(`2001:db8:1:2::${status}`)).status, status, 'one network')
})

test('whoever fails too often may not try again, from nowhere in that network', async () => {
  await using server = await openWith({ 'failed-auth': { limit: 3, seconds: 60 } })
  const attempt = (key: string | null, address: string) => server.call('GET /sandbox', { key, address })
  for (let time = 0; time < 3; time += 1) assert.equal((await attempt(`wrong-${time}`, '192.0.2.1')).status, 401)
  const good = await server.call('GET /sandbox', { address: '192.0.2.1' })
  assert.deepEqual([good.status, header(good, 'Retry-After')], [429, '60'])
  assert.equal(header(good, 'X-RateLimit-Limit-failed-auth'), '3')
  assert.equal((await server.call('GET /config', { key: null, address: '192.0.2.1' })).status, 200)
  assert.equal((await server.call('GET /sandbox', { address: '192.0.2.2' })).status, 200)
  server.clock.nowMs += 60_000
  assert.equal((await server.call('GET /sandbox', { address: '192.0.2.1' })).status, 200)
})

test('an organization can have limits of its own, for more and for less', async () => {
  await using server = await openWith({ authenticated: { limit: 2, seconds: 60 } })
  const { organizationId } = await server.create()
  const { limits } = server.server.store
  await limits.changeOrganization(organizationId, { authenticatedRateLimit: 3, authenticatedRateLimitTtlSeconds: 10 })
  server.clock.nowMs += 60_000
  for (const status of [200, 200, 200, 429]) assert.equal((await server.call('GET /sandbox')).status, status)
  await limits.changeOrganization(organizationId, { sandboxCreateRateLimit: 1 })
  server.clock.nowMs += 60_000
  await server.create()
  assert.equal(header(await server.call('POST /sandbox', { body: {} }), 'Retry-After-sandbox-create'), '60')
})

test('the configuration tells what holds', async () => {
  await using server = await openWith({
    'failed-auth': { limit: 1, seconds: 2 },
    'sandbox-create': { limit: 3, seconds: 4 },
  })
  const { rateLimit } = (await server.call('GET /config', { key: null })).body
  assert.deepEqual(rateLimit, { failedAuth: { limit: 1, ttl: 2 }, sandboxCreate: { limit: 3, ttl: 4 } })
  await using off = await openWith({})
  assert.equal('rateLimit' in (await off.call('GET /config', { key: null })).body, false)
})

test('callers that are remembered are bounded', () => {
  let nowMs = 0
  const windows = createWindows(() => nowMs, 100)
  for (let index = 0; index < 10_000; index += 1) windows.count(`caller ${index}`, { limit: 1, seconds: 60 })
  assert.equal(windows.look('caller 9899', { limit: 1, seconds: 60 }), null, 'the oldest are forgotten')
  assert.equal(windows.look('caller 9900', { limit: 1, seconds: 60 })?.isOver, true)
  nowMs += 60_000
  assert.equal(windows.look('caller 9999', { limit: 1, seconds: 60 }), null)
})

test('the address of a caller is what the last trusted proxy says', () => {
  const addressOf = createAddressOf(['10.0.0.0/8', '::1', 'fd00::/8'])
  const cases: [string | undefined, string | null, string][] = [
    ['192.0.2.9', null, '192.0.2.9'],
    ['192.0.2.9', '198.51.100.1', '192.0.2.9'],
    ['::ffff:192.0.2.9', null, '192.0.2.9'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', 'forged, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '198.51.100.1, not an address', '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['::1', '203.0.113.7:4711', '203.0.113.7'],
    ['fd00::5', '[2001:DB8::1]:80', '2001:db8::1'],
    ['::ffff:10.1.2.3', 'fe80::1%eth0', 'fe80::1'],
    ['10.1.2.3', `${'1.1.1.1,'.repeat(100_000)} 198.51.100.1`, '198.51.100.1'],
    [undefined, '198.51.100.1', 'unknown'],
  ]
  for (const [remoteAddress, forwardedFor, wanted] of cases) {
    const headers = new Headers(forwardedFor === null ? {} : { 'x-forwarded-for': forwardedFor })
    assert.equal(addressOf({ headers }, { incoming: { socket: { remoteAddress } } }), wanted)
  }
})

test('webhooks of one repository, and other calls from the address of a git host, hold back no others', async () => {
  await using server = await openWith({
    anonymous: { limit: 3, seconds: 60 },
    'failed-auth': { limit: 1, seconds: 60 },
  })
  const [one, other] = [
    await makeProject(server),
    await makeProject(server, { repository: 'https://github.com/acme/other' }),
  ]
  for (let count = 0; count < 3; count++) await server.call('GET /snapshots', { key: 'dtn_wrong' })
  assert.equal((await server.call('GET /snapshots')).status, 429)
  const forged = async () => (await githubHook(server, one, 'ping', {}, { secret: 'wrong' })).status
  assert.deepEqual([await forged(), await forged(), await forged(), await forged()], [404, 404, 404, 429])
  assert.equal((await githubHook(server, other, 'ping', {})).status, 200)
})
