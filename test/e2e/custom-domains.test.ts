import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get as httpGet } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { openAcmeServer } from '../../platform/src/testing/acme-server.ts'
import { openDnsServer } from '../../server/src/testing/dns-server.ts'
import { layGround } from '../fixtures/ground.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

/** An address of loopback that no other name server has. */
const dnsAddress = '127.77.53.1'
const domain = 'app.customer.test'
const home = 'home.test'
const browser = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** of the certificate */
  readonly serial: string
}

async function eventually<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const endMs = performance.now() + 40_000
  for (;;) {
    const found = await look()
    if (found !== null) return found
    assert.ok(performance.now() < endMs, `not in time: ${what}`)
    await delay(200)
  }
}

const { platform, acme, dns, port, plainPort } = await layGround(async (ground) => {
  const acme = ground.use(await openAcmeServer())
  const dns = ground.use(await openDnsServer(dnsAddress, 53))
  const [port, plainPort] = [await freePort(), await freePort()]
  acme.ports = { http: plainPort, tls: port }
  const platform: TestPlatform = await startTestPlatform([
    ...['--port', String(port), '--http-port', String(plainPort), '--public-url', `https://${home}:${port}`],
    ...['--preview-domain', 'previews.test', '--dns-servers', dnsAddress],
    ...['--acme-email', 'owner@home.test', '--acme-directory', acme.directoryUrl, '--acme-previews', 'true'],
  ])
  ground.defer(() => platform.remove())
  return { platform, acme, dns, port, plainPort }
})

/** Asks a name over TLS, with a certificate that the authority must have made for it. */
async function ask(name: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const host = `${name}:${port}`
  const options = { host: '127.0.0.1', port, path, servername: name, ca: acme.root, agent: false }
  const asked = httpsRequest({ ...options, headers: { host, ...headers } })
  const answering = once(asked.end(), 'response')
  const [answer] = (await answering) as [IncomingMessage]
  const serial = (answer.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? ''
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer), serial }
}

const tried = (name: string) => ask(name, '/api/health').catch(() => null)

async function made<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await platform.call(method, path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer))
  return answer.body as T
}

/** A sandbox with a program that tells what it was asked. */
async function createServing(): Promise<string> {
  const { id } = await made<{ id: string }>('POST', '/sandbox', {})
  const program = `require('http').createServer((q, s) => s.end('inside ' + q.url + ' ' + (q.headers.cookie ?? ''))).listen(8080)`
  const command = `setsid node -e "${program}" > /dev/null 2>&1 < /dev/null & sleep 1`
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command }),
  })
  assert.equal(response.status, 200)
  return id
}

test('a domain is proven, gets its certificate, and is served as a preview is, until it is taken away', async () => {
  assert.equal((await eventually('the certificate of the platform', () => tried(home))).status, 200)
  const plain = await once(
    httpGet({ host: '127.0.0.1', port: plainPort, path: '/x', headers: { host: home } }),
    'response',
  )
  assert.deepEqual([plain[0].statusCode, plain[0].headers.location], [308, `https://${home}/x`])
  plain[0].resume()

  const id = await createServing()
  const { proof } = await made<{ proof: { name: string; value: string } }>('POST', `/sandbox/${id}/domains`, {
    domain,
    port: 8080,
  })
  assert.equal(await tried(domain), null, 'no certificate before the proof')
  assert.ok(!acme.ordered.includes(domain))
  dns.records.set(`TXT ${proof.name}`, [proof.value])
  const checked = await made<{ state: string }>('POST', `/sandbox/${id}/domains/${domain}/check`)
  assert.equal(checked.state, 'active')
  assert.equal((await eventually('the certificate of the domain', () => tried(domain))).status, 401)

  const { token } = await made<{ token: string }>('GET', `/sandbox/${id}/ports/8080/preview-url`)
  assert.equal((await ask(domain, '/a?b', { 'x-daytona-preview-token': token })).body, 'inside /a?b ')
  assert.equal((await ask(domain, '/', { 'x-daytona-preview-token': 'wrong' })).status, 401)

  const invited = await ask(domain, '/deep', browser)
  const page = new URL(invited.headers.location ?? '')
  assert.deepEqual([invited.status, page.host], [302, `${home}:${port}`])
  const login = await made<{ token: string }>('POST', '/admin/users/sandyard-admin/login-token')
  const signedIn = await ask(home, `${page.pathname}${page.search}&login-token=${login.token}`, browser)
  const back = new URL(signedIn.headers.location ?? '')
  assert.deepEqual([signedIn.status, back.host], [303, `${domain}:${port}`])
  const welcome = await ask(domain, back.pathname + back.search, browser)
  assert.deepEqual([welcome.status, welcome.headers.location], [303, '/deep'])
  const [cookie = ''] = welcome.headers['set-cookie'] ?? []
  assert.match(cookie, /; Secure$/)
  const own = await ask(domain, '/deep', { ...browser, cookie: `${cookie.split(';')[0]}; mine=1` })
  assert.equal(own.body, 'inside /deep mine=1', 'our cookie is hidden')

  await made('POST', `/sandbox/${id}/public/true`)
  assert.equal((await ask(domain, '/open')).body, 'inside /open ')
  const preview = `8080-${id}.previews.test`
  assert.equal((await ask(preview, '/x')).body, 'inside /x ', 'the first visitor waits for the certificate')
  assert.equal(await tried(`8080-${'0'.repeat(8)}.previews.test`), null)
  assert.equal(await tried('evil.test'), null)

  const before = [own.serial, (await ask(preview, '/')).serial]
  const ordered = acme.ordered.length
  acme.isDown = true
  await platform.end('SIGKILL')
  await platform.start()
  assert.equal((await ask(domain, '/again')).body, 'inside /again ')
  assert.deepEqual([(await ask(domain, '/')).serial, (await ask(preview, '/')).serial], before)
  acme.isDown = false
  assert.equal(acme.ordered.length, ordered, 'what was made is used again')

  await made('DELETE', `/sandbox/${id}/domains/${domain}`)
  assert.notEqual((await ask(domain, '/open')).body, 'inside /open ')
})
