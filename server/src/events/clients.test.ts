import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { io } from 'socket.io-client'
import WebSocket from 'ws'
import { createFeed } from '../sandboxes/feed.ts'
import { listen } from '../testing/listen.ts'
import { adminKey, openTestServer, until } from '../testing/test-server.ts'
import { createEvents } from './socket.ts'

/** A client that knows only the packets, as the Go client does; with all that it was sent. */
function connectPlain(url: string): { socket: WebSocket; packets: string[] } & Disposable {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/socket.io/?EIO=4&transport=websocket`)
  const packets: string[] = []
  socket.on('message', (data) => packets.push(String(data)))
  socket.on('error', () => {})
  return { socket, packets, [Symbol.dispose]: () => socket.terminate() }
}

test('a client that knows only the packets of the protocol is served', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using client = connectPlain(site.url)
  await until(() => client.packets.length === 1)
  const hello = client.packets[0] ?? ''
  assert.equal(hello[0], '0')
  const { sid, pingInterval, pingTimeout } = JSON.parse(hello.slice(1))
  assert.equal(typeof sid, 'string')
  assert.deepEqual([pingInterval, pingTimeout], [25_000, 20_000])
  client.socket.send(`40${JSON.stringify({ token: adminKey })}`)
  await until(() => client.packets.length === 2)
  assert.match(client.packets[1] ?? '', /^40\{"sid":"[^"]+"\}$/)
  const { id } = await server.create()
  await until(() => client.packets.length === 4)
  const [created, started] = client.packets.slice(2).map((packet) => JSON.parse(packet.slice(2)))
  assert.deepEqual([created[0], created[1].id], ['sandbox.created', id])
  assert.deepEqual([started[0], started[1].sandbox.id, started[1].newState], ['sandbox.state.updated', id, 'started'])

  using stranger = connectPlain(site.url)
  await until(() => stranger.packets.length === 1)
  stranger.socket.send('40{"token":"wrong"}')
  await until(() => stranger.packets.length === 2)
  assert.equal(stranger.packets[1], '44{"message":"Invalid credentials"}')
})

test('signs of life are asked for, and who gives none is let go', async () => {
  const feeds = { feed: createFeed, snapshotFeed: createFeed, volumeFeed: createFeed, accessFeed: createFeed }
  const made = Object.fromEntries(Object.entries(feeds).map(([name, make]) => [name, make()]))
  const authenticate = Object.assign(async () => null, { forget: () => {}, forgetAll: () => {} })
  const home = { origin: 'http://localhost:3000' }
  // What is made of feeds, credentials and links is looked at elsewhere; here nobody signs in.
  const events = createEvents({ ...made, authenticate, home, clock: () => 0, pingMs: 60 } as unknown as Parameters<
    typeof createEvents
  >[0])
  const http = createServer()
  http.on('upgrade', (request, socket, head) => void events.handleUpgrade(request, socket, head))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  using client = connectPlain(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
  client.socket.on('message', (data) => {
    if (String(data) === '2') client.socket.send('3')
  })
  await until(() => client.packets.filter((packet) => packet === '2').length >= 3)
  assert.equal(client.socket.readyState, WebSocket.OPEN)
  client.socket.terminate()
  await events.close()
  http.close()
})

test('a client that has lost its connection comes back and hears on', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const socket = io(site.url, {
    path: '/api/socket.io/',
    transports: ['websocket'],
    forceNew: true,
    auth: { token: adminKey },
    reconnectionDelay: 20,
  })
  try {
    const heard: string[] = []
    socket.on('sandbox.created', ({ id }: { id: string }) => heard.push(id))
    await until(() => socket.connected)
    const first = await server.create()
    await until(() => heard.length === 1)
    let connections = 0
    socket.on('connect', () => {
      connections += 1
    })
    socket.io.engine.close()
    await until(() => connections === 1 && socket.connected)
    const second = await server.create()
    await until(() => heard.length === 2)
    assert.deepEqual(heard, [first.id, second.id])
  } finally {
    socket.disconnect()
  }
})

test('a client that does not read is let go, and the others hear everything', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using slow = connectPlain(site.url)
  using quick = connectPlain(site.url)
  for (const client of [slow, quick]) {
    await until(() => client.packets.length === 1)
    client.socket.send(`40${JSON.stringify({ token: adminKey })}`)
    await until(() => client.packets.length === 2)
  }
  slow.socket.pause()
  // Each event carries 200 KB, so that what the kernel takes for a connection is soon full.
  const env = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`A${index}`, 'x'.repeat(50_000)]))
  const { id } = await server.create({ env })
  for (let index = 0; index < 60; index += 1) {
    await server.call(`POST /sandbox/${id}/${index % 2 === 0 ? 'stop' : 'start'}`)
  }
  const last = (await server.call(`GET /sandbox/${id}`)).body
  await until(() => quick.packets.at(-1)?.includes(`"newState":"${last.state}"`) === true)
  const closed = new Promise((resolve) => slow.socket.once('close', resolve))
  slow.socket.resume()
  await closed
  assert.ok(slow.packets.length < quick.packets.length)
  assert.equal(quick.socket.readyState, WebSocket.OPEN)
  assert.deepEqual(server.faults, [])
})
