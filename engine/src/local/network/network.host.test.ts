import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, NetworkRules } from '@sandyard/protocol'
import { hostState } from '../../../../test/fixtures/host-state.ts'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { assertEmpty, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

const free: NetworkRules = { blockAll: false, allowList: null }
const blocked: NetworkRules = { blockAll: true, allowList: null }
const port = 8080
const echoPort = 8081

/** Notes in a file every connection as `sender\n`, and every datagram as `text sender\n`. */
const noting = `
  const { appendFileSync } = require('node:fs')
  require('node:dgram').createSocket('udp4').on('message', (text, { address }) => {
    appendFileSync(process.argv[1], text + ' ' + address + '\\n')
  }).bind(${port})
  require('node:net').createServer((socket) => {
    appendFileSync(process.argv[1], socket.remoteAddress + '\\n')
    socket.on('error', () => {})
    socket.end('hello\\n')
  }).listen(${port}, () => console.log('listening'))
  // Answers, and talks by itself too.
  require('node:net').createServer((socket) => {
    const timer = setInterval(() => socket.write('tick'), 10)
    socket.on('close', () => clearInterval(timer))
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(${echoPort})
`

describe('network rules of sandboxes', { skip: skipWithoutRoot }, () => {
  let folder: string
  let notes: string
  let outside: Outside
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-network-'))
    chmodSync(folder, 0o755)
    notes = join(folder, 'notes')
    writeFileSync(notes, '')
    outside = await openOutside()
    await outside.start(process.execPath, ['-e', noting, notes])
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await ground.remove()
    await outside.close()
    rmSync(folder, { recursive: true })
  })

  /** What the sandbox reaches just now: the outside, and an answer of the resolver, be it that there is no name. */
  async function reach(id: string): Promise<{ outside: boolean; resolver: boolean }> {
    const [server, query] = await Promise.all([
      execute(engine, id, `curl -s --http0.9 -m 5 http://${outside.address}:${port}/`),
      execute(
        engine,
        id,
        `python3 - <<'E'
import socket
s = socket.create_connection((open('/etc/resolv.conf').read().split()[1], 53), 5)
print('connected')
E`,
      ),
    ])
    return { outside: server.result === 'hello\n', resolver: query.result === 'connected\n' }
  }

  it('hold from the first moment, over stop and start, and when an engine opens anew', async () => {
    const allowed: NetworkRules = { blockAll: false, allowList: [`${outside.address}/32`] }
    const elsewhere: NetworkRules = { blockAll: false, allowList: ['192.0.2.0/24', '203.0.113.7/32'] }
    const nowhere: NetworkRules = { blockAll: false, allowList: [] }
    const cases = [
      { rules: free, expected: { outside: true, resolver: true } },
      { rules: allowed, expected: { outside: true, resolver: true } },
      { rules: elsewhere, expected: { outside: false, resolver: true } },
      { rules: nowhere, expected: { outside: false, resolver: true } },
      { rules: blocked, expected: { outside: false, resolver: false } },
    ].map(({ rules, expected }) => ({ spec: specOf({ network: rules }), expected }))
    const assertAll = async (when: string): Promise<void> => {
      for (const { spec, expected } of cases) {
        assert.deepEqual(await reach(spec.id), expected, `${when}: ${JSON.stringify(spec.network)}`)
      }
    }

    for (const { spec } of cases) await engine.create(spec)
    await assertAll('after create')
    for (const { spec } of cases) await engine.stop(spec.id, { graceMs: 0 })
    // In another order, so that each gets the place of another.
    for (const { spec } of [...cases].reverse()) await engine.start(spec.id)
    await assertAll('after a start')
    await engine.close()
    engine = await ground.open()
    await assertAll('with a new engine')
    for (const { spec } of cases) await engine.destroy(spec.id)
  })

  it('are changed at once, also for connections that are open, and hold from then on', async () => {
    const [spec, neighbour] = [specOf(), specOf()]
    const { id } = spec
    await engine.create(spec)
    await engine.create(neighbour)
    const only = (range: string): NetworkRules => ({ blockAll: false, allowList: ['192.0.2.0/24', range] })
    const here = only(`${outside.address}/32`)
    const assertChange = async (network: NetworkRules, expected: object, isCut: boolean): Promise<void> => {
      await execute(engine, id, following(outside.address))
      await grows(id, 'heard')
      await engine.setNetwork(id, network)
      const heard = (await execute(engine, id, 'wc -c < heard')).result
      assert.deepEqual(await reach(id), expected, JSON.stringify(network))
      if (isCut) {
        const later = (await execute(engine, id, 'sleep 0.3; wc -c < heard')).result
        assert.equal(later, heard, 'nothing comes back on the open connection')
        await until(async () => /refused|reset/.test((await execute(engine, id, 'tail -n 1 said')).result))
      } else await grows(id, 'heard')
      await execute(engine, id, 'pkill python3')
    }
    await assertChange(here, { outside: true, resolver: true }, false)
    await assertChange(only('203.0.113.0/24'), { outside: false, resolver: true }, true)
    await engine.setNetwork(id, free)
    await assertChange(blocked, { outside: false, resolver: false }, true)
    await engine.setNetwork(id, blocked)
    await engine.close()
    engine = await ground.open()
    assert.deepEqual(await reach(id), { outside: false, resolver: false })
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    for (const range of ['1.2.3.4/33', '::/0', '1.2.3.4/8 accept', '']) {
      const wrong = { blockAll: false, allowList: [range] }
      await assert.rejects(engine.setNetwork(id, wrong), { code: 'BAD_REQUEST' }, range)
    }
    assert.deepEqual(await reach(id), { outside: false, resolver: false })
    await engine.stop(id, { graceMs: 0 })
    await engine.setNetwork(id, free)
    await engine.start(id)
    await assertChange(free, { outside: true, resolver: true }, false)
    assert.deepEqual(await reach(neighbour.id), { outside: true, resolver: true })
    for (const sandbox of [spec, neighbour]) await engine.destroy(sandbox.id)
    await assert.rejects(engine.setNetwork(id, free), { code: 'NOT_FOUND' })
    await assertEmpty(ground)
  })

  it('are those of the record after a crash in the midst of a change', async () => {
    const spec = specOf({ network: blocked })
    await engine.create(spec)
    const record = join(ground.data, 'sandboxes', spec.id, 'sandbox.json')
    const before = readFileSync(record)
    await engine.setNetwork(spec.id, free)
    assert.deepEqual(await reach(spec.id), { outside: true, resolver: true })
    await engine.close()
    writeFileSync(record, before)
    engine = await ground.open()
    assert.deepEqual(await reach(spec.id), { outside: false, resolver: false })
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  async function grows(id: string, file: string): Promise<void> {
    const size = async () => Number((await execute(engine, id, `cat ${file} 2>/dev/null | wc -c`)).result)
    const first = await size()
    await until(async () => (await size()) > first)
  }

  it('are in place before the first process', async () => {
    // In the place of the init, the first program of ours, one that goes out at once and ends.
    mkdirSync(join(folder, 'bin'))
    const program = `#!/usr/bin/python3
import socket
socket.create_connection(('${outside.address}', ${port}), 2)
`
    writeFileSync(join(folder, 'bin/init'), program, { mode: 0o755 })
    await engine.close()
    engine = await ground.open({ runtimeFolder: folder })
    const visits = async (network: NetworkRules): Promise<number> => {
      writeFileSync(notes, '')
      await assert.rejects(engine.create(specOf({ network })), /^Error: (agent|container): /)
      return readFileSync(notes, 'utf8').split('\n').length - 1
    }
    assert.equal(await visits(free), 1)
    assert.equal(await visits(blocked), 0)
    assert.equal(await visits({ blockAll: false, allowList: ['192.0.2.0/24'] }), 0)
    await engine.close()
    engine = await ground.open()
  })

  it('end with their sandbox: the next one in its place has its own', async () => {
    const first = specOf({ network: blocked })
    await engine.create(first)
    await engine.destroy(first.id)
    await engine.close()
    engine = await ground.open()
    const second = specOf()
    await engine.create(second)
    assert.deepEqual(await reach(second.id), { outside: true, resolver: true })
    await engine.destroy(second.id)
  })

  it('leave the host what goes over its own loopback', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer((socket) => socket.end('hello')).listen(0, host)
      await once(server, 'listening')
      const place = { host, port: (server.address() as AddressInfo).port, signal: AbortSignal.timeout(5000) }
      try {
        const socket = connect(place)
        assert.equal(String((await once(socket, 'data', place))[0]), 'hello', host)
        socket.destroy()
      } finally {
        server.close()
      }
      await once(server, 'close')
      await assert.rejects(once(connect(place), 'connect', place), { code: 'ECONNREFUSED' }, host)
    }
  })

  it('let an interface send with its own address only, which the host then stands for', async () => {
    const spec = specOf()
    await engine.create(spec)
    const own = (await execute(engine, spec.id, 'hostname -I')).result.trim()
    const namespace = hostState(ground.index).namespaces.find((name) => own !== '' && holds(name, own))
    assert.ok(namespace)
    const forged = own.replace(/\d+$/, '200')
    execFileSync('ip', ['-n', namespace, 'address', 'add', `${forged}/32`, 'dev', 'eth0'])
    const send = (text: string, address: string) =>
      execFileSync('ip', ['netns', 'exec', namespace, process.execPath, '-e', sending, text, address, outside.address])
    writeFileSync(notes, '')
    send('forged', forged)
    send('own', own)
    const deadline = Date.now() + 5000
    while (readFileSync(notes, 'utf8') === '' && Date.now() < deadline) await sleep(20)
    assert.equal(readFileSync(notes, 'utf8'), `own ${outside.host}\n`)
    await engine.destroy(spec.id)
  })
})

/** Keeps a connection on which bytes go both ways, and notes what comes and how sending went. */
const following = (address: string) => `cat > follow.py <<'END'
import select, socket
s = socket.create_connection(('${address}', ${echoPort}), 5)
def say(text): open('said', 'a').write(text + '\\n')
while True:
    try:
        s.sendall(b'ping')
        data = s.recv(100) if select.select([s], [], [], 0.02)[0] else None
    except OSError as error:
        say('refused')
        break
    if data == b'':
        say('reset')
        break
    say('sent')
    if data: open('heard', 'ab').write(data)
END
rm -f heard said; setsid python3 follow.py >/dev/null 2>&1 &`

/** Sends a datagram from an address. */
const sending = `
  const [, text, from, to] = process.argv
  const socket = require('node:dgram').createSocket('udp4')
  socket.bind({ address: from }, () => socket.send(text, ${port}, to, () => socket.close()))
`

function holds(namespace: string, address: string): boolean {
  const addresses = execFileSync('ip', ['-n', namespace, '-o', 'address'], { encoding: 'utf8' })
  return addresses.includes(` ${address}/`)
}
