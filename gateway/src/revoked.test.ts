import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { eventually, known, startGround } from './testing/ground.ts'

test('what a revoked bearer has open is closed, and nothing else', async (t) => {
  const ground = await startGround(t)
  const server = createServer((_request, response) => response.write('begun'))
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve('agent', server)
  const url = `127.0.0.1:${ground.port}/toolbox/${known.id}`
  const open = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`ws://${url}/terminal`, { headers })
    await once(socket, 'message')
    return socket
  }
  const bearer = { authorization: `Bearer ${known.key}` }
  const byKey = await open(bearer)
  const byToken = await open({ 'x-daytona-preview-token': known.token })
  const answer = await fetch(`http://${url}/log`, { headers: bearer })
  const reading = answer.text().then(
    () => 'ended',
    () => 'cut',
  )

  ground.gateway.recheck()
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual([byKey.readyState, byToken.readyState], [WebSocket.OPEN, WebSocket.OPEN])

  ground.sandbox.isKeyRevoked = true
  ground.gateway.recheck()
  await eventually(() => byKey.readyState === WebSocket.CLOSED, 'the terminal of the key is closed')
  assert.equal(await reading, 'cut')
  assert.equal(byToken.readyState, WebSocket.OPEN)
  assert.equal((await ground.ask({ path: `/toolbox/${known.id}/x`, headers: bearer })).status, 401)
  byToken.terminate()
})

test('a grant that is remembered is asked for again after a recheck', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (_request, response) => response.end('here'))
  const ask = () => ground.ask({ path: `/toolbox/${known.id}/x`, headers: { authorization: `Bearer ${known.key}` } })
  assert.equal((await ask()).status, 200)
  ground.sandbox.isKeyRevoked = true
  assert.equal((await ask()).status, 200, 'remembered for a second')
  ground.gateway.recheck()
  assert.notEqual((await ask()).status, 200)
})

test('what strangers have open is closed when the sandbox is public no more', async (t) => {
  const ground = await startGround(t)
  const server = createServer()
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  const open = async (label: string) => {
    const headers = { host: `${known.signedPort}-${label}.localhost` }
    const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers })
    await once(socket, 'message')
    return socket
  }
  const bySigned = await open(known.signed)
  ground.sandbox.isPublic = true
  const byAnybody = await open(known.id)
  ground.gateway.forget(known.id)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(byAnybody.readyState, WebSocket.OPEN)
  ground.sandbox.isPublic = false
  ground.gateway.forget(known.id)
  await eventually(() => byAnybody.readyState === WebSocket.CLOSED, 'the connection of a stranger is closed')
  assert.equal(bySigned.readyState, WebSocket.OPEN, 'a signed link is a credential')
  bySigned.terminate()
})

test('what a signed link has open is closed when its time is over', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const ground = await startGround(t)
  const server = createServer()
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  const headers = { host: `${known.signedPort}-${known.signed}.localhost` }
  const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers })
  await once(socket, 'message')
  t.mock.timers.tick(10_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(socket.readyState, WebSocket.OPEN)
  ground.sandbox.isLinkEnded = true
  ground.clock.nowMs += 2000
  t.mock.timers.tick(10_000)
  await eventually(() => socket.readyState === WebSocket.CLOSED, 'its connection is closed')
})

test('a link that was ended opens nothing from then on, and what it has open is closed', async (t) => {
  const ground = await startGround(t)
  const server = createServer((_request, response) => response.end('here'))
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  const headers = { host: `${known.signedPort}-${known.signed}.localhost` }
  const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers })
  await once(socket, 'message')
  assert.equal((await ground.ask({ headers })).status, 200)
  ground.sandbox.isLinkEnded = true
  ground.gateway.forget(known.id)
  assert.equal((await ground.ask({ headers })).status, 410)
  await eventually(() => socket.readyState === WebSocket.CLOSED, 'its connection is closed')
})

test('everything is closed when the organization is, whatever it was opened with', async (t) => {
  const ground = await startGround(t)
  const server = createServer()
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  const open = async (label: string, headers: Record<string, string> = {}) => {
    const host = `${known.signedPort}-${label}.localhost`
    const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers: { host, ...headers } })
    await once(socket, 'message')
    return socket
  }
  const byToken = await open(known.id, { 'x-daytona-preview-token': known.token })
  const byLink = await open(known.signed)
  ground.sandbox.isPublic = true
  const byAnybody = await open(known.id)
  ground.sandbox.isClosed = true
  ground.gateway.recheck()
  for (const socket of [byToken, byLink, byAnybody]) {
    await eventually(() => socket.readyState === WebSocket.CLOSED, 'it is closed')
  }
  const answer = await ground.ask({ host: `${known.signedPort}-${known.signed}.localhost` })
  assert.deepEqual([answer.status, /suspended/.test(answer.text)], [403, true])
  assert.equal((await ground.ask({ host: `${known.signedPort}-other.localhost` })).status, 401)
})
