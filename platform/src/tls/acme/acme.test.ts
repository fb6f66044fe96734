import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { openLog } from '../../log.ts'
import { type AcmeServer, openAcmeServer } from '../../testing/acme-server.ts'
import { openHttpPort } from '../http-port.ts'
import { serveTls } from '../serve-tls.ts'
import { createChallenges } from './challenges.ts'
import { openAcmeFiles } from './files.ts'
import { createIssue } from './issue.ts'
import { type AcmeCertificates, createAcmeCertificates, type Names } from './keeper.ts'

const dayMs = 24 * 3600_000
const minuteMs = 60_000

interface Options {
  readonly kinds?: readonly string[]
  readonly wanted?: string[]
  readonly onDemand?: readonly string[]
  readonly firstKind?: 'http-01' | 'tls-alpn-01'
}

/** An authority, and a server that gets its certificates there; `start` starts it again with the same data. */
async function ground(t: TestContext, options: Options = {}) {
  const data = mkdtempSync(join(tmpdir(), 'sandyard-acme-data-'))
  const acme: AcmeServer = await openAcmeServer(options.kinds)
  const clock = { nowMs: Date.now() }
  const wanted = options.wanted ?? ['home.test']
  const names: Names = {
    wanted: () => wanted,
    isOnDemand: async (name) => (options.onDemand ?? []).includes(name),
    ownerOf: (name) => name.slice(name.indexOf('-') + 1),
  }
  const closing: (() => Promise<void> | void)[] = [
    () => acme[Symbol.asyncDispose](),
    () => rmSync(data, { recursive: true, force: true }),
  ]
  t.after(async () => {
    for (const close of closing.reverse()) await close()
  })

  async function start() {
    const log = openLog({ file: join(data, 'log'), level: 'info' })
    const files = await openAcmeFiles(data, acme.directoryUrl)
    const challenges = createChallenges()
    const authority = {
      directoryUrl: acme.directoryUrl,
      accountKey: files.accountKey,
      email: 'a@home.test',
      external: null,
    }
    const certificates = createAcmeCertificates({
      ...{ files, names, log, clock: () => clock.nowMs, lookEveryMs: 3600_000 },
      ...{ issue: createIssue(authority, challenges, 20), firstKind: options.firstKind ?? 'http-01' },
    })
    const http = createServer((_, response) => response.end('inside'))
    serveTls(
      http,
      {
        contextFor: (name) => certificates.match(name) ?? certificates.obtain(name),
        onFirst: (listener) =>
          certificates.onFirst((pem) => listener({ cert: Buffer.from(pem), key: Buffer.from(pem) })),
      },
      challenges,
    )
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const { port } = http.address() as AddressInfo
    const plain = await openHttpPort(0, '127.0.0.1', challenges)
    acme.ports = { http: plain.port, tls: port }
    closing.push(async () => {
      await certificates.close()
      plain.close()
      http.close()
      http.closeAllConnections()
    })
    return { certificates, port, challenges, plainPort: plain.port }
  }

  return { ...(await start()), acme, data, clock, wanted, start }
}

/** The certificate that is shown for a name, which the root must have signed; null: the handshake was refused. */
async function shown(port: number, servername: string, root: string): Promise<X509Certificate | null> {
  const socket = tlsConnect({ port, host: '127.0.0.1', servername, ca: root })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerX509Certificate() ?? null
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}

