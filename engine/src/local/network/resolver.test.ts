import assert from 'node:assert/strict'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openResolver, type Resolver } from './resolver.ts'

const gateway = '127.53.0.1'
const upstream = '127.53.0.2'
const stranger = '127.53.0.3'

/** Real sockets on loopback: the resolver and the one it asks have the same port at addresses of their own. */
describe('the resolver of the sandboxes', () => {
  let port: number
  let udp: UdpSocket
  let tcp: Server
  let upstreams: string[]
  let resolver: Resolver
  let asked: { query: Buffer; reply(answer: Buffer): void; port: number }[]
  const closing: (() => void)[] = []

  beforeEach(async () => {
    upstreams = [upstream]
    asked = []
    tcp = createServer({ allowHalfOpen: true })
    tcp.listen(0, upstream)
    await once(tcp, 'listening')
    port = (tcp.address() as AddressInfo).port
    udp = createSocket('udp4')
    udp.on('message', (query, sender) =>
      asked.push({ query, reply: (answer) => udp.send(answer, sender.port, sender.address), port: sender.port }),
    )
    await new Promise<void>((resolve) => udp.bind(port, upstream, resolve))
    resolver = await openResolver(gateway, { port, upstreams: () => upstreams })
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) close()
    await resolver.close()
    udp.close()
    tcp.close()
  })

  async function client(): Promise<{ ask(query: Buffer): void; answers: Buffer[] }> {
    const socket = createSocket('udp4')
    closing.push(() => socket.close())
    const answers: Buffer[] = []
    socket.on('message', (answer) => answers.push(answer))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return { ask: (query) => socket.send(query, port, gateway), answers }
  }

  it('passes queries on and answers back, each to its sender', async () => {
    const one = await client()
    const two = await client()
    one.ask(message(1, 'one'))
    two.ask(message(1, 'two'))
    await until(() => asked.length === 2)
    assert.notEqual(asked[0]?.port, asked[1]?.port, 'each query goes out by a port of its own')
    for (const { query, reply } of asked) reply(Buffer.concat([query, Buffer.from('!')]))
    await until(() => one.answers.length === 1 && two.answers.length === 1)
    assert.equal(one.answers[0]?.toString('latin1', 12), 'one!')
    assert.equal(two.answers[0]?.toString('latin1', 12), 'two!')
  })

  it('takes no answer of a stranger, with another id, or too short', async () => {
    const asker = await client()
    asker.ask(message(7, 'query'))
    await until(() => asked.length === 1)
    const [{ port: to, reply } = assert.fail()] = asked
    const forger = createSocket('udp4')
    closing.push(() => forger.close())
    await new Promise<void>((resolve) => forger.bind(port, stranger, resolve))
    forger.send(message(7, 'forged'), to, gateway)
    forger.send(message(7, 'forged'), to, '127.0.0.1')
    reply(message(8, 'other'))
    reply(Buffer.from([0, 7]))
    await sleep(30)
    assert.equal(asker.answers.length, 0)
    reply(message(7, 'true'))
    await until(() => asker.answers.length === 1)
    assert.equal(asker.answers[0]?.toString('latin1', 12), 'true')
  })

  it('passes on nothing that is no query, nor more than one sandbox may ask', async () => {
    const asker = await client()
    asker.ask(Buffer.from('short'))
    for (let id = 0; id < 140; id++) asker.ask(message(id, 'flood'))
    await until(() => asked.length === 128)
    await sleep(30)
    assert.equal(asked.length, 128)
    // Each answer makes room for one more.
    asked[0]?.reply(asked[0].query)
    await until(() => asker.answers.length === 1)
    asker.ask(message(999, 'next'))
    await until(() => asked.length === 129)
  })

  it('lives on where there is nobody to ask', async () => {
    const asker = await client()
    for (const none of [[], ['not-an-address.invalid'], ['127.53.0.9']]) {
      upstreams = none
      asker.ask(message(1, 'query'))
      await sleep(10)
    }
    upstreams = [upstream]
    asker.ask(message(2, 'query'))
    await until(() => asked.some(({ query }) => query.readUInt16BE(0) === 2))
  })

  it('passes TCP through both ways, halves too', async () => {
    tcp.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    const socket = connect({ port, host: gateway, allowHalfOpen: true })
    closing.push(() => socket.destroy())
    const query = Buffer.alloc(60_000, 'q')
    socket.end(query)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    assert.ok(Buffer.concat(chunks).equals(query))
  })

  it('ends a TCP client when the other side is not there', async () => {
    upstreams = ['127.53.0.9']
    const socket = connect({ port, host: gateway })
    closing.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write('query')
    await once(socket, 'close')
  })

  it('takes no more TCP connections of one sandbox than it may have', async () => {
    const sockets = Array.from({ length: 20 }, () => connect({ port, host: gateway }))
    closing.push(...sockets.map((socket) => () => socket.destroy()))
    let closed = 0
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.on('close', () => closed++)
    }
    await until(() => closed === 4)
    await sleep(30)
    assert.equal(closed, 4)
  })

  it('closes at once, whoever still asks', async () => {
    const asker = await client()
    asker.ask(message(1, 'query'))
    const socket = connect({ port, host: gateway })
    closing.push(() => socket.destroy())
    socket.on('error', () => {})
    const connected = once(tcp, 'connection')
    const dripping = setInterval(() => socket.write('x'), 5)
    await connected
    await until(() => asked.length === 1)
    const startedAt = performance.now()
    await resolver.close()
    clearInterval(dripping)
    assert.ok(performance.now() - startedAt < 1000)
    resolver = await openResolver(gateway, { port, upstreams: () => upstreams })
  })

  it('keeps nothing when it cannot listen', async () => {
    await assert.rejects(openResolver(gateway, { port, upstreams: () => upstreams }), { code: 'EADDRINUSE' })
    const blocker = createServer()
    blocker.listen(port, stranger)
    await once(blocker, 'listening')
    await assert.rejects(openResolver(stranger, { port, upstreams: () => upstreams }), { code: 'EADDRINUSE' })
    const again = createSocket('udp4')
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject)
      again.bind(port, stranger, resolve)
    })
    again.close()
    blocker.close()
  })
})

function message(id: number, text: string): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id)
  return Buffer.concat([head, Buffer.from(text)])
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 4000
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, 'it did not come to that in time')
    await sleep(2)
  }
}
