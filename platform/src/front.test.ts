import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openSshPort } from '@sandyard/gateway'
import { createFront } from './front.ts'

test('who sends no head is let go; bodies and kept connections may take their time', async (t) => {
  const times = { headMs: 200, checkMs: 20 }
  const http = createFront(times)
  http.on('request', (request, response) => {
    if (request.readableEnded) response.end('whole')
    else request.resume().once('end', () => response.end('whole'))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const open = (said: string): { socket: Socket; closed: () => boolean; heard: () => string } => {
    const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
    let [text, isClosed] = ['', false]
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket
      .on('error', () => {})
      .once('close', () => {
        isClosed = true
      })
    socket.write(said)
    return { socket, closed: () => isClosed, heard: () => text }
  }
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n'
  const silent = open('')
  const half = open('GET / HTTP/1.1\r\nHost:')
  const slow = open(`${head}a`)
  const kept = open('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await delay(4 * times.headMs)
  assert.deepEqual([silent.closed(), half.closed(), slow.closed(), kept.closed()], [true, true, false, false])
  slow.socket.write('b')
  kept.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await delay(times.headMs)
  assert.match(slow.heard(), /whole/)
  assert.equal(kept.heard().match(/whole/g)?.length, 2)
  assert.ok(createFront().headersTimeout > 0, 'it is so in use')
})

test('when there are too many connections, the network that has most makes room', async (t) => {
  const http = createFront({ connections: 4 })
  http.on('request', (_, response) => response.end('served'))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: (http.address() as AddressInfo).port, host: '127.0.0.1', localAddress })
    await once(
      socket.on('error', () => {}),
      'connect',
    )
    return socket
  }
  const ask = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      if (socket.closed) resolve('closed')
      socket.once('data', (bytes) => resolve(String(bytes))).once('close', () => resolve('closed'))
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    })
  const greedy = [await open('127.0.0.2'), await open('127.0.0.2'), await open('127.0.0.2'), await open('127.0.0.2')]
  assert.match(await ask(await open('127.0.0.3')), /served/)
  assert.match(await ask(await open('127.0.0.4')), /served/)
  assert.match(await ask(await open('127.0.0.2')), /closed/, 'nobody makes room for who has most')
  const answers = await Promise.all(greedy.map(ask))
  assert.deepEqual(
    answers.map((answer) => answer.includes('served')),
    [false, false, true, true],
  )
})

test('whether a silent visitor is still there is asked soon', async (t) => {
  const http = createFront()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const ssh = await openSshPort(0, '127.0.0.1')
  t.after(() => {
    http.closeAllConnections()
    http.close()
    ssh.close()
  })
  for (const port of [(http.address() as AddressInfo).port, ssh.port]) {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    await delay(100)
    assert.ok(keepAliveS(port, socket.localPort ?? 0) <= 30)
  }
})

/** Time until the kernel asks the other end of our connection, seconds; Infinity: it does not. */
function keepAliveS(localPort: number, remotePort: number): number {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')
  const ends = `0100007F:${hex(localPort)} 0100007F:${hex(remotePort)} `
  const line = readFileSync('/proc/self/net/tcp', 'utf8')
    .split('\n')
    .find((one) => one.includes(ends))
  // The kind of the timer, and its time in hundredths of a second.
  const [, kind, left = ''] = / 01 \S+ (\d\d):([0-9A-F]+) /.exec(line ?? '') ?? []
  return kind === '02' ? Number.parseInt(left, 16) / 100 : Number.POSITIVE_INFINITY
}
