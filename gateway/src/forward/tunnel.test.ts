import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { eventually, type Ground, known, readAll, startGround } from '../testing/ground.ts'

const host = `3000-${known.id}.localhost`
const token = `DAYTONA_SANDBOX_AUTH_KEY=${known.token}`

/** Port 3000 is a server that upgrades by hand; gives what it saw. */
async function startRaw(t: TestContext, accept: (socket: Duplex, head: Buffer) => void) {
  const ground = await startGround(t)
  const server = createServer((_request, response) => response.end('plain'))
  const seen: { headers: string[]; sockets: Duplex[] } = { headers: [], sockets: [] }
  server.on('upgrade', (request, socket, head) => {
    seen.headers.push(...request.rawHeaders)
    seen.sockets.push(socket)
    socket.on('error', () => {})
    accept(socket, head)
  })
  await ground.serve(3000, server)
  return { ground, seen }
}

const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-A: 1\r\nX-A: 2\r\n\r\n'

function startUpgrade(ground: Ground, extra = '', rest = ''): Socket {
  const socket = ground.dialGateway().on('error', () => {})
  const auth = `Host: ${host}\r\nX-Daytona-Preview-Token: ${known.token}\r\n`
  const head = `GET /ws?a=1 HTTP/1.1\r\n${auth}Connection: Upgrade\r\nUpgrade: echo\r\n${extra}\r\n`
  socket.write(head + rest)
  return socket
}

test('a WebSocket passes both ways with its subprotocol, to a toolbox and a preview', async (t) => {
  const ground = await startGround(t)
  for (const target of ['agent', 3000] as const) {
    const server = createServer()
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket, request) => {
      assert.doesNotMatch(request.rawHeaders.join() + request.url, new RegExp(`${known.token}|${known.key}`))
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
    await ground.serve(target, server)
  }
  const url = `ws://127.0.0.1:${ground.port}`
  const protocol = 'X-Daytona-SDK-Version~0.218.0'
  const clients = [
    () => new WebSocket(`${url}/toolbox/${known.id}/process/pty?${token}`, protocol),
    () => new WebSocket(url, protocol, { headers: { host, authorization: `Bearer ${known.key}` } }),
  ]
  for (const connect of clients) {
    const client = connect()
    await once(client, 'open')
    assert.equal(client.protocol, protocol)
    const big = Buffer.alloc(3_000_000, 1)
    client.send(big)
    const [echoed] = await once(client, 'message')
    assert.ok(big.equals(echoed))
    client.close(4001, 'bye')
    assert.deepEqual((await once(client, 'close'))[0], 4001)
  }
})

test('a client that leaves before its upgrade is answered is noticed inside', async (t) => {
  for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    const { ground, seen } = await startRaw(t, (socket) => socket.resume())
    const client = startUpgrade(ground, '', 'early')
    await eventually(() => seen.sockets.length === 1, 'the upgrade is inside')
    const [inside] = seen.sockets
    assert.equal(inside?.readableEnded, false)
    leave(client)
    await eventually(() => inside?.readableEnded === true || inside?.destroyed === true, 'the end is seen inside')
  }
})

test('bytes that come with the head on either side are not lost', async (t) => {
  const { ground, seen } = await startRaw(t, (socket) => {
    socket.write(`${switching}first `)
    socket.pipe(socket)
  })
  const socket = startUpgrade(ground, 'Sec-X: y\r\n', 'early ')
  socket.write('late')
  setTimeout(() => socket.end(), 50)
  const all = await readAll(socket)
  const [head = '', body] = all.split('\r\n\r\n')
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  assert.match(head, /X-A: 1\r\nX-A: 2\r\nConnection: Upgrade\r\nUpgrade: echo/)
  assert.equal(body, 'first early late')
  const lines = seen.headers.join('|')
  assert.match(lines, /Sec-X\|y/)
  assert.match(lines, /Host\|localhost:3000/)
})

test('an answer that is no upgrade is relayed and ends the connection', async (t) => {
  const { ground } = await startRaw(t, (socket) => {
    socket.end('HTTP/1.1 426 Not So\r\nTransfer-Encoding: chunked\r\nX-Why: z\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
  })
  const all = await readAll(startUpgrade(ground))
  assert.match(all, /^HTTP\/1\.1 426 Not So\r\nX-Why: z\r\nConnection: close\r\n\r\nabc$/)
})

test('refusals of an upgrade are JSON', async (t) => {
  const ground = await startGround(t)
  const speak = (target: string) => {
    const socket = ground.dialGateway()
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    return readAll(socket)
  }
  assert.match(await speak('/'), /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*"code":"UNAUTHORIZED"/)
  assert.match(await speak(`/?${token}`), /^HTTP\/1\.1 502 Bad Gateway\r\n[\s\S]*"message":"Nothing listens/)
  await ground.serve(3000, (request) => request.socket.destroy())
  assert.match(await speak(`/?${token}`), /^HTTP\/1\.1 502 /)
  ground.sandbox.state = 'stopped'
  ground.gateway.forget(known.id)
  assert.match(await speak(`/?${token}`), /^HTTP\/1\.1 409 /)
})

test('an offer of HTTP/2 is answered as a plain request, with its body', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    response.end(`${request.headers.upgrade} ${request.headers['http2-settings']} ${body}`)
  })
  const socket = ground.dialGateway()
  socket.write(
    `POST /toolbox/${known.id}/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${known.key}\r\n` +
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 4\r\n\r\nbody',
  )
  assert.match(await readAll(socket), /^HTTP\/1\.1 200[\s\S]*undefined undefined body/)
})

test('a side that breaks takes the other with it', async (t) => {
  const { ground, seen } = await startRaw(t, (socket) => socket.resume().write(switching))
  const first = startUpgrade(ground)
  await once(first, 'data')
  first.resetAndDestroy()
  await eventually(() => seen.sockets[0]?.readableEnded === true, 'the inside is closed')

  const second = startUpgrade(ground)
  await once(second, 'data')
  seen.sockets[1]?.destroy()
  await once(second.resume(), 'close')

  const third = startUpgrade(ground)
  await once(third, 'data')
  await ground.gateway.close()
  await once(third.resume(), 'close')
})

test('one direction may end while the other goes on', async (t) => {
  const { ground } = await startRaw(t, (socket) => {
    socket.write(switching)
    socket.resume().once('end', () => setTimeout(() => socket.end('after the end'), 30))
  })
  const socket = startUpgrade(ground)
  socket.end()
  assert.match(await readAll(socket), /after the end$/)
})

test('what is half open is closed inside too when the gateway ends', async (t) => {
  const { ground, seen } = await startRaw(t, (socket) => socket.resume().write(switching))
  const socket = startUpgrade(ground)
  await once(socket, 'data')
  socket.end()
  const [inside] = seen.sockets
  await eventually(() => inside?.readableEnded === true, 'the end is seen inside')
  await ground.gateway.close()
  await eventually(() => {
    inside?.write('for nobody')
    return inside?.destroyed === true
  }, 'whoever writes on is told')
})

test('use is told while a tunnel is open', async (t) => {
  const { ground } = await startRaw(t, (socket) => socket.write(switching))
  const socket = startUpgrade(ground)
  await once(socket, 'data')
  assert.deepEqual(ground.touched, [known.id])
  socket.destroy()
})
