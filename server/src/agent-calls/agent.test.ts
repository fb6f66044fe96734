import assert from 'node:assert/strict'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileRoutes, infoRoutes } from '@sandyard/protocol'
import { agentOf } from './agent.ts'
import { WebSocketFrames } from './frames.ts'

describe('calls to an agent that somebody else has taken the place of', () => {
  let server: Server
  let port: number
  /** what it does with a connection after the first bytes */
  let answer: (socket: Socket) => void = () => undefined
  const sockets = new Set<Socket>()

  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
      socket.once('data', () => answer(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as { port: number }).port
  })
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  const agent = agentOf({ dial: async () => connect(port, '127.0.0.1') }, 'id')
  const head = (length: number, status = '200 OK') => `HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\n\r\n`

  it('take only what the row says', async () => {
    answer = (socket) => socket.end(`${head(13)}{"ports":[1]}`)
    assert.deepEqual(await agent.call(infoRoutes.getPorts), { ports: [1] })
    for (const body of ['{"ports":"all"}', 'nonsense', '[]', '{"ports":[{}]}']) {
      answer = (socket) => socket.end(`${head(body.length)}${body}`)
      await assert.rejects(agent.call(infoRoutes.getPorts), { code: 'BAD_GATEWAY' })
    }
  })

  it('end what is too long or takes too long', async () => {
    answer = (socket) => {
      socket.write(head(1e9))
      const timer = setInterval(() => socket.write(Buffer.alloc(64 * 1024)), 1)
      socket.on('close', () => clearInterval(timer))
    }
    await assert.rejects(agent.call(infoRoutes.getPorts), { code: 'BAD_GATEWAY', message: /more than 1048576 bytes/ })
    const asked = { query: { path: '/x' } }
    assert.equal((await agent.bytes(fileRoutes.downloadFile, asked, { mostBytes: 1000 })).length, 1000)
    answer = () => undefined
    await assert.rejects(agent.call(infoRoutes.getPorts, {}, { deadlineMs: 100 }), { code: 'REQUEST_GATEWAY_TIMEOUT' })
    answer = (socket) => socket.write('HTTP/1.1 101 Switching\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n')
    await assert.rejects(agent.call(infoRoutes.getPorts), { code: 'BAD_GATEWAY' })
    for (const endMs = performance.now() + 2000; sockets.size > 0; await pause(10)) {
      assert.ok(performance.now() < endMs, 'no connection stays open')
    }
    answer = (socket) => socket.destroy()
    await assert.rejects(agent.call(infoRoutes.getPorts), { code: 'BAD_GATEWAY' })
    const late = agentOf({ dial: () => new Promise(() => undefined) }, 'id')
    await assert.rejects(late.call(infoRoutes.getPorts, {}, { deadlineMs: 50 }), { code: 'REQUEST_GATEWAY_TIMEOUT' })
  })

  it('tell failures in bounds, with codes that are known', async () => {
    const told = JSON.stringify({ code: 'FILE_NOT_FOUND', message: 'x'.repeat(10_000) })
    answer = (socket) => socket.end(`${head(told.length, '404 Not Found')}${told}`)
    await assert.rejects(agent.call(infoRoutes.getPorts), ({ code, message }: Error & { code: string }) => {
      assert.deepEqual([code, message.length], ['FILE_NOT_FOUND', 2000])
      return true
    })
    const odd = JSON.stringify({ code: 'toString', message: { a: 1 } })
    answer = (socket) => socket.end(`${head(odd.length, '500 No')}${odd}`)
    await assert.rejects(agent.call(infoRoutes.getPorts), { code: 'BAD_GATEWAY', message: 'The agent answered 500' })
  })

  it('end a log that is no stream of a log', async () => {
    const log = { sessionId: 's', commandId: 'c', offset: 0 }
    const read = async () => {
      for await (const _ of agent.follow(log, AbortSignal.timeout(5000)));
    }
    answer = (socket) => socket.end(`${head(0, '404 Not Found')}`)
    await assert.rejects(read(), { code: 'PROCESS_NOT_FOUND' })
    const upgraded = 'HTTP/1.1 101 Switching\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'
    for (const bytes of [
      Buffer.from([0x82, 0xff]),
      Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]),
      Buffer.from([0xf2, 1]),
    ]) {
      answer = (socket) => socket.end(Buffer.concat([Buffer.from(upgraded), bytes]))
      await assert.rejects(read(), { code: 'BAD_GATEWAY' })
    }
    answer = (socket) => socket.end(upgraded)
    await assert.rejects(read(), { code: 'BAD_GATEWAY' }, 'an end that was not told is none')
  })

  it('keep no answers to pings for who does not read them', async () => {
    const pings = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([0x89, 0])))
    const close = Buffer.from([0x88, 2, 0x03, 0xe8])
    let most = 0
    const stream = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        if (!chunk.toString('latin1').startsWith('GET ')) return
        done()
        this.push('HTTP/1.1 101 Switching\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
        for (let count = 0; count < 20; count++) this.push(pings)
        this.push(close)
      },
      destroy(error, done) {
        most = this.writableLength
        done(error)
      },
    })
    const pinged = agentOf({ dial: async () => stream }, 'id')
    for await (const _ of pinged.follow({ sessionId: 's', commandId: 'c', offset: 0 }, AbortSignal.timeout(5000)));
    assert.ok(most > 0 && most < 20_000, `${most} bytes`)
  })

  it('read frames however they are cut', () => {
    const bytes = Buffer.concat([
      Buffer.from([0x82, 2, 1, 2]),
      Buffer.from([0x82, 126, 1, 0]),
      Buffer.alloc(256, 7),
      Buffer.from([0x88, 2, 0x03, 0xe8]),
    ])
    for (const size of [1, 3, 100, bytes.length]) {
      const frames = new WebSocketFrames()
      const found = []
      for (let at = 0; at < bytes.length; at += size) found.push(...frames.push(bytes.subarray(at, at + size)))
      assert.deepEqual(
        found.map(({ opcode, body }) => [opcode, body.length]),
        [
          [2, 2],
          [2, 256],
          [8, 2],
        ],
      )
    }
  })
})
