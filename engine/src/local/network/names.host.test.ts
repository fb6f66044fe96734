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

/** Greets whoever connects, and echoes from then on. */
const greeting = `
  require('node:net').createServer((socket) => {
    socket.on('error', () => {})
    socket.write('hello\\n')
    socket.pipe(socket)
  }).listen(${port}, () => console.log('listening'))
`

/** `one` has the name server and greets, `two` greets: nothing else of the world is asked. */
describe('names that sandboxes may reach', { skip: skipWithoutRoot }, () => {
  let folder: string
  let one: Outside
  let two: Outside
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-names-'))
    chmodSync(folder, 0o755)
    one = await openOutside()
    two = await openOutside()
    for (const outside of [one, two]) await outside.start(process.execPath, ['-e', greeting])
    usualZone()
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
  const usualZone = (): void =>
    zone({ 'two.test': { A: [two.address] }, 'a.wild.test': { A: [two.address] }, 'one.test': { A: [one.address] } })
  const asked = (): string => readFileSync(join(folder, 'zone.asked'), 'utf8')
  const open = (): Promise<Engine> => ground.open({ dnsServers: [one.address] })
  const named = (...domains: string[]): NetworkRules => ({ blockAll: false, allowList: null, domains })
  const python = async (id: string, program: string): Promise<string> =>
    (await execute(engine, id, `python3 - <<'END'\n${program}\nEND`)).result.trim()

  /** `hello`, or the kind of failure. */
  function greet(id: string, host: string): Promise<string> {
    return python(
      id,
      `
import socket
try:
    s = socket.create_connection(('${host}', ${port}), 3)
    s.settimeout(3)
    print(s.recv(5).decode())
except socket.gaierror: print('no name')
except OSError as e: print('refused' if e.errno == 113 else repr(e))`,
    )
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

  it('open what they lead to and nothing else, and it is told what was refused', async () => {
    const { id } = specOf()
    await engine.create(specOf({ id, network: named('two.test', '*.wild.test') }))
    assert.equal(await greet(id, two.address), 'refused', 'not before somebody has asked for the name')
    assert.equal(await greet(id, 'two.test'), 'hello')
    assert.equal(await greet(id, two.address), 'hello')
    assert.equal(await greet(id, 'a.wild.test'), 'hello')
    assert.equal(await greet(id, 'one.test'), 'no name')
    assert.equal(await greet(id, one.address), 'refused')
    assert.doesNotMatch(asked(), /one\.test/)
    const refusals = await engine.refused(id)
    const told = refusals.map(({ kind, target, protocol, port, reason }) => [kind, target, protocol, port, reason])
    const expected = [
      ['connection', one.address, 'tcp', port, 'not-allowed'],
      ['connection', two.address, 'tcp', port, 'not-allowed'],
      ['name', 'one.test', 'A', null, 'not-allowed'],
    ]
    assert.deepEqual(told.sort(), expected.sort())
    assert.ok(refusals.every(({ count, lastAtMs }) => count > 0 && Math.abs(Date.now() - lastAtMs) < 60_000))
    await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('go together with networks, and are nothing where the list is empty', async () => {
    const both = specOf({ network: { ...named('two.test'), allowList: [`${one.address}/32`] } })
    const none = specOf({ network: named() })
    const nowhere = specOf({ network: { blockAll: false, allowList: [] } })
    const blocked = specOf({ network: { ...named('two.test'), blockAll: true, allowList: [`${one.address}/32`] } })
    for (const spec of [both, none, nowhere, blocked]) await engine.create(spec)
    const reach = async ({ id }: { id: string }) => [
      await greet(id, 'two.test'),
      await greet(id, one.address),
      await greet(id, 'one.test'),
    ]
    assert.deepEqual(await reach(both), ['hello', 'hello', 'no name'])
    for (const spec of [none, nowhere, blocked]) assert.deepEqual(await reach(spec), ['no name', 'refused', 'no name'])
    for (const spec of [both, none, nowhere, blocked]) await engine.destroy(spec.id)
  })

  it('are changed at once: a name that goes cuts its connections, one that stays keeps them', async () => {
    const { id } = specOf()
    await engine.create(specOf({ id, network: named('two.test') }))
    const talks = await keepTalking(id, 'two.test')
    await engine.setNetwork(id, named('two.test', 'one.test'))
    assert.equal(await greet(id, 'one.test'), 'hello')
    await engine.setNetwork(id, named('two.test'))
    assert.equal(await greet(id, one.address), 'refused')
    assert.equal(await talks(), true, 'it went on through both changes')
    await engine.setNetwork(id, named('one.test'))
    assert.equal(await talks(), false)
    assert.equal(await greet(id, two.address), 'refused')
    await engine.setNetwork(id, { blockAll: false, allowList: null })
    assert.equal(await greet(id, two.address), 'hello')
    // What was open before is not open again by itself.
    await engine.setNetwork(id, named('two.test'))
    assert.equal(await greet(id, two.address), 'refused')
    assert.equal(await greet(id, 'two.test'), 'hello')
    await engine.destroy(id)
  })

  it('hold over a new start of the engine: what was open is, and what was not is not', async () => {
    const { id } = specOf()
    await engine.create(specOf({ id, network: named('two.test', 'a.wild.test') }))
    const talks = await keepTalking(id, 'two.test')
    await engine.close()
    engine = await open()
    assert.equal(await greet(id, two.address), 'hello')
    assert.equal(await greet(id, 'two.test'), 'hello')
    assert.equal(await talks(), true)
    assert.equal(await greet(id, 'one.test'), 'no name')
    await engine.close()
    engine = await open()
    // It is not known any more which name has opened it, so it is closed with the next change that takes names away.
    await engine.setNetwork(id, named('a.wild.test'))
    assert.equal(await talks(), false)
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    assert.equal(await greet(id, two.address), 'refused', 'a start begins with nothing open')
    assert.equal(await greet(id, 'a.wild.test'), 'hello')
    await engine.destroy(id)
    const next = specOf({ network: named('two.test') })
    await engine.create(next)
    assert.equal(await greet(next.id, two.address), 'refused', 'nor has the next one in its place anything open')
    await engine.destroy(next.id)
  })

  it('may be many at once', async () => {
    const addresses = (index: number) => Array.from({ length: 20 }, (_, host) => `203.0.${index % 100}.${host + 1}`)
    const many = Array.from({ length: 200 }, (_, index) => [`n${index}.many.test`, { A: addresses(index) }] as const)
    zone({ ...Object.fromEntries(many), 'two.test': { A: [two.address] } })
    const { id } = specOf()
    await engine.create(specOf({ id, network: named('*.many.test', 'two.test') }))
    assert.equal(await greet(id, 'two.test'), 'hello')
    const count = await python(
      id,
      `
import socket, concurrent.futures as f
with f.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda i: len(socket.gethostbyname_ex(f'n{i}.many.test')[2]), range(200))))`,
    )
    assert.equal(count, '4000')
    assert.equal(await greet(id, 'two.test'), 'hello')
    await engine.destroy(id)
    usualZone()
  })

  it('are those of linked sandboxes, which reach each other and are reached by nobody else', async () => {
    const web = specOf()
    const link = { sandboxId: web.id, name: 'Web', ownName: 'db' }
    const db = specOf({ link, network: named() })
    const other = specOf()
    const second = specOf({ link: { ...link, ownName: 'not a label' } })
    for (const spec of [web, db, other, second]) await engine.create(spec)
    const serve = async (id: string): Promise<void> => {
      const program = `
import socket
s = socket.create_server(('0.0.0.0', ${port}))
while True:
    c, _ = s.accept()
    c.sendall(b'hello')
    c.close()`
      await execute(engine, id, `cat > /tmp/serve.py <<'END'\n${program}\nEND`)
      await execute(engine, id, 'setsid python3 /tmp/serve.py >/dev/null 2>&1 &')
      await until(async () => (await greet(id, '127.0.0.1')) === 'hello')
    }
    for (const { id } of [web, db, second]) await serve(id)
    const addressOf = async (id: string) => (await execute(engine, id, 'hostname -I')).result.trim()
    const assertReach = async (when: string): Promise<void> => {
      for (const name of ['db', db.id, second.id]) assert.equal(await greet(web.id, name), 'hello', `${when}: ${name}`)
      for (const name of ['web', 'WEB', web.id]) assert.equal(await greet(db.id, name), 'hello', `${when}: ${name}`)
      assert.equal(await greet(db.id, await addressOf(second.id)), 'refused', 'followers are strangers to each other')
      for (const { id } of [web, db, second]) {
        assert.equal(await greet(other.id, await addressOf(id)), 'refused', when)
      }
      assert.equal(await greet(db.id, await addressOf(other.id)), 'refused', when)
      assert.equal(await greet(other.id, 'db'), 'no name')
    }
    await assertReach('at first')
    await engine.stop(web.id, { graceMs: 0 })
    assert.equal(await greet(db.id, 'web'), 'no name')
    const between = specOf()
    await engine.create(between)
    await engine.start(web.id)
    await serve(web.id)
    await assertReach('after a stop and start')
    assert.equal(await greet(between.id, await addressOf(db.id)), 'refused')
    await engine.close()
    engine = await open()
    await assertReach('with a new engine')
    await engine.setNetwork(web.id, { blockAll: true, allowList: null })
    assert.equal(await greet(web.id, await addressOf(db.id)), 'refused')
    assert.equal(await greet(db.id, await addressOf(web.id)), 'refused', 'blockAll wins')
    await engine.setNetwork(web.id, { blockAll: false, allowList: null })
    assert.equal(await greet(db.id, 'web'), 'hello')
    const left = await addressOf(web.id)
    await engine.destroy(db.id)
    const heir = specOf({ network: named() })
    await engine.create(heir)
    assert.equal(await greet(heir.id, left), 'refused', 'a link goes with its sandbox')
    for (const { id } of [web, other, second, between, heir]) await engine.destroy(id)
    await assertEmpty(ground)
  })
})
