import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createNetServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually, known, readAll, startGround } from '../testing/ground.ts'

const host = `3000-${known.id}.localhost`
const auth = `Host: ${host}\r\nX-Daytona-Preview-Token: ${known.token}\r\n`
const headers = { 'x-daytona-preview-token': known.token }
const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** Port 3000 is written by hand: told of each piece that comes on each of its connections, the first being 0. */
async function startRaw(
  t: Parameters<typeof startGround>[0],
  onData: (socket: Socket, text: string, nth: number) => void,
) {
  const ground = await startGround(t)
  let count = 0
  const sockets: Socket[] = []
  await ground.serve(
    3000,
    createNetServer({ allowHalfOpen: true }, (socket) => {
      const nth = count++
      sockets.push(socket.on('error', () => {}))
      socket.on('data', (bytes) => onData(socket, bytes.toString('latin1'), nth))
    }),
  )
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { ground, sockets }
}

test('what comes behind an answer is nobody’s answer', async (t) => {
  for (const extra of [answer('poison'), 'HTTP/1.1 200 OK\r\n', '\r\n', 'x']) {
    const { ground } = await startRaw(t, (socket, _text, nth) =>
      socket.write(nth === 0 ? answer('first') + extra : answer('second')),
    )
    assert.equal((await ground.ask({ host, headers })).text, 'first')
    assert.equal((await ground.ask({ host, headers })).text, 'second', JSON.stringify(extra))
    assert.equal(ground.dialled.length, 2)
  }
})

test('what comes on a connection that rests is nobody’s answer', async (t) => {
  const { ground, sockets } = await startRaw(t, (socket, _text, nth) => socket.write(answer(`by ${nth}`)))
  assert.equal((await ground.ask({ host, headers })).text, 'by 0')
  sockets[0]?.write(answer('poison'))
  await eventually(() => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true, 'it is dropped')
  assert.equal((await ground.ask({ host, headers })).text, 'by 1')
})

test('a connection that rests is closed soon, and one that its program closes is not used', async (t) => {
  const { ground, sockets } = await startRaw(t, (socket, _text, nth) => socket.write(answer(`by ${nth}`)))
  await ground.ask({ host, headers })
  await pause(2500)
  assert.equal(sockets[0]?.readableEnded, true)
  await ground.ask({ host, headers })
  sockets[1]?.end()
  await pause(50)
  assert.equal((await ground.ask({ host, headers })).text, 'by 2')
})

test('a connection on which a body was cut, or is still on its way, carries nothing more', async (t) => {
  const { ground, sockets } = await startRaw(t, (socket, text, nth) => {
    if (text.startsWith('GET')) socket.write(answer(`by ${nth}`))
    else if (text.startsWith('PUT')) socket.write(answer('enough'))
  })
  const cut = ground.dialGateway()
  cut.write(`POST / HTTP/1.1\r\n${auth}Content-Length: 100\r\n\r\nhalf`)
  await eventually(() => (sockets[0]?.bytesRead ?? 0) > 0, 'the head is inside')
  cut.destroy()
  await eventually(() => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true, 'it is dropped')
  assert.equal((await ground.ask({ host, headers })).text, 'by 1')

  // An answer before the end of its request: the client gets it, and its own connection goes on.
  const early = ground.dialGateway().setEncoding('latin1')
  early.write(`PUT / HTTP/1.1\r\n${auth}Content-Length: 8\r\n\r\nhalf`)
  const [first] = await once(early, 'data')
  assert.match(first, /^HTTP\/1\.1 200 [\s\S]*enough$/)
  early.write('rest')
  early.write(`GET / HTTP/1.1\r\n${auth}Connection: close\r\n\r\n`)
  assert.match(await readAll(early), /by 2$/)
})

test('requests that a client writes at once are answered in their order', async (t) => {
  const { ground } = await startRaw(t, (socket, text) => {
    const path = / (\S+) /.exec(text)?.[1] ?? ''
    setTimeout(() => socket.write(answer(path)), path === '/1' ? 60 : 1)
  })
  const socket = ground.dialGateway()
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${auth}${more}\r\n`
  socket.write(ask('/1') + ask('/2') + ask('/3', 'Connection: close\r\n'))
  const bodies = (await readAll(socket)).match(/\r\n\r\n\/\d/g)?.map((text) => text.trim())
  assert.deepEqual(bodies, ['/1', '/2', '/3'])
})

test('a program that does not read holds up whoever uploads', async (t) => {
  const { ground, sockets } = await startRaw(t, (socket) => void socket.pause())
  const socket = ground.dialGateway().on('error', () => {})
  socket.write(`POST / HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')])
  let written = 0
  while (written < 64 * 1024 * 1024) {
    written += chunk.length
    if (socket.write(chunk)) continue
    const went = await Promise.race([once(socket, 'drain').then(() => true), pause(1000, false)])
    if (!went) break
  }
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken for a program that does not read`)
  sockets[0]?.resume()
  socket.destroy()
})

test('more requests at once than connections that may be open wait for one', { timeout: 60_000 }, async (t) => {
  const waiting: Socket[] = []
  let isHolding = true
  const { ground } = await startRaw(t, (socket) => {
    if (isHolding) waiting.push(socket)
    else socket.write(answer('ok'))
  })
  const asks = Array.from({ length: 1100 }, () => ground.ask({ host, headers }))
  for (const deadline = Date.now() + 30_000; waiting.length < 1024 && Date.now() < deadline; ) await pause(20)
  // No more come.
  await pause(500)
  assert.equal(waiting.length, 1024)
  isHolding = false
  for (const socket of waiting) socket.write(answer('ok'))
  const answers = await Promise.all(asks)
  assert.ok(answers.every(({ text }) => text === 'ok'))
})
