import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Engine, NetworkRules } from '@sandyard/protocol'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { assertEmpty, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

const port = 8080
const nameServer = join(import.meta.dirname, '../../../../test/fixtures/name-server.mjs')

/** Greets whoever connects, and echoes from then on; so does another resolver, as far as anybody can reach it. */
const greeting = `
  const { createServer } = require('node:net')
  const greet = (socket) => {
    socket.on('error', () => {})
    socket.write('hello\\n')
    socket.pipe(socket)
  }
  for (const port of [853, 443]) createServer(greet).listen(port)
  createServer(greet).listen(${port}, () => console.log('listening'))
`

/** `one` has the name server, both greet: nothing else of the world is asked. */
describe('what sandboxes are denied', { skip: skipWithoutRoot }, () => {
  let folder: string
  let one: Outside
  let two: Outside
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-denials-'))
    chmodSync(folder, 0o755)
    one = await openOutside()
    two = await openOutside()
    for (const outside of [one, two]) await outside.start(process.execPath, ['-e', greeting])
    const a = (outside: Outside) => ({ A: [outside.address] })
    zone({ 'one.test': a(one), 'two.test': a(two), 'also-two.test': a(two), '*.wild.test': a(two) })
    await one.start(process.execPath, [nameServer, one.address, '53', join(folder, 'zone')])
    ground = await createGround()
    engine = await open()
  })
  after(async () => {
    await engine?.close()
    await ground?.remove()
    await Promise.all([one, two].map((outside) => outside?.close()))
    rmSync(folder, { recursive: true })
  })

  const zone = (names: object): void => writeFileSync(join(folder, 'zone'), JSON.stringify(names))
  const asked = (): string => readFileSync(join(folder, 'zone.asked'), 'utf8')
  const open = (): Promise<Engine> => ground.open({ dnsServers: [one.address] })
  const rules = (change: Partial<NetworkRules>): NetworkRules => ({ blockAll: false, allowList: null, ...change })

  async function create(change: Partial<NetworkRules>): Promise<string> {
    const spec = specOf({ network: rules(change) })
    await engine.create(spec)
    return spec.id
  }

  /** `hello`, or the kind of failure. */
  async function greet(id: string, host: string, at = port): Promise<string> {
    const program = `
import socket
try:
    s = socket.create_connection(('${host}', ${at}), 3)
    s.settimeout(3)
    print(s.recv(5).decode())
except socket.gaierror: print('no name')
except OSError as e: print('refused' if e.errno == 113 else repr(e))`
    return (await execute(engine, id, `python3 - <<'END'\n${program}\nEND`)).result.trim()
  }

  /** Keeps a connection on which bytes go both ways; gives a look at whether they still do. */
  async function keepTalking(id: string, host: string): Promise<() => Promise<boolean>> {
    const program = `
import socket, time
s = socket.create_connection(('${host}', ${port}), 3)
while True:
    s.sendall(b'x')
    open('/tmp/heard', 'ab').write(s.recv(100))
    time.sleep(0.02)`
    await execute(engine, id, `cat > /tmp/talk.py <<'END'\n${program}\nEND\nrm -f /tmp/heard`)
    await execute(engine, id, 'setsid python3 /tmp/talk.py >/dev/null 2>&1 &')
    const size = async () => Number((await execute(engine, id, 'cat /tmp/heard 2>/dev/null | wc -c')).result)
    await until(async () => (await size()) > 10)
    return async () => {
      await execute(engine, id, 'sleep 0.1')
      const before = await size()
      await execute(engine, id, 'sleep 0.3')
      return (await size()) > before
    }
  }

  it('in networks is closed whatever is open beside, and all else is open', async () => {
    const range = `${two.address}/32`
    const all = await create({ denyList: ['192.0.2.0/24', range] })
    const listed = await create({ denyList: [range], allowList: ['198.51.100.0/24'], domains: ['two.test'] })
    for (const id of [all, listed]) {
      assert.equal(await greet(id, one.address), 'hello')
      assert.equal(await greet(id, two.address), 'refused')
      const [refusal] = (await engine.refused(id)).filter(({ target }) => target === two.address)
      assert.deepEqual([refusal?.kind, refusal?.port, refusal?.reason], ['connection', port, 'denied'])
    }
    assert.equal(await greet(all, 'one.test'), 'hello')
    assert.equal(await greet(all, 'two.test'), 'refused')
    const talks = await keepTalking(all, one.address)
    await engine.setNetwork(all, rules({ denyList: [range] }))
    assert.equal(await talks(), true)
    await engine.setNetwork(all, rules({ denyList: [`${one.address}/30`] }))
    assert.equal(await talks(), false, 'also what is open')
    assert.equal(await greet(all, two.address), 'hello')
    await engine.setNetwork(all, rules({}))
    assert.equal(await greet(all, one.address), 'hello')
    await assert.rejects(engine.setNetwork(all, rules({ denyList: ['::/0'] })), { code: 'BAD_REQUEST' })
    for (const id of [all, listed]) await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('by name is not known and not reached by its address, nor are other resolvers, over starts of all kinds', async () => {
    const id = await create({ denyDomains: ['two.test', '*.wild.test'] })
    const assertDenied = async (when: string): Promise<void> => {
      assert.equal(await greet(id, two.address), 'refused', when)
      assert.equal(await greet(id, 'two.test'), 'no name', when)
      assert.equal(await greet(id, 'x.wild.test'), 'no name', when)
      assert.equal(await greet(id, 'one.test'), 'hello', when)
      assert.equal(await greet(id, one.address, 853), 'refused', when)
      assert.equal(await greet(id, one.address, 443), 'hello', when)
    }
    await assertDenied('at first')
    await engine.close()
    engine = await open()
    await assertDenied('with a new engine')
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    await assertDenied('after a start')
    assert.doesNotMatch(asked(), /wild/)
    // What shares an address stays reachable: by it the denied name's server is too.
    assert.equal(await greet(id, 'also-two.test'), 'hello')
    await engine.destroy(id)
    const next = await create({})
    assert.equal(await greet(next, two.address), 'hello', 'the next one in its place is denied nothing')
    await engine.destroy(next)
    await assertEmpty(ground)
  })

  it('by name cuts the connections that are open there, when it comes to be denied', async () => {
    const id = await create({})
    for (const host of ['two.test', two.address]) {
      const talks = await keepTalking(id, host)
      await engine.setNetwork(id, rules({ denyDomains: ['one.test'] }))
      assert.equal(await talks(), true)
      await engine.setNetwork(id, rules({ denyDomains: ['two.test'] }))
      assert.equal(await talks(), false, host)
      await engine.setNetwork(id, rules({}))
    }
    // By a pattern, where it is known that a name below it has led there.
    await engine.setNetwork(id, rules({ denyDomains: ['one.test'] }))
    const talks = await keepTalking(id, 'y.wild.test')
    await engine.setNetwork(id, rules({ denyDomains: ['*.wild.test'] }))
    assert.equal(await talks(), false)
    await engine.destroy(id)
  })

  it('takes a sandbox that runs a few ms to be told', async (context) => {
    const id = await create({})
    await engine.setNetwork(id, rules({ denyDomains: ['two.test'] }))
    const times: number[] = []
    const plain: number[] = []
    const timed = async (change: Partial<NetworkRules>): Promise<number> => {
      const startedAt = performance.now()
      await engine.setNetwork(id, rules(change))
      return performance.now() - startedAt
    }
    for (let index = 0; index < 10; index++) {
      plain.push(await timed({ allowList: ['192.0.2.0/24'] }))
      times.push(await timed({ denyList: ['192.0.2.0/24'], denyDomains: ['two.test'] }))
    }
    const median = (all: number[]): number => all.sort((first, second) => first - second)[5] ?? 0
    context.diagnostic(`${median(times).toFixed(1)} ms, with a list of networks ${median(plain).toFixed(1)} ms`)
    assert.ok(median(times) < 3 * median(plain) + 20, 'names that are known cost no more than networks')
    await engine.destroy(id)
  })
})