async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 15_000
  while (!(await condition())) {
    assert.ok(performance.now() < endMs, `not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Looks until the condition holds: what was begun before may not be settled yet. */
function lookUntil(certificates: AcmeCertificates, condition: () => boolean, what: string): Promise<void> {
  const holds = async () => {
    await certificates.look()
    return condition()
  }
  return eventually(holds, what)
}

for (const firstKind of ['http-01', 'tls-alpn-01'] as const) {
  test(`a certificate is made by ${firstKind}, kept, and used again after a restart`, async (t) => {
    const { certificates, acme, port, data, start } = await ground(t, { firstKind })
    await certificates.look()
    await eventually(() => certificates.match('home.test') !== null, 'the certificate')
    assert.deepEqual([acme.issued, acme.fulfilled], [['home.test'], [firstKind]])
    const first = await shown(port, 'home.test', acme.root)
    assert.equal(first?.subjectAltName, 'DNS:home.test')
    const [folder = ''] = readdirSync(join(data, 'acme'))
    const file = join(data, 'acme', folder, 'certificates', 'home.test.pem')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(data, 'acme', folder, 'account.key')).mode & 0o777, 0o600)

    const again = await start()
    await again.certificates.look()
    assert.equal((await shown(again.port, 'home.test', acme.root))?.serialNumber, first?.serialNumber)
    assert.deepEqual(acme.ordered, ['home.test'])
  })
}

test('a certificate is renewed after two thirds of its life, and once, whatever the clock says', async (t) => {
  const { certificates, acme, port, clock } = await ground(t)
  await certificates.look()
  await eventually(() => certificates.match('home.test') !== null, 'the certificate')
  const first = await shown(port, 'home.test', acme.root)
  clock.nowMs += 59 * dayMs
  await certificates.look()
  assert.equal(acme.ordered.length, 1)
  clock.nowMs += 2 * dayMs
  await lookUntil(certificates, () => acme.issued.length === 2, 'the second')
  await eventually(
    async () => (await shown(port, 'home.test', acme.root))?.serialNumber !== first?.serialNumber,
    'its use',
  )
  // By this clock, which is two months fast, the new one is due as well.
  clock.nowMs += 3600_000
  await certificates.look()
  assert.equal(acme.ordered.length, 2)
})

test('while the authority is down the old one stays, and it is asked less and less', async (t) => {
  const { certificates, acme, port, clock, data, start } = await ground(t)
  await certificates.look()
  await eventually(() => certificates.match('home.test') !== null, 'the certificate')
  acme.refused.add('home.test')
  clock.nowMs += 61 * dayMs
  const word = () => /the one before stays in use/.test(readFileSync(join(data, 'log'), 'utf8'))
  await lookUntil(certificates, word, 'the word of it')
  assert.ok((await shown(port, 'home.test', acme.root)) !== null)
  const tries = () => acme.ordered.length - 1
  assert.equal(tries(), 1)
  await certificates.look()
  assert.equal(tries(), 1, 'not within a minute')
  const again = await start()
  await again.certificates.look()
  assert.equal(tries(), 1, 'nor after a restart')
  clock.nowMs += minuteMs
  await lookUntil(again.certificates, () => tries() === 2, 'after a minute')
  await new Promise((resolve) => setTimeout(resolve, 100))
  clock.nowMs += minuteMs
  await again.certificates.look()
  assert.equal(tries(), 2, 'then not before four')
  acme.refused.clear()
  clock.nowMs += 4 * minuteMs
  await lookUntil(again.certificates, () => acme.issued.length === 2, 'the renewal')
})

test('a failure by one kind leads to the other', async (t) => {
  const { certificates, acme, clock } = await ground(t, { firstKind: 'http-01' })
  const { tls } = acme.ports
  acme.ports = { http: 1, tls }
  await certificates.look()
  await eventually(() => acme.ordered.length === 1, 'the first try')
  await new Promise((resolve) => setTimeout(resolve, 300))
  clock.nowMs += minuteMs
  await lookUntil(certificates, () => acme.issued.length === 1, 'the certificate')
  assert.deepEqual(acme.fulfilled, ['tls-alpn-01'])
})

test('a known name gets one while its first visitor waits, and no other name does', async (t) => {
  const { acme, port } = await ground(t, { wanted: [], onDemand: ['3000-a.previews.test'] })
  const visits = await Promise.all(Array.from({ length: 5 }, () => shown(port, '3000-a.previews.test', acme.root)))
  assert.deepEqual(new Set(visits.map((visit) => visit?.subjectAltName)), new Set(['DNS:3000-a.previews.test']))
  assert.deepEqual(acme.ordered, ['3000-a.previews.test'], 'one for all of them')
  for (const name of ['3000-b.previews.test', 'evil.test', '..', 'x', `${'a'.repeat(63)}.${'b.'.repeat(90)}test`]) {
    assert.equal(await shown(port, name, acme.root).catch(() => null), null, name)
  }
  assert.deepEqual(acme.ordered, ['3000-a.previews.test'])
})

test('only so many are made on demand in a week', async (t) => {
  const onDemand = Array.from({ length: 45 }, (_, index) => `3000-${index}.previews.test`)
  const { acme, certificates, clock } = await ground(t, { wanted: ['home.test'], onDemand })
  for (const [index, name] of onDemand.entries()) {
    if (index % 20 === 0) clock.nowMs += 60 * minuteMs
    await certificates.obtain(name)
  }
  assert.equal(acme.ordered.length, 40)
  await certificates.look()
  await eventually(() => acme.issued.includes('home.test'), 'names of the platform do not count')
  clock.nowMs += 8 * dayMs
  assert.ok((await certificates.obtain('3000-44.previews.test')) !== null)
})

test('whoever asks for all ports of a sandbox keeps nobody else from a certificate', async (t) => {
  const ports = Array.from({ length: 80 }, (_, index) => `${3000 + index}-a.previews.test`)
  const others = Array.from({ length: 30 }, (_, index) => `3000-${index}.previews.test`)
  const { acme, certificates } = await ground(t, { wanted: ['home.test'], onDemand: [...ports, ...others] })
  for (const name of ports) await certificates.obtain(name)
  assert.equal(acme.ordered.length, 5, 'so many of one sandbox')
  assert.ok((await certificates.obtain('3000-0.previews.test')) !== null)
  for (const name of others) await certificates.obtain(name)
  assert.equal(acme.ordered.length, 20, 'so many in an hour')
  await certificates.look()
  await eventually(() => acme.issued.includes('home.test'), 'names of the platform have more')
})

test('new domains of one user keep neither others nor renewals from their certificates', async (t) => {
  const { acme, certificates, clock, wanted } = await ground(t)
  await certificates.look()
  await eventually(() => certificates.match('home.test') !== null, 'the platform’s own')
  clock.nowMs += 61 * dayMs
  wanted.unshift(...Array.from({ length: 100 }, (_, index) => `${index}-evil.test`))
  wanted.push('3000-other.test')
  await lookUntil(certificates, () => acme.issued.length >= 13, 'ten of one user, that of another, and the renewal')
  const count = (end: string) => acme.issued.filter((name) => name.endsWith(end)).length
  assert.deepEqual([count('evil.test'), count('other.test'), count('home.test')], [10, 1, 2])
})

test('questions are answered while they are asked, and unknown ones are for others', async (t) => {
  const { challenges, plainPort } = await ground(t, { wanted: [] })
  challenges.http.set('known', 'known.print')
  const ask = async (path: string) => {
    const [answer] = await once(
      get({ port: plainPort, host: '127.0.0.1', path, headers: { host: 'a.test' } }),
      'response',
    )
    return [answer.statusCode, answer.headers.location ?? (await text(answer))]
  }
  assert.deepEqual(await ask('/.well-known/acme-challenge/known'), [200, 'known.print'])
  assert.deepEqual(await ask('/.well-known/acme-challenge/other'), [
    308,
    'https://a.test/.well-known/acme-challenge/other',
  ])
  assert.deepEqual(await ask('/x?y'), [308, 'https://a.test/x?y'])
})

test('files that a crash or a person has spoilt are made anew', async (t) => {
  const { certificates, acme, data, start } = await ground(t)
  await certificates.look()
  await eventually(() => certificates.match('home.test') !== null, 'the certificate')
  const [folder = ''] = readdirSync(join(data, 'acme'))
  const at = join(data, 'acme', folder)
  writeFileSync(join(at, 'certificates', 'home.test.pem'), 'half')
  writeFileSync(join(at, 'certificates', '.123-456'), 'left behind')
  writeFileSync(join(at, 'tries.json'), '{"home.test":')
  const again = await start()
  assert.equal(again.certificates.match('home.test'), null)
  await again.certificates.look()
  await eventually(() => again.certificates.match('home.test') !== null, 'another')
  assert.equal(acme.issued.length, 2)
  assert.deepEqual(readdirSync(join(at, 'certificates')), ['home.test.pem'])
  assert.equal(
    new X509Certificate(readFileSync(join(at, 'certificates', 'home.test.pem'))).subjectAltName,
    'DNS:home.test',
  )
})
