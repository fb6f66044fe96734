import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, permissions } from '@sandyard/protocol'
import { type DnsServer, openDnsServer } from '../testing/dns-server.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'

const hourMs = 3600_000

/** A server that asks a name server of its own, with one sandbox. */
async function ground() {
  const dns = await openDnsServer()
  const server = await openTestServer({ isRecovered: false, config: { ...testConfig, dnsServers: [dns.address] } })
  const { id } = await server.create()
  return {
    ...{ dns, server, id, call: server.call, stranger: server.stranger, clock: server.clock },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await dns[Symbol.asyncDispose]()
    },
  }
}

async function attach({ call }: Pick<TestServer, 'call'>, id: string, domain: string, key?: string) {
  const body = { domain, port: 3000 }
  return call(`POST /sandbox/${id}/domains`, { body, ...(key === undefined ? {} : { key }) })
}

/** Publishes what was asked for. */
function publish(dns: DnsServer, { proof }: { proof: { name: string; value: string } }): void {
  dns.records.set(`TXT ${proof.name}`, ['another record', proof.value])
}

test('a domain is served when its owner has published the proof, and not before', async () => {
  await using ours = await ground()
  const { call, id, dns, server } = ours
  const { target } = { target: server.server.access.customHost }
  const { status, body } = await attach(ours, id, 'App.Example.com.')
  assert.equal(status, 201)
  assert.deepEqual(
    [body.domain, body.state, body.proof.name],
    ['app.example.com', 'pending', '_sandyard.app.example.com'],
  )
  assert.equal(body.cname, `3000-${id}.preview.example.com`)
  assert.equal(target('app.example.com'), null)
  const none = await call(`POST /sandbox/${id}/domains/app.example.com/check`)
  assert.deepEqual([none.body.state, none.body.reason], ['pending', 'There is no TXT record _sandyard.app.example.com'])
  dns.records.set('TXT _sandyard.app.example.com', ['sandyard-wrong'])
  ours.clock.nowMs += 5_000
  const wrong = await call(`POST /sandbox/${id}/domains/APP.example.com/check`)
  assert.deepEqual([wrong.body.state, /another value/.test(wrong.body.reason)], ['pending', true])
  publish(dns, body)
  ours.clock.nowMs += 60_000
  await server.server.reconcile.round()
  await until(() => target('app.example.com') !== null)
  assert.deepEqual(target('APP.example.com:8443'), { sandboxId: id, port: 3000 })
  assert.equal(target('x.app.example.com'), null)
  const [listed] = (await call('GET /domains')).body
  assert.deepEqual([listed.state, listed.reason, listed.url], ['active', null, 'http://app.example.com:3000'])
})

test('a CNAME to a preview of the same sandbox is a proof, to another it is none', async () => {
  await using ours = await ground()
  const { call, id, dns } = ours
  const other = await ours.server.create()
  for (const [domain, label, state] of [
    ['a.example.com', id, 'active'],
    ['b.example.com', other.id, 'pending'],
  ] as const) {
    await attach(ours, id, domain)
    dns.records.set(`CNAME ${domain}`, [`3000-${label}.preview.example.com`])
    assert.equal((await call(`POST /sandbox/${id}/domains/${domain}/check`)).body.state, state)
  }
})

