import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '@sandyard/protocol'
import { assertEmpty, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

/** Tells on each port who has connected, and to what. */
const servers = `
import socket, threading
def serve(family, host, port):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6: server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind((host, port))
    server.listen()
    while True:
        client, peer = server.accept()
        client.sendall((peer[0] + ' ' + client.getsockname()[0]).encode())
        client.close()
for place in [(socket.AF_INET, '127.0.0.1', 3000), (socket.AF_INET, '0.0.0.0', 3001), (socket.AF_INET6, '::1', 3002)]:
    threading.Thread(target=serve, args=place).start()
`

/** Connects and prints what it hears, or that it hears nothing. */
const visit = (address: string, port: number): string => `
import socket
try:
    connection = socket.create_connection(('${address}', ${port}), 2)
    print(connection.recv(100).decode())
except OSError as error:
    print('refused', type(error).__name__)
`

describe('doors to ports inside', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await ground.remove()
  })

  async function startServers(id: string): Promise<void> {
    await execute(engine, id, `cat > servers.py <<'E'${servers}E\n(python3 servers.py > /dev/null 2>&1 &)`)
    const isThere = async () => (await execute(engine, id, 'cat /proc/net/tcp6 | grep -c :0BBA')).result !== '0\n'
    await until(isThere)
  }

  /** What a port tells, and whether it was reached without the agent. */
  async function ask(id: string, port: number): Promise<{ heard: string; address: string | undefined }> {
    const stream = await engine.dial(id, { kind: 'port', port })
    assert.ok(stream instanceof Socket)
    const address = stream.remoteAddress
    const heard = await text(stream)
    stream.destroy()
    return { heard, address }
  }

  /** The address of a sandbox, as it says itself. */
  async function addressOf(id: string): Promise<string> {
    return (await execute(engine, id, 'hostname -I')).result.trim()
  }

  it('lead to loopback, where the visitor is one of loopback too', async () => {
    const specs = [specOf(), specOf({ network: { blockAll: true, allowList: null } })]
    for (const spec of specs) {
      await engine.create(spec)
      await startServers(spec.id)
      const address = await addressOf(spec.id)
      await until(async () => (await ask(spec.id, 3000)).address === address)
      for (const port of [3000, 3001]) {
        const { heard, address: reached } = await ask(spec.id, port)
        assert.match(heard, /^127\.\d+\.\d+\.\d+ 127\.0\.0\.1$/)
        assert.equal(reached, address, 'straight')
      }
      const six = await ask(spec.id, 3002)
      assert.deepEqual([six.heard, six.address], ['::1 ::1', undefined], 'by the agent')
      await assert.rejects(engine.dial(spec.id, { kind: 'port', port: 3003 }), { code: 'BAD_GATEWAY' })
    }
    // An engine that opens anew, and a sandbox that was started anew.
    const [{ id }] = specs as [(typeof specs)[0]]
    await engine.close()
    engine = await ground.open()
    const address = await addressOf(id)
    await until(async () => (await ask(id, 3000)).address === address)
    await engine.stop(id, { graceMs: 0 })
    await assert.rejects(engine.dial(id, { kind: 'port', port: 3000 }), { code: 'SERVICE_UNAVAILABLE' })
    await engine.start(id)
    await startServers(id)
    const later = await addressOf(id)
    await until(async () => (await ask(id, 3000)).address === later)
    for (const spec of specs) await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it('are for the platform alone', async () => {
    const web = specOf()
    const linked = specOf({ link: { sandboxId: web.id, name: 'web', ownName: 'db' } })
    const stranger = specOf()
    for (const spec of [web, linked, stranger]) await engine.create(spec)
    await startServers(web.id)
    const address = await addressOf(web.id)
    await until(async () => (await ask(web.id, 3000)).address === address)
    const from = async (id: string, port: number): Promise<string> =>
      (await execute(engine, id, `python3 - <<'E'${visit(address, port)}E`)).result.trim()
    assert.match(await from(linked.id, 3001), /^198\.1[89]\.\d+\.\d+ /, 'a link goes where it went before')
    assert.match(await from(linked.id, 3000), /^refused/, 'and not to loopback')
    for (const port of [3000, 3001]) assert.match(await from(stranger.id, port), /^refused/)
    // Another user of the machine itself.
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups', 'timeout', '3', 'bash', '-c']
    for (const port of [3000, 3001]) {
      const said = spawnSync('setpriv', [...user, `cat < /dev/tcp/${address}/${port}`], { encoding: 'utf8' })
      assert.deepEqual([said.stdout, said.status === 0], ['', false], said.stderr)
      assert.match(said.stderr, /No route to host|Connection refused|not permitted|unreachable/i)
    }
    // What a sandbox does by itself is not tracked: its own connections, and what poses as the visitor's.
    const own = `python3 - <<'E'${visit('127.0.0.1', 3000)}E`
    assert.equal((await execute(engine, web.id, own)).result.trim(), '127.0.0.1 127.0.0.1')
    const posing = `python3 - <<'E'${visit('127.83.89.68', 3001)}E`
    assert.match((await execute(engine, web.id, posing)).result, /^refused/)
    for (const spec of [linked, stranger, web]) await engine.destroy(spec.id)
    await assertEmpty(ground)
  })
})
