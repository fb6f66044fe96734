import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { Secretive } from '../network/secretive.ts'
import { openAuthority } from './authority.ts'
import { openProxy } from './proxy.ts'

const name = 'api.one.test'

/** A proxy to a host that takes every connection and never says a word; TLS to it is left out. */
async function ground(t: TestContext, limits?: { readonly all: number; readonly own: number }) {
  const data = mkdtempSync(join(tmpdir(), 'sandyard-proxy-'))
  const taken: Socket[] = []
  const host = createServer((socket) => taken.push(socket.on('error', () => {}).resume()))
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  const { port } = host.address() as AddressInfo
  const who: Secretive = {
    sandboxId: 'one',
    isSecretHost: (asked) => asked === name,
    placeholdersOf: () => [],
    mayAsk: () => true,
    addressesOf: async () => ['127.0.0.1'],
    mayReach: () => true,
    refused() {},
  }
  const proxy = await openProxy({
    gateway: '127.0.0.1',
    ports: [0],
    places: { secretiveAt: async () => who, onChange() {} },
    authority: await openAuthority(data),
    dialer: {
      dial: async () => connect(port, '127.0.0.1'),
      secure: async (socket) => socket as never,
    },
    ...(limits === undefined ? {} : { limits }),
  })
  const ends: Socket[] = []
  t.after(async () => {
    for (const socket of [...ends, ...taken]) socket.destroy()
    host.close()
    await proxy.close()
    rmSync(data, { recursive: true })
  })
  return {
    taken,
    /** Connects as a sandbox of this address. */
    async dial(localAddress: string): Promise<Socket> {
      const socket = connect({ host: '127.0.0.1', port: proxy.port, localAddress }).on('error', () => {})
      ends.push(socket)
      await once(socket.resume(), 'connect')
      return socket
    },
  }
}

test('when all connections are taken, who has most makes room for those who have few', async (t) => {
  const { dial } = await ground(t, { all: 4, own: 3 })
  const greedy = [await dial('127.0.0.2'), await dial('127.0.0.2'), await dial('127.0.0.2')]
  const [oldest] = greedy
  const other = await dial('127.0.0.3')
  const gone = once(oldest as Socket, 'close')
  const late = await dial('127.0.0.4')
  await gone
  const stay = [...greedy.slice(1), other, late]
  assert.deepEqual(
    stay.map(({ closed }) => closed),
    stay.map(() => false),
  )
})

test('who sends request after request to a silent host is cut off', async (t) => {
  const { dial, taken } = await ground(t)
  const socket = connectTls({ socket: await dial('127.0.0.2'), servername: name, rejectUnauthorized: false })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const gone = new Promise((resolve) => socket.once('close', resolve))
  const request = `GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`
  socket.write(request)
  while (taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  socket.write(request.repeat(2000))
  await gone
})
