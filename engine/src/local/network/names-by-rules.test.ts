import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { NetworkRules } from '@sandyard/protocol'
import { createLayout } from '../layout.ts'
import { planAddresses } from './addresses.ts'
import { formatQuery, outcomes, parseResponse, recordTypes } from './dns-message.ts'
import { createPlaces, type Places } from './places.ts'
import { openResolver, type Resolver } from './resolver.ts'

const gateway = '127.53.2.1'
const upstream = '127.53.2.2'
const port = 5394
const slot = 3
const { A, AAAA, TXT } = recordTypes
const free: NetworkRules = { blockAll: false, allowList: null }

/** Places and resolver together, before a real name server of the test's own; what would go to nft is noted. */
describe('names of a sandbox by its rules', () => {
  let folder: string
  let server: ChildProcess
  let resolver: Resolver
  let places: Places
  let written: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-rules-'))
    zone({})
    server = spawn(process.execPath, [
      join(import.meta.dirname, '../../../../test/fixtures/name-server.mjs'),
      upstream,
      String(port),
      join(folder, 'zone'),
    ])
    await once(server.stdout ?? assert.fail(), 'data')
  })
  after(async () => {
    await resolver?.close()
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    await resolver?.close()
    places = createPlaces({
      layout: createLayout('/nowhere', 0),
      // The test is the sandbox.
      plan: { ...planAddresses('198.18.0.0/15', 0), address: () => '127.0.0.1' },
      openRanges: [],
      log: { warn: (_, message) => assert.fail(message) },
      clock: Date.now,
      writer: { write: async (lines) => void written.push(...lines) },
      addressesOf: (name) => resolver.addressesOf(name),
    })
    resolver = await openResolver(gateway, { port, upstreams: () => [upstream], guard: places })
    await places.restore([])
    written = []
    writeFileSync(join(folder, 'zone.asked'), '')
  })

  const zone = (names: object): void => writeFileSync(join(folder, 'zone'), JSON.stringify(names))
  const asked = (): string[] => readFileSync(join(folder, 'zone.asked'), 'utf8').split('\n').slice(0, -1)
  const enter = (rules: Partial<NetworkRules>): Promise<void> =>
    places.enter({ slot, spec: { id: 'one', network: { ...free, ...rules } } })
  const refused = async (): Promise<string[]> =>
    (await places.refused(slot)).map(({ target, protocol, reason }) => `${target} ${protocol} ${reason}`).sort()
  /** the last thing that was done with an address in a set */
  const lastWord = (set: string, address: string): string | undefined =>
    written.findLast((line) => line.includes(`${set}-`) && line.includes(address))?.split(' ')[0]

  async function exchange(query: Buffer): Promise<Buffer> {
    const socket = createSocket('udp4')
    try {
      socket.send(query, port, gateway)
      const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer]
      return reply
    } finally {
      socket.close()
    }
  }

  /** `no name`, `refused`, or the addresses. */
  async function ask(name: string, type: number = A): Promise<string> {
    const question = { id: 4711, name, type }
    const { outcome, leads } = parseResponse(await exchange(formatQuery(question)), question) ?? assert.fail()
    if (outcome === outcomes.noName) return 'no name'
    if (outcome !== outcomes.good) return outcome === outcomes.refused ? 'refused' : `code ${outcome}`
    return leads.flatMap((lead) => (lead.kind === 'address' ? [lead.address] : [])).join(' ')
  }

  it('are all but those that are denied, also behind other names, and nobody else hears of these', async () => {
    zone({
      'ok.test': { A: ['203.0.113.1'], TXT: 'text' },
      'alias.test': { CNAME: 'sub.bad.test' },
      'sub.bad.test': { A: ['203.0.113.9'] },
      'inner.test': { A: ['10.1.2.3'] },
    })
    await enter({ denyDomains: ['*.bad.test'] })
    assert.equal(await ask('ok.test'), '203.0.113.1')
    assert.equal(await ask('bad.test'), 'no name', 'that is not below itself, and is not there')
    assert.equal(await ask('sub.bad.test'), 'no name')
    assert.equal(await ask('sub.bad.test', TXT), 'refused')
    assert.equal(await ask('alias.test'), 'no name')
    assert.equal(await ask('inner.test'), '10.1.2.3', 'the firewall keeps it closed')
    for (const type of [AAAA, 64, 65]) assert.equal(await ask('ok.test', type), '')
    assert.ok((await exchange(formatQuery({ id: 9, name: 'ok.test', type: TXT }))).includes('text'))
    const odd = formatQuery({ id: 5, name: 'sub.bad.test', type: A })
    odd.writeUInt16BE(1, 6)
    assert.equal((await exchange(odd)).readUInt16BE(2) & 0x0f, outcomes.malformed)
    assert.ok(!asked().some((line) => line.includes('sub.bad.test')))
    assert.deepEqual(await refused(), ['alias.test A denied', 'sub.bad.test TXT denied'])
  })

  it('that are denied close their addresses before anything runs, unless another name leads there too', async () => {
    zone({
      'bad.test': { A: ['203.0.113.9', '203.0.113.10'] },
      'ok.test': { A: ['203.0.113.10'] },
      'slow.test': { silent: true },
    })
    const startedAt = performance.now()
    await enter({ denyDomains: ['bad.test', 'slow.test', '*.wild.test'] })
    assert.ok(performance.now() - startedAt < 2000, 'a name server that is silent keeps nobody waiting')
    assert.deepEqual(
      asked().filter((line) => /bad|wild/.test(line)),
      ['udp bad.test A'],
    )
    for (const address of ['203.0.113.9', '203.0.113.10']) assert.equal(lastWord('closed', address), 'add')
    assert.equal(await ask('ok.test'), '203.0.113.10')
    assert.equal(lastWord('closed', '203.0.113.10'), 'delete')
    assert.equal(await ask('bad.test'), 'no name')
    assert.equal(lastWord('closed', '203.0.113.9'), 'add')
  })

  it('that come to be denied close what they have led to, by a pattern too; what others lead to stays', async () => {
    zone({
      'a.wild.test': { A: ['203.0.113.1', '203.0.113.2'] },
      'ok.test': { A: ['203.0.113.2'] },
      'bad.test': { A: ['203.0.113.3'] },
    })
    await enter({ denyDomains: ['other.test'] })
    for (const name of ['a.wild.test', 'ok.test']) await ask(name)
    await places.change(slot, { ...free, denyDomains: ['*.wild.test', 'bad.test'] })
    assert.equal(lastWord('closed', '203.0.113.1'), 'add')
    assert.equal(lastWord('closed', '203.0.113.2'), undefined)
    assert.equal(lastWord('closed', '203.0.113.3'), 'add')
    // Where names are listed, what they opened is closed again.
    await places.change(slot, { ...free, domains: ['*.wild.test', 'ok.test'] })
    for (const name of ['a.wild.test', 'ok.test']) await ask(name)
    written = []
    await places.change(slot, { ...free, domains: ['*.wild.test', 'ok.test'], denyDomains: ['a.wild.test'] })
    assert.ok(written.some((line) => /flush set .* open-/.test(line)))
    assert.equal(lastWord('open', '203.0.113.1'), undefined)
    assert.equal(lastWord('open', '203.0.113.2'), 'add')
    assert.equal(await ask('a.wild.test'), 'no name')
  })

  it('are told as far as they lead into its networks, where only these are listed; nothing else goes with them', async () => {
    zone({
      'in.test': { CNAME: 'secret-words.cdn.test' },
      'secret-words.cdn.test': { A: ['203.0.113.200', '198.51.100.7', '203.0.113.5'], ttl: 7 },
      'out.test': { A: ['198.51.100.7'] },
      'inner.test': { A: ['10.1.2.3'] },
      'denied.test': { A: ['203.0.113.66'] },
    })
    await enter({ allowList: ['203.0.113.0/24', '10.0.0.0/8'], denyList: ['203.0.113.64/29'] })
    const question = { id: 1, name: 'in.test', type: A }
    const { leads } = parseResponse(await exchange(formatQuery(question)), question) ?? assert.fail()
    const lead = { kind: 'address', name: 'in.test', ttl: 60 }
    assert.deepEqual(leads, [
      { ...lead, address: '203.0.113.200' },
      { ...lead, address: '203.0.113.5' },
    ])
    for (const name of ['out.test', 'inner.test', 'denied.test', 'nowhere.test']) {
      assert.equal(await ask(name), 'no name', name)
    }
    assert.equal(await ask('in.test', TXT), 'refused')
    assert.equal(await ask('in.test'), '203.0.113.200 203.0.113.5')
    assert.equal(asked().filter((line) => line.includes(' in.test')).length, 1, 'what is known is not asked again')
    assert.deepEqual(await refused(), [
      'denied.test A denied',
      'in.test TXT query-type',
      'inner.test A private-address',
      'out.test A not-allowed',
    ])
  })

  /** Sends names as fast as it can for so long; gives what arrived outside, bytes a second after the first burst. */
  async function tunnel(end: string, { ms, letters }: { ms: number; letters: number }): Promise<number> {
    const socket = createSocket('udp4')
    const endMs = performance.now() + ms
    const label = 'x'.repeat(letters)
    let count = 0
    let half = 0
    while (performance.now() < endMs) {
      for (let index = 0; index < 20; index++) {
        const name = `${label}.${label}.${label}.${count++}.${end}`
        socket.send(formatQuery({ id: count & 0xffff, name, type: A }), port, gateway)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (half === 0 && performance.now() > endMs - ms / 2) half = asked().length
    }
    socket.close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const carried = asked().slice(half).join('').length
    return carried / (ms / 2000)
  }

  it('carry little outward: names of anybody 60 bytes a second, those below a pattern 1.5 KiB', async (context) => {
    zone({ '*.evil.test': { A: ['203.0.113.1'] }, '*.wild.test': { A: ['203.0.113.1'] } })
    await enter({ allowList: ['203.0.113.0/24'] })
    const within = await tunnel('evil.test', { ms: 8000, letters: 5 })
    assert.ok(asked().length > 10, 'what may come at once did')
    assert.ok(within > 0 && within < 60, `${within} bytes/s`)
    assert.ok((await refused()).length > 100)
    await places.change(slot, { ...free, domains: ['*.wild.test'] })
    writeFileSync(join(folder, 'zone.asked'), '')
    const below = await tunnel('wild.test', { ms: 4000, letters: 50 })
    assert.ok(below > 0 && below < 1536, `${below} bytes/s`)
    context.diagnostic(`names of anybody: ${within} bytes/s; below a pattern: ${below} bytes/s`)
  })
})
