import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startAgent, type TestAgent } from '../agent.fixture.ts'

describe('tunnel', () => {
  let agent: TestAgent
  const servers: Server[] = []
  before(async () => {
    agent = await startAgent()
  })
  after(() => {
    for (const server of servers) server.close() // what a test that failed has left
    return agent[Symbol.asyncDispose]()
  })

  const dial = (path: string): Promise<{ status: number; socket: Socket; head: Buffer }> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: agent.socketPath, method: 'CONNECT', path })
      outgoing.once('connect', (response: IncomingMessage, socket, head) =>
        resolve({ status: response.statusCode ?? 0, socket: socket as Socket, head }),
      )
      outgoing.once('error', reject)
      outgoing.end()
    })
  const listen = async (
    host: string,
    onSocket: (socket: Socket) => void,
    allowHalfOpen = false,
  ): Promise<[Server, number]> => {
    const server = createServer({ allowHalfOpen }, onSocket).listen(0, host)
    servers.push(server)
    await once(server, 'listening')
    return [server, (server.address() as AddressInfo).port]
  }
  const readAll = async (socket: Socket): Promise<Buffer> => {
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  for (const host of ['127.0.0.1', '::1']) {
    it(`carries bytes both ways, and half an end, to ${host}`, async () => {
      const answer = async (socket: Socket): Promise<void> => {
        const received = await readAll(socket)
        socket.end(`got ${received.length}`)
      }
      const [server, port] = await listen(host, (socket) => void answer(socket), true)
      const { status, socket } = await dial(`127.0.0.1:${port}`)
      assert.equal(status, 200)
      socket.allowHalfOpen = true
      socket.end(Buffer.alloc(5_000_000, 'x'))
      assert.equal((await readAll(socket)).toString(), 'got 5000000')
      server.close()
    })
  }

  it('is no faster than its reader', async () => {
    let sent = 0
    const [server, port] = await listen('127.0.0.1', (socket) => {
      const piece = Buffer.alloc(64 * 1024)
      const push = (): void => {
        while (sent < 200_000_000) {
          sent += piece.length
          if (!socket.write(piece)) return
        }
      }
      socket.on('drain', push).on('error', () => {})
      push()
    })
    const { socket } = await dial(`127.0.0.1:${port}`)
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.ok(sent < 30_000_000, `${sent} bytes left the server`)
    socket.destroy()
    server.close()
  })

  it('ends the other side when one breaks', async () => {
    const closed = Promise.withResolvers<void>()
    const [server, port] = await listen('127.0.0.1', (socket) => {
      socket.on('error', () => {}).once('close', () => closed.resolve())
      socket.resume()
    })
    const { socket } = await dial(`127.0.0.1:${port}`)
    socket.destroy()
    await closed.promise
    server.close()
  })

  it('says that nothing listens', async () => {
    const [server, port] = await listen('127.0.0.1', () => {})
    server.close()
    await once(server, 'close')
    const { status, socket, head } = await dial(`127.0.0.1:${port}`)
    assert.equal(status, 502)
    assert.equal(JSON.parse(Buffer.concat([head, await readAll(socket)]).toString()).code, 'BAD_GATEWAY')
  })

  for (const target of [
    '10.0.0.1:80',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.2:80',
    'example.org:80',
    '127.0.0.1',
  ]) {
    it(`refuses ${target}`, async () => {
      const { status, socket } = await dial(target)
      socket.destroy()
      assert.equal(status, 400)
    })
  }

  it('has a lifeline that ends with the agent and not before', async () => {
    const own = await startAgent()
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ socketPath: own.socketPath, path: '/lifeline' }, resolve).once('error', reject)
    })
    assert.equal(response.statusCode, 200)
    let isOver = false
    const over = new Promise<void>((resolve) => {
      response.once('close', () => {
        isOver = true
        resolve()
      })
    })
    response.on('error', () => {}).resume()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(isOver, false)
    const begin = performance.now()
    own.child.kill('SIGTERM')
    await over
    if (own.child.exitCode === null) await once(own.child, 'exit')
    assert.equal(own.child.exitCode, 0)
    assert.ok(performance.now() - begin < 1000)
    await own[Symbol.asyncDispose]()
  })
})
