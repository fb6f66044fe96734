// alone: it counts the connections of the whole host, and times a neighbour meanwhile
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type ClosedNetwork, openClosedNetwork } from '../fixtures/closed-network.ts'
import { type Ground, type Inside, openGround, probePath } from './ground.ts'
import { besides } from './neighbour.ts'

const execute = promisify(execFile)

describe('the network of a sandbox', () => {
  let network: ClosedNetwork
  let ground: Ground
  let first: Inside
  let second: Inside
  /** listens on every address of the host */
  let host: Server

  before(async () => {
    network = await openClosedNetwork()
    ground = await openGround(['--host', '0.0.0.0'])
    first = await ground.create()
    second = await ground.create({ user: 'root' })
    host = createServer((_, response) => response.end('host')).listen(0, '::')
    await once(host, 'listening')
  })
  after(async () => {
    host?.close()
    await ground?.close()
    await network?.close()
  })

  test('reaches open addresses, and none of a closed range', async () => {
    const targets = network.closed.map((address) => `tcp:${address}:${network.port}`)
    const open = `tcp:${network.open}:${network.port}`
    for (const inside of [first, second]) {
      const { [open]: control, ...outcomes } = await reach(inside, [open, ...targets])
      assert.equal(control, 'open', 'the way there works')
      // The kernel tells a caller of a few refusals a second; of the others he hears nothing.
      assert.deepEqual(Object.keys(outcomes).sort(), [...targets].sort())
      for (const [target, outcome] of Object.entries(outcomes))
        assert.match(outcome, /^(EHOSTUNREACH|silence)$/, target)
      assert.ok(Object.values(outcomes).includes('EHOSTUNREACH'))
    }
    const packets = network.closed.map((address) => `udp:${address}:${network.port}`)
    const heard = await reach(first, [`udp:${network.open}:${network.port}`, ...packets])
    assert.deepEqual(opened(heard), [`udp:${network.open}:${network.port}`])
    assert.equal((await network.received()).length, 1, 'one packet arrived, on the open address')
  })

  test('reaches exactly the closed ranges that the settings open', async () => {
    const [kept = '', ...allowed] = network.closed
    const ranges = allowed.map((address) => `${address}/32`).join(',')
    const other = await openGround(['--network-allow', ranges])
    try {
      const inside = await other.create()
      const outcomes = await reach(
        inside,
        network.closed.map((address) => `tcp:${address}:${network.port}`),
      )
      // This is also what shows that the listener is there behind every one of them.
      assert.deepEqual(
        opened(outcomes),
        allowed.map((address) => `tcp:${address}:${network.port}`),
      )
      assert.equal(outcomes[`tcp:${kept}:${network.port}`], 'EHOSTUNREACH')
    } finally {
      await other.close()
    }
  })

  test('does not reach the host on any of its addresses, nor the platform', async () => {
    const ports = [(host.address() as AddressInfo).port, Number(new URL(ground.platform.url).port)]
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    const linkLocal = await hostEndOf(ground, first)
    const hostAddresses = own.filter(({ internal, address }) => !internal || address.startsWith('198.18.'))
    assert.ok(hostAddresses.some(({ address }) => address === network.host))
    const targets = [...hostAddresses.map(({ address }) => address), '0.0.0.0', '127.0.0.1', '::1'].flatMap((address) =>
      ports.map((port) => `tcp:${bracket(address)}:${port}`),
    )
    targets.push(`tcp:[${linkLocal}%eth0]:${ports[0]}`, `udp:255.255.255.255:67`, `udp:224.0.0.1:5353`)
    for (const inside of [first, second]) assert.deepEqual(opened(await reach(inside, targets)), [])

    const control = ports.map((port) => `tcp:${network.host}:${port}`)
    const seen = await network.run('python3', [probePath('reach.py'), ...control])
    assert.deepEqual(opened(parse(seen)), control, 'others reach both ports of the host')
  })

  test('reaches the resolver, and nothing else there', async () => {
    const gateway = (await first.run("sed -n 's/nameserver //p' /etc/resolv.conf")).text.trim()
    const outcomes = await reach(first, [`tcp:${gateway}:53`, `tcp:${gateway}:22`, `tcp:${gateway}:54`])
    assert.deepEqual(Object.values(outcomes), ['open', 'EHOSTUNREACH', 'EHOSTUNREACH'])
  })

  test('does not reach another sandbox', async () => {
    const address = (await second.run('hostname -I')).text.trim()
    await second.run('cd /tmp; setsid python3 -m http.server 8080 >/dev/null 2>&1 & sleep 1')
    const target = `tcp:${address}:8080`
    assert.deepEqual(await reach(second, [target]), { [target]: 'open' }, 'it does itself')
    assert.deepEqual(await reach(first, [target]), { [target]: 'EHOSTUNREACH' })
  })

  test('takes no packet with the address of another', async () => {
    const before = await network.received()
    const [mine, theirs] = await Promise.all(
      [first, second].map(async (it) => (await it.run('hostname -I')).text.trim()),
    )
    // Nobody inside may send such packets; so the host's root does, from the sandbox's own namespace.
    const send = [
      'import socket, struct, sys',
      'raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)',
      'for source in sys.argv[3:]:',
      '    payload = ("from " + source).encode()',
      '    udp = struct.pack("!HHHH", 4000, int(sys.argv[2]), 8 + len(payload), 0) + payload',
      '    head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(udp), 0, 0, 64, 17, 0,',
      '        socket.inet_aton(source), socket.inet_aton(sys.argv[1]))',
      '    raw.sendto(head + udp, (sys.argv[1], 0))',
    ].join('\n')
    const args = ['-c', send, network.open, String(network.port), theirs ?? '', '192.0.2.99', mine ?? '']
    await execute('ip', ['netns', 'exec', interfaceOf(ground, first), 'python3', ...args])
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.deepEqual((await network.received()).slice(before.length), [`from ${mine}`])
  })

  test('has its own part of the connection table', async () => {
    const target = `tcp:${network.open}:${network.port}`
    const before = connectionCount()
    const taken = await besides(second, () => first.run(`python3 /tmp/take.py flows 0 30000 ${network.open}`))
    assert.equal(taken.text, '30000 most\n', 'it sent that many')
    assert.ok(connectionCount() - before < 10_000, 'the host remembers a third of them')
    assert.deepEqual(await reach(first, [target]), { [target]: 'EHOSTUNREACH' }, 'it has no more')
    assert.deepEqual(await reach(second, [target]), { [target]: 'open' }, 'others have')
  })

  test('cannot keep the resolver from others', async () => {
    const gateway = (await first.run("sed -n 's/nameserver //p' /etc/resolv.conf")).text.trim()
    const flood = [
      'import socket, time',
      's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
      `s.connect(('${gateway}', 53))`,
      'end = time.time() + 2',
      // Shorter than any query: the firewall counts them, and the resolver passes none on to the host's.
      'while time.time() < end: s.send(b"too short")',
    ].join('\n')
    const before = await droppedQueries(ground)
    await besides(second, () => first.run(`python3 -c '${flood.replaceAll("'", '"')}'`))
    assert.ok((await droppedQueries(ground)) - before > 1000, 'what is too much ends at the firewall')
    const held =
      'import socket; a = [socket.create_connection(("GATEWAY", 53), 2) for _ in range(40)]; import time; time.sleep(2)'
    const holding = first.run(`python3 -c '${held.replace('GATEWAY', gateway)}'`)
    await new Promise((resolve) => setTimeout(resolve, 700))
    const stays = `import socket; s = socket.create_connection(("${gateway}", 53), 2); s.settimeout(0.5); print(s.recv(1))`
    // Whoever is one too many is hung up on at once; who is not, hears nothing as long as nothing was asked.
    assert.match((await second.run(`python3 -c '${stays}'`)).text, /timed out|TimeoutError/)
    assert.match((await first.run(`python3 -c '${stays}'`)).text, /^b''\n$|ConnectionReset/)
    await holding
  })
})