test('nobody takes a domain that another organization has, unless that one cannot prove it any more', async () => {
  await using ours = await ground()
  const { call, id, dns, clock, server } = ours
  const first = (await attach(ours, id, 'app.example.com')).body
  publish(dns, first)
  assert.equal((await call(`POST /sandbox/${id}/domains/app.example.com/check`)).body.state, 'active')

  const key = await ours.stranger(permissions)
  const theirs = (await call('POST /sandbox', { key })).body.id
  const second = (await attach(ours, theirs, 'app.example.com', key)).body
  assert.notEqual(second.proof.value, first.proof.value)
  dns.records.set('TXT _sandyard.app.example.com', [first.proof.value, second.proof.value])
  const refused = await call(`POST /sandbox/${theirs}/domains/app.example.com/check`, { key })
  assert.deepEqual([refused.body.state, /Another organization/.test(refused.body.reason)], ['pending', true])
  assert.deepEqual(server.server.access.customHost('app.example.com')?.sandboxId, id)

  dns.isBroken = true
  clock.nowMs += 5_000
  await call(`POST /sandbox/${theirs}/domains/app.example.com/check`, { key })
  assert.deepEqual(server.server.access.customHost('app.example.com')?.sandboxId, id)

  dns.isBroken = false
  dns.records.set('TXT _sandyard.app.example.com', [second.proof.value])
  clock.nowMs += 5_000
  assert.equal((await call(`POST /sandbox/${theirs}/domains/app.example.com/check`, { key })).body.state, 'active')
  assert.deepEqual(server.server.access.customHost('app.example.com')?.sandboxId, theirs)
  const [lost] = (await call('GET /domains')).body
  assert.deepEqual([lost.state, /Another organization/.test(lost.reason)], ['failed', true])
  assert.equal((await call(`GET /sandbox/${theirs}/domains`)).status, 404)
  assert.equal((await call(`DELETE /sandbox/${theirs}/domains/app.example.com`)).status, 404)
})

test('an active domain outlives a day without its proof and a week without DNS, and no more', async () => {
  await using ours = await ground()
  const { call, id, dns, clock, server } = ours
  publish(dns, (await attach(ours, id, 'app.example.com')).body)
  const state = async () => (await call('GET /domains')).body[0].state
  /** Rounds of so many hours. */
  const pass = async (hours: number) => {
    for (let hour = 0; hour < hours; hour += 1) {
      clock.nowMs += hourMs
      const before = (await call('GET /domains')).body[0].checkedAt
      await server.server.reconcile.round()
      await until(async () => (await call('GET /domains')).body[0].checkedAt !== before)
    }
  }
  await pass(1)
  assert.equal(await state(), 'active')
  dns.isBroken = true
  await pass(30)
  assert.equal(await state(), 'active')
  dns.isBroken = false
  await pass(1)
  dns.records.clear()
  await pass(24)
  assert.equal(await state(), 'active')
  await pass(1)
  assert.equal(await state(), 'failed')
  assert.equal(server.server.access.customHost('app.example.com'), null)
  const check = () => call(`POST /sandbox/${id}/domains/app.example.com/check`)
  const { questions } = dns
  const [again, same] = await Promise.all([check(), check()])
  assert.deepEqual([again.status, again.body.state], [200, 'pending'])
  assert.deepEqual(same.body, again.body)
  assert.equal(dns.questions - questions, 2, 'those who ask at once get one look: for TXT and CNAME')
})

test('a domain goes with its sandbox, moves with its proof, and is known again after a restart', async () => {
  await using ours = await ground()
  const { call, id, dns, server } = ours
  publish(dns, (await attach(ours, id, 'app.example.com')).body)
  await call(`POST /sandbox/${id}/domains/app.example.com/check`)
  const other = await server.create()
  const body = { domain: 'app.example.com', port: 8080 }
  const moved = await call(`POST /sandbox/${other.id}/domains`, { body })
  assert.deepEqual([moved.body.state, moved.body.port], ['active', 8080])
  const target = server.server.access.customHost
  assert.deepEqual(target('app.example.com'), { sandboxId: other.id, port: 8080 })
  assert.deepEqual((await call(`GET /sandbox/${id}/domains`)).body, [])
  await call(`DELETE /sandbox/${other.id}`)
  assert.equal(target('app.example.com'), null, 'at once')
  await server.server.reconcile.round()
  assert.deepEqual((await call('GET /domains')).body, [])
})

test('an organization has at most so many domains', async () => {
  await using ours = await ground()
  const { call, id } = ours
  for (let count = 0; count < limits.domainCount; count += 1) {
    assert.equal((await attach(ours, id, `d${count}.example.com`)).status, 201)
  }
  assert.equal((await attach(ours, id, 'one-more.example.com')).status, 403)
  assert.equal((await attach(ours, id, 'd0.example.com')).status, 201, 'it has this one')
  assert.equal((await call(`DELETE /sandbox/${id}/domains/d1.example.com`)).status, 204)
  assert.equal((await attach(ours, id, 'one-more.example.com')).status, 201)
})
