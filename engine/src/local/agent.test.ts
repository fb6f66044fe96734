import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { dialAgent, openLifeline, waitForAgent } from './agent.ts'

/** Stand-ins for agents: programs in a sandbox may put anything in the place of the real one. */
describe('the way to an agent', () => {
  let folder: string
  let path: string
  let server: Server | null
  const sockets = new Set<Socket>()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-agent-'))
    path = join(folder, 'agent.sock')
    server = null
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())))
    rmSync(folder, { recursive: true })
  })

  async function standIn(onConnection: (socket: Socket) => void): Promise<void> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      onConnection(socket)
    }).listen(path)
    await once(server, 'listening')
  }

  const answering = (text: string) => standIn((socket) => socket.once('data', () => socket.write(text)))
  const dialPort = () => dialAgent(path, 'one', { kind: 'port', port: 80 })
  const noListener = { code: 'BAD_GATEWAY', message: 'Nothing listens on port 80 of sandbox one' }

  describe('waits for the first answer', () => {
    it('and takes a good one, also in pieces', async () => {
      await standIn((socket) => {
        socket.once('data', async (chunk: Buffer) => {
          assert.match(chunk.toString(), /^GET \/lifeline HTTP\/1\.1\r\n/)
          for (const part of ['HTTP/1', '.1 200 OK\r', '\nA: b\r\n\r', '\n']) {
            socket.write(part)
            await sleep(5)
          }
        })
      })
      await waitForAgent(path, 2000)
    })

    it('but not longer than it may', async () => {
      await standIn((socket) => socket.resume())
      await assert.rejects(waitForAgent(path, 50), /did not answer within 50 ms/)
    })

    it('nor longer for one that drips bytes', async () => {
      await standIn((socket) => {
        const timer = setInterval(() => socket.write('H'), 5)
        socket.once('close', () => clearInterval(timer))
      })
      await assert.rejects(waitForAgent(path, 80), /did not answer within 80 ms/)
    })

    it('and refuses every other', async () => {
      await answering('HTTP/1.1 500 No\r\n\r\n')
      await assert.rejects(waitForAgent(path, 2000), /The agent answered "HTTP\/1\.1 500 No"/)
    })

    it('and takes a flood for an end', async () => {
      await standIn((socket) => socket.write('x'.repeat(1_000_000)))
      await assert.rejects(waitForAgent(path, 2000), /ended before it answered/)
    })

    it('and sees an end', async () => {
      await standIn((socket) => socket.end())
      await assert.rejects(waitForAgent(path, 2000), /ended before it answered/)
      await assert.rejects(waitForAgent(join(folder, 'none'), 2000), /ended before it answered/)
    })
  })

  describe('to the agent itself', () => {
    it('is the plain stream', async () => {
      await standIn((socket) => socket.pipe(socket))
      const stream = await dialAgent(path, 'one', { kind: 'agent' })
      stream.end('hello')
      assert.equal(await textOf(stream), 'hello')
    })

    it('is closed where nobody listens', async () => {
      await assert.rejects(dialAgent(path, 'one', { kind: 'agent' }), {
        code: 'SERVICE_UNAVAILABLE',
        message: 'Sandbox one is not running',
      })
    })
  })

  describe('to a port', () => {
    it('goes on after the blank line, and what came with it is not lost', async () => {
      await answering('HTTP/1.1 200 Connected\r\nA: b\r\n\r\nfirst words')
      const stream = await dialPort()
      const text = textOf(stream)
      for (const socket of sockets) socket.end(', more')
      assert.equal(await text, 'first words, more')
    })

    it('goes on when the head comes byte by byte', async () => {
      await standIn((socket) => {
        socket.once('data', async (chunk: Buffer) => {
          assert.match(chunk.toString(), /^CONNECT 127\.0\.0\.1:80 HTTP\/1\.1\r\n/)
          for (const byte of 'HTTP/1.1 200 OK\r\n\r\nab') {
            socket.write(byte)
            await sleep(1)
          }
          socket.end()
        })
      })
      assert.equal(await textOf(await dialPort()), 'ab')
    })

    it('carries bytes both ways, whatever they are', async () => {
      await standIn((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          socket.pipe(socket)
        })
      })
      const stream = await dialPort()
      const bytes = Buffer.alloc(300_000, Buffer.from([0, 13, 10, 13, 10, 255]))
      stream.end(bytes)
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk as Buffer)
      assert.ok(Buffer.concat(chunks).equals(bytes))
    })

    it('is refused when the agent refuses, says something else, or ends', async () => {
      const answers = [
        'HTTP/1.1 502 Bad Gateway\r\n\r\n',
        'HTTP/1.1 2000 OK\r\n\r\n',
        'SSH-2.0-OpenSSH\r\n\r\n',
        '\r\n\r\n',
      ]
      let next = 0
      await standIn((socket) => {
        socket.once('data', () => {
          const answer = answers[next++]
          if (answer === undefined) socket.destroy()
          else socket.write(answer)
        })
      })
      for (let i = 0; i <= answers.length; i++) await assert.rejects(dialPort(), noListener)
      assert.equal(next, answers.length + 1)
    })

    it('is refused when the head has no end, and the stream is closed', async () => {
      await answering(`HTTP/1.1 200 ${'x'.repeat(20_000)}`)
      await assert.rejects(dialPort(), noListener)
      await until(() => [...sockets].every((socket) => socket.readableEnded))
    })

    it('is refused when the agent says nothing in its time', async (context) => {
      context.mock.timers.enable({ apis: ['setTimeout'] })
      const connected = Promise.withResolvers<void>()
      await standIn((socket) => socket.once('data', () => connected.resolve()))
      const dialled = assert.rejects(dialPort(), {
        code: 'REQUEST_GATEWAY_TIMEOUT',
        message: 'Port 80 of sandbox one did not answer',
      })
      await connected.promise
      context.mock.timers.tick(10_000)
      await dialled
    })
  })

  describe('by a lifeline', () => {
    it('tells the end once', async () => {
      await standIn((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      let ends = 0
      openLifeline(path, () => ends++)
      await until(() => sockets.size === 1)
      await sleep(20)
      assert.equal(ends, 0)
      for (const socket of sockets) socket.destroy()
      await until(() => ends === 1)
      await sleep(10)
      assert.equal(ends, 1)
    })

    it('tells that there is nobody', async () => {
      await new Promise<void>((resolve) => openLifeline(path, resolve))
    })

    it('says nothing once it is closed', async () => {
      await standIn((socket) => socket.resume())
      let ends = 0
      const lifeline = openLifeline(path, () => ends++)
      await until(() => sockets.size === 1)
      lifeline.close()
      await until(() => [...sockets].every((socket) => socket.readableEnded))
      await sleep(10)
      assert.equal(ends, 0)
    })

    it('is cut by an agent that talks on and on', async () => {
      await standIn((socket) => {
        const timer = setInterval(() => socket.write('x'.repeat(1000)), 1)
        socket.once('close', () => clearInterval(timer))
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      const late = setTimeout(() => assert.fail('the lifeline holds'), 3000)
      openLifeline(path, resolve)
      await promise
      clearTimeout(late)
    })
  })
})

async function textOf(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 4000
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, 'it did not come to that in time')
    await sleep(2)
  }
}