async function reach(inside: Inside, targets: readonly string[]): Promise<Record<string, string>> {
  const { text } = await inside.run(`python3 /tmp/reach.py ${targets.map((target) => `'${target}'`).join(' ')}`)
  return parse(text)
}

function parse(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>
}

function opened(outcomes: Record<string, string>): readonly string[] {
  return Object.keys(outcomes).filter((target) => outcomes[target] === 'open')
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** Name of the host's interface of a running sandbox, and of its network namespace. */
function interfaceOf({ platform }: Ground, { id }: Inside): string {
  const { slot } = JSON.parse(readFileSync(join(platform.data, 'sandboxes', id, 'sandbox.json'), 'utf8')) as {
    slot: number
  }
  return `syd${platform.index}-${slot}`
}

/** Link-local address of the host's end of the sandbox's cable. */
async function hostEndOf(ground: Ground, inside: Inside): Promise<string> {
  const { stdout } = await execute('ip', ['-6', '-o', 'address', 'show', 'dev', interfaceOf(ground, inside)])
  const address = /inet6 (fe80:[0-9a-f:]+)\//.exec(stdout)?.[1]
  assert.ok(address !== undefined, 'the host has an IPv6 address there')
  return address
}

function connectionCount(): number {
  return Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'))
}

async function droppedQueries({ platform }: Ground): Promise<number> {
  const { stdout } = await execute('nft', ['list', 'chain', 'inet', `sandyard-syd${platform.index}`, 'to-host'])
  return Number(/@queries .*counter packets (\d+)/.exec(stdout)?.[1])
}
