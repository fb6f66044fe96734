import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { NameRules } from './answer.ts'
import { createFrames, formatFrame } from './ask.ts'
import { formatQuery, outcomes, parseResponse, type Response, recordTypes } from './dns-message.ts'
import { createDomainRules } from './domains.ts'
import { openResolver, type Resolver } from './resolver.ts'

const gateway = '127.53.1.1'
const upstream = '127.53.1.2'
const port = 5393
const { A, AAAA, TXT, MX } = recordTypes

/** The resolver with rules, on loopback, before a real name server of the test's own. */
describe('names for a sandbox with rules', () => {
  let folder: string
  let server: ChildProcess
  let resolver: Resolver
  let rules: NameRules | undefined
  let opened: string[]
  let refused: string[]
  let changed: (address: string) => void = () => {}
  let held: Promise<void> = Promise.resolve()

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-names-'))
    zone({})
    server = spawn(process.execPath, [
      join(import.meta.dirname, '../../../../test/fixtures/name-server.mjs'),
      upstream,
      String(port),
      join(folder, 'zone'),
    ])
    await once(server.stdout ?? assert.fail(), 'data')
    resolver = await openResolver(gateway, {
      port,
      upstreams: () => [upstream],
      guard: {
        rulesOf: async () => {
          await held
          return rules
        },
        onChange: (listener) => {
          changed = listener
        },
      },
    })
  })
  after(async () => {
    await resolver.close()
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    opened = []
    refused = []
    rules = rulesFor(['example.com', '*.example.org'])
    writeFileSync(join(folder, 'zone.asked'), '')
  })

  const zone = (names: object): void => writeFileSync(join(folder, 'zone'), JSON.stringify(names))
  const asked = (): string[] => readFileSync(join(folder, 'zone.asked'), 'utf8').split('\n').slice(0, -1)

  function rulesFor(patterns: readonly string[], change: Partial<NameRules> = {}): NameRules {
    return {
      mode: 'listed',
      denies: () => false,
      allows: createDomainRules(patterns).allows,
      isSecretHost: () => false,
      linked: () => undefined,
      refuses: (address) => (/^(10|169\.254)\./.test(address) ? 'private-address' : null),
      lookUp: (_, asking) => asking(),
      open: async (name, addresses) => void opened.push(`${name} ${addresses.join(' ')}`),
      takeText: () => true,
      refused: (name, type, reason) => void refused.push(`${name} ${type} ${reason}`),
      ...change,
    }
  }

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

  async function ask(name: string, type: number = A): Promise<Response & { addresses: string[] }> {
    const question = { id: 4711, name, type }
    const response = parseResponse(await exchange(formatQuery(question)), question)
    assert.ok(response !== undefined, 'an answer to what was asked')
    return { ...response, addresses: response.leads.flatMap((lead) => (lead.kind === 'address' ? [lead.address] : [])) }
  }

  it('are those of the list, and nobody else hears of others', async () => {
    zone({
      'example.com': { A: ['192.0.2.1'] },
      'a.b.example.org': { A: ['192.0.2.2'] },
      'example.org': { A: ['192.0.2.3'] },
    })
    assert.deepEqual((await ask('example.com')).addresses, ['192.0.2.1'])
    assert.deepEqual((await ask('a.b.example.org')).addresses, ['192.0.2.2'])
    const others = [
      'example.org',
      'a.example.com',
      'xexample.org',
      'example.com.evil.test',
      'secret.evil.test',
      'com',
      '',
    ]
    for (const name of others) {
      assert.equal((await ask(name)).outcome, outcomes.noName, name)
      assert.equal((await ask(name, TXT)).outcome, outcomes.refused, name)
    }
    assert.deepEqual(opened, ['example.com 192.0.2.1', 'a.b.example.org 192.0.2.2'])
    assert.deepEqual(asked(), ['udp example.com A', 'udp a.b.example.org A'])
    assert.equal(refused.length, 2 * others.length)
    assert.ok(refused.includes('secret.evil.test 16 not-allowed'))
  })

  it('are opened before the answer goes out, which fails when they cannot be', async () => {
    zone({ 'example.com': { A: ['192.0.2.1', '192.0.2.2'], ttl: 86_400 } })
    const gate = Promise.withResolvers<void>()
    rules = rulesFor(['example.com'], { open: () => gate.promise })
    let isAnswered = false
    const answering = ask('example.com').then((response) => {
      isAnswered = true
      return response
    })
    while (asked().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(isAnswered, false)
    gate.resolve()
    const { leads } = await answering
    assert.deepEqual(
      leads.map(({ ttl }) => ttl),
      [300, 300],
      'nobody keeps it for longer than it is open',
    )
    rules = rulesFor(['example.com'], { open: () => Promise.reject(new Error('full')) })
    assert.deepEqual(await ask('example.com'), {
      outcome: outcomes.failed,
      isTruncated: false,
      leads: [],
      addresses: [],
    })
  })

  it('lead over aliases, of any name, to addresses; what does not belong to them is left out', async () => {
    zone({
      'example.com': { CNAME: 'one.cdn.test' },
      'one.cdn.test': { CNAME: 'two.cdn.test' },
      'two.cdn.test': { A: ['192.0.2.7'] },
      'loop.example.org': { CNAME: 'loop.example.org' },
    })
    const { leads, addresses } = await ask('example.com')
    assert.deepEqual(
      leads.map(({ name }) => name),
      ['example.com', 'one.cdn.test', 'two.cdn.test'],
    )
    assert.deepEqual(addresses, ['192.0.2.7'])
    assert.deepEqual((await ask('loop.example.org')).addresses, [])
    assert.equal((await ask('two.cdn.test')).outcome, outcomes.noName, 'itself it is not in the list')
    assert.deepEqual(opened, ['example.com 192.0.2.7'])
  })

  it('that lead to private networks open nothing there', async () => {
    zone({ 'example.com': { A: ['169.254.169.254', '192.0.2.1', '10.1.2.3'] }, 'in.example.org': { A: ['10.1.2.3'] } })
    assert.deepEqual((await ask('example.com')).addresses, ['192.0.2.1'])
    assert.deepEqual(await ask('in.example.org'), { outcome: 0, isTruncated: false, leads: [], addresses: [] })
    assert.deepEqual(opened, ['example.com 192.0.2.1'])
    assert.deepEqual(refused, ['example.com 1 private-address', 'in.example.org 1 private-address'])
  })

  it('with many addresses open so many and no more, by TCP from the name server', async () => {
    const many = Array.from({ length: 150 }, (_, index) => `192.0.2.${index}`)
    zone({ 'example.com': { A: many } })
    const { addresses } = await ask('example.com')
    assert.deepEqual(addresses, many.slice(0, 32))
    assert.deepEqual(asked(), ['udp example.com A', 'tcp example.com A'])
    // Who takes 512 bytes is told to ask by TCP, where all of it comes.
    const plain = formatQuery({ id: 1, name: 'example.com', type: A }).subarray(0, 29)
    plain.writeUInt16BE(0, 10)
    const short = await exchange(Buffer.from(plain))
    assert.deepEqual([short.readUInt16BE(2) & 0x0200, short.readUInt16BE(6), short.length <= 512], [0x0200, 0, true])
    const socket = connect({ host: gateway, port })
    const replies: Buffer[] = []
    socket.on(
      'data',
      createFrames((message) => replies.push(Buffer.from(message))),
    )
    socket.end(Buffer.concat([formatFrame(plain), formatFrame(formatQuery({ id: 2, name: 'evil.test', type: A }))]))
    await once(socket, 'close')
    assert.deepEqual([replies[0]?.readUInt16BE(6), replies[1]?.readUInt16BE(0)], [32, 2])
    assert.equal((replies[1]?.readUInt16BE(2) ?? 0) & 0x0f, outcomes.noName)
  })

  it('have answers that are negative, empty, or none', async () => {
    zone({ 'a.example.org': {}, 'b.example.org': { rcode: 2 }, 'c.example.org': { silent: true } })
    assert.equal((await ask('example.com')).outcome, outcomes.noName)
    assert.equal((await ask('a.example.org')).outcome, outcomes.good)
    assert.equal((await ask('b.example.org')).outcome, outcomes.failed)
    assert.equal((await ask('c.example.org')).outcome, outcomes.failed)
    for (const type of [AAAA, 64, 65]) assert.equal((await ask('a.example.org', type)).outcome, outcomes.good)
    assert.equal(asked().filter((line) => line.includes('a.example.org')).length, 1, 'there is no IPv6 to ask for')
  })

  it('tell text of allowed names at a low rate, and nothing of the kinds of tunnels', async () => {
    zone({ 'example.com': { TXT: 'v=1', A: [] } })
    const raw = await exchange(formatQuery({ id: 9, name: 'example.com', type: TXT }))
    assert.ok(raw.includes('v=1'))
    assert.equal(raw.readUInt16BE(0), 9)
    assert.equal((await ask('example.com', MX)).outcome, outcomes.good)
    for (const type of [10, 255, 252, 251, 43, 65_400]) {
      assert.equal((await ask('example.com', type)).outcome, outcomes.refused, String(type))
    }
    rules = rulesFor(['example.com'], { takeText: () => false })
    assert.equal((await ask('example.com', TXT)).outcome, outcomes.refused)
    assert.ok(refused.includes('example.com 16 too-many') && refused.includes('example.com 255 query-type'))
    assert.deepEqual(asked(), ['udp example.com TXT', 'udp example.com 15'])
  })

  it('carry nothing outward but what is allowed: no letters of other cases, no options, no odd queries', async () => {
    zone({ 'example.com': { A: ['192.0.2.1'] } })
    const query = formatQuery({ id: 3, name: 'example.com', type: A })
    query.write('eXaMPLe', 13, 'latin1')
    const reply = await exchange(query)
    assert.equal(reply.toString('latin1', 13, 20), 'eXaMPLe')
    const withOption = Buffer.concat([
      formatQuery({ id: 4, name: 'example.com', type: A }),
      Buffer.from('\0\x0a\0\x06secret', 'latin1'),
    ])
    withOption.writeUInt16BE(10, withOption.length - 12)
    assert.equal((await exchange(withOption)).readUInt16BE(6), 1)
    assert.deepEqual(asked(), ['udp example.com A', 'udp example.com A'])
    const odd = formatQuery({ id: 5, name: 'example.com', type: A })
    odd.writeUInt16BE(1, 6)
    assert.equal((await exchange(odd)).readUInt16BE(2) & 0x0f, outcomes.malformed)
    assert.equal(asked().length, 2)
  })

  it('that somebody takes from the list while they are asked for are not opened', async () => {
    zone({ 'example.com': { A: ['192.0.2.1'] } })
    let count = 0
    rules = rulesFor([], { allows: () => ++count === 1 })
    assert.equal((await ask('example.com')).outcome, outcomes.noName)
    assert.deepEqual(opened, [])
  })

  it('are those of linked sandboxes too, whatever the list; without a list all others pass as they are', async () => {
    zone({ 'evil.test': { A: ['10.0.0.1'] } })
    const linked = (name: string) => ({ web: '198.18.0.9', resting: null })[name]
    for (const mode of ['open', 'listed'] as const) {
      rules = rulesFor([], { linked, mode })
      assert.deepEqual((await ask('web')).addresses, ['198.18.0.9'])
      assert.deepEqual(await ask('web', AAAA), { outcome: 0, isTruncated: false, leads: [], addresses: [] })
      assert.deepEqual(await ask('resting'), { outcome: 0, isTruncated: false, leads: [], addresses: [] })
      assert.deepEqual((await ask('evil.test')).addresses, mode === 'open' ? ['10.0.0.1'] : [])
    }
  })

  it('are hosts of secrets, where there is no list: their addresses are known before the answer, of others all passes', async () => {
    zone({ 'api.test': { A: ['192.0.2.7'], TXT: 'text' }, 'evil.test': { A: ['10.0.0.1'] } })
    rules = rulesFor([], { mode: 'open', allows: () => true, isSecretHost: (name) => name === 'api.test' })
    assert.deepEqual((await ask('api.test')).addresses, ['192.0.2.7'])
    assert.deepEqual(opened, ['api.test 192.0.2.7'])
    // What could lead past it, by IPv6 or by a name that nobody sees, does not come.
    for (const type of [AAAA, 64, 65]) assert.deepEqual((await ask('api.test', type)).leads, [])
    assert.deepEqual((await ask('evil.test')).addresses, ['10.0.0.1'])
    await ask('api.test', recordTypes.TXT)
    assert.deepEqual(opened, ['api.test 192.0.2.7'])
    assert.deepEqual(asked().slice(-2), ['udp evil.test A', 'udp api.test TXT'])
  })

  it('wait until it is known who asks, and by TCP are cut off when that changes', async () => {
    const known = Promise.withResolvers<void>()
    held = known.promise
    zone({ 'example.com': { A: ['192.0.2.1'] }, 'evil.test': { A: ['192.0.2.1'] } })
    const answers = Promise.all([ask('example.com'), ask('evil.test')])
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.deepEqual(asked(), [])
    known.resolve()
    assert.deepEqual(
      (await answers).map(({ outcome }) => outcome),
      [outcomes.good, outcomes.noName],
    )
    rules = undefined
    const socket = connect({ host: gateway, port })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write('x')
    await new Promise((resolve) => setTimeout(resolve, 30))
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(2000) })
    changed('127.0.0.1')
    await closed
  })
})
