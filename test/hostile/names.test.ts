import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Outside, openOutside } from '../fixtures/outside.ts'
import { type Ground, type Inside, openGround } from './ground.ts'

const execute = promisify(execFile)
const port = 8080

/** Greets at several ports, as a web server and one for DNS over HTTPS would. */
const greeting = `
  const { createServer } = require('node:net')
  const greet = (socket) => { socket.on('error', () => {}); socket.end('hello\\n') }
  for (const port of [443, 853]) createServer(greet).listen(port)
  createServer(greet).listen(${port}, () => console.log('listening'))
`

/** All of the world is `one`, who has the name server and is forbidden, and `two`, who is allowed by name. */
describe('rules for names', () => {
  let folder: string
  let one: Outside
  let two: Outside
  let ground: Ground
  let ruled: Inside
  let free: Inside
  let gateway: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-names-'))
    chmodSync(folder, 0o755)
    one = await openOutside()
    two = await openOutside()
    for (const outside of [one, two]) await outside.start(process.execPath, ['-e', greeting])
    writeFileSync(join(folder, 'zone'), '{}')
    const server = join(import.meta.dirname, '../fixtures/name-server.mjs')
    await one.start(process.execPath, [server, one.address, '53', join(folder, 'zone')])
    ground = await openGround(['--dns-servers', one.address])
    ruled = await ground.create({ user: 'root', domainAllowList: 'ok.test,*.wild.test' })
    free = await ground.create()
    gateway = (await ruled.run("sed -n 's/nameserver //p' /etc/resolv.conf")).text.trim()
    const zone = {
      'ok.test': { A: [two.address] },
      'evil.test': { A: [one.address] },
      'udp.evil.test': { A: [one.address] },
      'loop.wild.test': { A: ['127.0.0.1'] },
      'meta.wild.test': { A: ['169.254.169.254'] },
      'private.wild.test': { A: ['10.0.0.1', '192.168.0.1', '172.16.0.1', '100.64.0.1'] },
      'gateway.wild.test': { A: [gateway] },
      'mixed.wild.test': { A: ['10.0.0.1', two.address] },
    }
    writeFileSync(join(folder, 'zone'), JSON.stringify(zone))
  })
  after(async () => {
    await ground?.close()
    await Promise.all([one, two].map((outside) => outside?.close()))
    rmSync(folder, { recursive: true })
  })

  const asked = (): string => readFileSync(join(folder, 'zone.asked'), 'utf8')

  async function greet(inside: Inside, host: string): Promise<boolean> {
    const { text } = await inside.run(`curl -s --http0.9 -m 3 http://${host}:${port}/ | head -c 5`)
    return text.startsWith('hello')
  }

  test('are not got around from inside', async () => {
    assert.equal(await greet(free, one.address), true, 'the way there works')
    assert.equal(await greet(ruled, 'ok.test'), true)
    const { text } = await ruled.run(`python3 /tmp/names.py ${gateway} ${one.address} ${port}`, 60)
    const { 'rebind mixed': mixed, ...outcomes } = JSON.parse(text) as Record<string, string>
    assert.equal(mixed, 'code 0 answers 1', 'of several addresses only the open one is told')
    const passed = Object.entries(outcomes).filter(([, outcome]) => /open|answered|answers [1-9]/.test(outcome))
    assert.deepEqual(passed, [])
    assert.ok(Object.keys(outcomes).length > 30, 'all was tried')
    assert.equal(outcomes['tunnel 16'], 'code 5 answers 0')
    assert.doesNotMatch(asked(), /evil|aaaa|secret/, 'nothing of it left the machine')
    assert.equal(await greet(ruled, 'ok.test'), true, 'and what is allowed works on')
  })

  test('are not got around by packets with forged senders, or cut in pieces', async () => {
    const noted = asked().length
    const theirs = (await free.run('hostname -I')).text.trim()
    const mine = (await ruled.run('hostname -I')).text.trim()
    // Nobody inside may send such packets; so the host's root does, from the sandbox's own namespace.
    const send = [
      'import socket, struct, sys',
      'raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)',
      'def query(name): return struct.pack("!6H", 7, 256, 1, 0, 0, 0) + b"".join(bytes([len(p)]) + p for p in name.split(b".")) + b"\\0\\0\\1\\0\\1"',
      'def udp(dns): return struct.pack("!4H", 4000, 53, 8 + len(dns), 0) + dns',
      'def send(source, to, data, offset, more):',
      '    flags = (offset // 8) | (0x2000 if more else 0)',
      '    head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(data), 77, flags, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(to))',
      '    raw.sendto(head + data, (to, 0))',
      'mine, theirs, gateway, one = sys.argv[1:]',
      'send(theirs, gateway, udp(query(b"forged.evil.test")), 0, False)',
      'send(theirs, one, udp(query(b"forged.evil.test")), 0, False)',
      'for to in (gateway, one):',
      '    data = udp(query(b"pieces.evil.test"))',
      '    send(mine, to, data[:16], 0, True)',
      '    send(mine, to, data[16:], 16, False)',
      'send(mine, gateway, udp(query(b"sent.wild.test")), 0, False)',
    ].join('\n')
    const { slot } = JSON.parse(
      readFileSync(join(ground.platform.data, 'sandboxes', ruled.id, 'sandbox.json'), 'utf8'),
    ) as { slot: number }
    const namespace = `syd${ground.platform.index}-${slot}`
    const args = ['netns', 'exec', namespace, 'python3', '-c', send, mine, theirs, gateway, one.address]
    await execute('ip', args)
    for (let tries = 0; tries < 100 && asked().length === noted; tries++)
      await new Promise((done) => setTimeout(done, 50))
    assert.equal(asked().slice(noted), 'udp sent.wild.test A\n', 'only what is allowed and its own arrived')
  })

  test('tell their user what they have refused', async () => {
    const { status, body } = await ground.platform.call('GET', `/sandbox/${ruled.id}/network/refused`)
    assert.equal(status, 200)
    const { items } = body as {
      items: { kind: string; target: string; protocol: string; port?: number; count: number }[]
    }
    assert.ok(items.length <= 1000)
    const has = (kind: string, target: string, protocol: string, at?: number) =>
      items.some((one) => one.kind === kind && one.target === target && one.protocol === protocol && one.port === at)
    assert.ok(has('connection', one.address, 'tcp', port))
    assert.ok(has('connection', one.address, 'udp', 53))
    assert.ok(has('connection', one.address, 'icmp'))
    assert.ok(has('name', 'ok.test.evil.test', 'A'))
    assert.ok(has('name', 'meta.wild.test', 'A'))
    assert.equal((await ground.platform.call('GET', `/sandbox/${free.id}/network/refused`)).status, 200)
  })

  test('hold while the platform is killed and starts again; what is open stays open, and is open again at once', async () => {
    await ruled.run(`cat > /tmp/try.py <<'END'
import socket, threading, time
def reaches(host):
    try:
        socket.create_connection((host, ${port}), 0.5).close()
        return True
    except OSError: return False
def knows(name):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.3)
    try:
        s.connect(('${gateway}', 53))
        s.send(b'\\0\\7\\1\\0\\0\\1' + bytes(6) + b''.join(bytes([len(p)]) + p.encode() for p in name.split('.')) + b'\\0\\0\\1\\0\\1')
        return s.recv(1000)[7] > 0
    except OSError: return False
    finally: s.close()
def follow(what, ask, *hosts):
    while True:
        with open('/tmp/tried-' + what, 'a') as f: f.write(' '.join(str(ask(host)) for host in hosts) + '\\n')
        time.sleep(0.05)
threading.Thread(target=follow, args=('names', knows, 'evil.test', 'ok.test')).start()
follow('addresses', reaches, '${one.address}', '${two.address}')
END
setsid python3 /tmp/try.py >/dev/null 2>&1 &`)
    const noted = asked().length
    await ground.platform.end('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await ground.platform.start()
    const startedAt = performance.now()
    assert.equal(await greet(ruled, 'ok.test'), true)
    const ms = performance.now() - startedAt
    assert.ok(ms < 2000, `names work ${ms} ms after the start`)
    await ruled.run('sleep 0.5; pkill -f try.py')
    const tried = async (what: string) => (await ruled.run(`cat /tmp/tried-${what}`)).text.trim().split('\n')
    const addresses = await tried('addresses')
    // What is refused is told once a second only; the others time out.
    assert.ok(addresses.length > 2)
    assert.deepEqual([...new Set(addresses)], ['False True'])
    const names = await tried('names')
    assert.ok(names.includes('False True'), 'it can tell the difference')
    assert.deepEqual(
      names.filter((line) => !line.startsWith('False ')),
      [],
    )
    assert.doesNotMatch(asked().slice(noted), /evil/)
  })
})
