import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLines } from './lines.ts'
import { forwardRequest } from './request.ts'
import { chooseToCut, type Held } from './room.ts'
import { createWaiting } from './waiting.ts'

const endless = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
const short = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A program that writes without end at `/endless`, never answers at `/silent`, and a way in with so many lines to it. */
async function ground(t: TestContext, most: number) {
  const cut: string[] = []
  const sockets = new Set<Socket>()
  const program = createNetServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('data', (bytes) => {
      const path = / (\S+) /.exec(bytes.toString('latin1'))?.[1] ?? ''
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.once('close', () => cut.push(path))
      if (path === '/short') socket.write(short)
      if (path !== '/endless') return
      socket.write(endless)
      socket.on('drain', more)
      more()
    })
  })
  const inside = await listen(program)
  const lines = createLines(async () => {
    const stream = connect(inside, '127.0.0.1')
    await once(stream, 'connect')
    return stream
  }, most)
  const http = createServer((request, response) => {
    forwardRequest(request, response, {
      ...{ lines: () => lines, renew() {}, hold: () => () => {}, path: request.url ?? '' },
      network: String(request.headers['x-network']),
      rules: { inward: (_, value) => value, outward: (_, value) => value, addedInward: [], addedOutward: [] },
      fail: (error) => void response.writeHead(503).end(String(error)),
    })
  })
  const port = await listen(http)
  t.after(() => {
    lines.close()
    http.closeAllConnections()
    for (const server of [http, program]) server.close()
    for (const socket of sockets) socket.destroy()
  })
  // The time of the process, which passes faster here.
  const real = performance.now.bind(performance)
  let aheadMs = 0
  t.mock.method(performance, 'now', () => real() + aheadMs)
  return {
    cut,
    pass(ms: number) {
      aheadMs += ms
    },
    ask(path: string, network: string): Socket {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      t.after(() => socket.destroy())
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Network: ${network}\r\n\r\n`)
      return socket
    },
  }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** What comes first on a connection; `null` when nothing comes in time. */
async function heard(socket: Socket, ms = 2000): Promise<string | null> {
  const first = once(socket, 'data').then(([bytes]) => String(bytes))
  return Promise.race([first, delay(ms, null)])
}

test('clients that never read make room for the next one', async (t) => {
  const { ask, cut, pass } = await ground(t, 4)
  for (let count = 0; count < 4; count++) ask('/endless', 'a').pause()
  await delay(1000)
  const next = ask('/short', 'a')
  assert.equal(await heard(next, 600), null, 'they have a while for it')
  pass(31_000)
  assert.match((await heard(next)) ?? '', /ok$/)
  assert.deepEqual(cut, ['/endless'], 'one, for one')
})

test('a client that reads is not cut for others of its network', async (t) => {
  const { ask, cut, pass } = await ground(t, 2)
  const readers = [ask('/endless', 'a').resume(), ask('/endless', 'a').resume()]
  await delay(300)
  const next = ask('/short', 'a')
  for (let count = 0; count < 10; count++) {
    pass(20_000)
    await delay(100)
  }
  assert.deepEqual(cut, [])
  readers[0]?.destroy()
  assert.match((await heard(next)) ?? '', /ok$/)
})

test('a network that has more than half of all makes room for another, and is told why', async (t) => {
  const { ask, pass } = await ground(t, 4)
  const greedy = []
  for (let count = 0; count < 6; count++) {
    greedy.push(ask('/silent', 'a'))
    await delay(20)
  }
  const next = ask('/short', 'b')
  await delay(100)
  pass(2_000)
  assert.match((await heard(next)) ?? '', /ok$/)
  assert.match((await heard(greedy[0] as Socket)) ?? '', /503[\s\S]*Too many connections/)
  assert.equal(await heard(greedy[3] as Socket, 300), null)
})

test('who makes room: what takes nothing, of the network that has most of it all', () => {
  const held = (network: string, stalledSinceMs: number | null, sinceMs = 0): Held => ({
    ...{ network, stalledSinceMs, sinceMs },
  })
  const cut = (inUse: Held[], waiting: [string, number][] = [['z', 0]]) =>
    inUse.indexOf(chooseToCut(inUse, new Map(waiting), 100_000) as Held)
  assert.equal(cut([held('a', 2), held('b', 1), held('a', 3)]), 0)
  assert.equal(cut([held('a', 3), held('b', 1), held('a', 2), held('c', null)]), 2)
  assert.equal(cut([held('a', 90_000), held('b', null)]), -1, 'not for so long yet')
  assert.equal(cut([held('a', null, 2), held('a', null, 1), held('b', null)]), 1)
  assert.equal(cut([held('a', null), held('b', null)]), -1, 'nobody has more than half')
  assert.equal(cut([held('a', null), held('a', null)], [['a', 0]]), -1)
  assert.equal(cut([held('a', null), held('a', null)], [['b', 99_000]]), -1, 'somebody has only come')
})

test('networks that wait take turns', () => {
  const waiting = createWaiting<number>()
  const add = (network: string, at: number) => waiting.add(network, () => {}, at)
  for (let at = 0; at < 3; at++) add('a', at)
  const giveUp = add('b', 3)
  add('b', 4)
  giveUp()
  giveUp()
  assert.deepEqual(
    [waiting.count, [...waiting.networks()]],
    [
      4,
      [
        ...new Map([
          ['a', 0],
          ['b', 4],
        ]),
      ],
    ],
  )
  const order = Array.from({ length: 5 }, () => waiting.next()?.sinceMs)
  assert.deepEqual(order, [0, 4, 1, 2, undefined])
})
