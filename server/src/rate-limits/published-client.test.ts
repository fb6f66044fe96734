import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Daytona, DaytonaRateLimitError } from '@daytonaio/sdk'
import { listen } from '../testing/listen.ts'
import { adminKey, openTestServer, testConfig } from '../testing/test-server.ts'

test('the published client is told to slow down in its own words', async () => {
  const rateLimits = { 'sandbox-create': { limit: 1, seconds: 30 } }
  await using server = await openTestServer({ config: { ...testConfig, rateLimits } })
  await using site = await listen(server)
  const daytona = new Daytona({ apiKey: adminKey, apiUrl: `${site.url}/api` })
  try {
    await daytona.create()
    await assert.rejects(daytona.create(), (error: unknown) => {
      assert.ok(error instanceof DaytonaRateLimitError)
      assert.equal(error.statusCode, 429)
      assert.equal(error.headers?.['retry-after-sandbox-create'], '30')
      assert.match(error.message, /ThrottlerException: Too Many Requests/)
      return true
    })
  } finally {
    await daytona[Symbol.asyncDispose]()
  }
})

test('who calls over a real connection is known by its address, and by what a proxy on this machine says', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const label = (headers: Record<string, string>) =>
    fetch(`${site.url}/api/volumes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, ...headers },
      body: '{}',
    })
  await label({})
  await label({ 'x-forwarded-for': '198.51.100.4' })
  const { items } = (await server.call('GET /admin/audit?targetType[eq]=volume')).body
  assert.deepEqual(
    items.map(({ ipAddress }: { ipAddress: string }) => ipAddress),
    ['198.51.100.4', '127.0.0.1'],
  )
})
