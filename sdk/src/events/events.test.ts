import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import { listen } from '../../../server/src/testing/listen.ts'
import { found, ok, signUp, within } from '../../../server/src/testing/people.ts'
import { adminKey, openTestServer, until } from '../../../server/src/testing/test-server.ts'
import { Daytona } from '../daytona.ts'
import { readPacket } from './packets.ts'

const quick = { firstWaitMs: 10, longestWaitMs: 40 }

test('tells what happens, typed, until it is closed', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const daytona = new Daytona({ apiUrl: `${site.url}/api`, apiKey: adminKey })
  await using events = daytona.events()
  await events.ready()
  const told: string[] = []
  events.on('sandbox.created', ({ name }) => told.push(`created ${name}`))
  const stop = events.on('sandbox.state.updated', ({ sandbox, newState }) => told.push(`${sandbox.name} ${newState}`))
  const volumes: string[] = []
  events.on('volume.state.updated', ({ volume, newState }) => volumes.push(`${volume.name} ${newState}`))
  const sandbox = await daytona.create({ name: 'one' })
  await until(() => told.length === 2)
  stop()
  await daytona.volume.create('data')
  await sandbox.delete()
  await until(() => volumes.includes('data ready'))
  assert.deepEqual(told, ['created one', 'one started'])
  await daytona[Symbol.asyncDispose]()
  assert.equal(events.status(), 'closed')
  await assert.rejects(events.ready(), /No events/)
})

test('a user hears of the organization of the client', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const ada = await signUp(server, 'ada')
  const team = await found(server, ada)
  const settings = { apiUrl: `${site.url}/api`, jwtToken: ada.token }
  await using inside = new Daytona({ ...settings, organizationId: team }).events()
  await using elsewhere = new Daytona({ ...settings, organizationId: ada.organizationId }).events()
  await Promise.all([inside.ready(), elsewhere.ready()])
  const heard: string[] = []
  inside.on('sandbox.created', () => heard.push('inside'))
  elsewhere.on('sandbox.created', () => heard.push('elsewhere'))
  ok(await server.call('POST /sandbox', { key: ada.token, headers: within(team) }))
  await until(() => heard.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(heard, ['inside'])
})

test('a credential that is refused is renewed at once; one that stays bad is refused until there is none', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const daytona = new Daytona({ apiUrl: `${site.url}/api`, apiKey: 'wrong' })
  const asked: (string | null)[] = []
  const token = (refused: string | null): string => {
    asked.push(refused)
    return refused === null ? 'old' : adminKey
  }
  // The wait of a minute would end the test, were it waited for.
  await using renewed = daytona.events({ token, firstWaitMs: 60_000 })
  const seen: string[] = []
  renewed.onStatus(() => seen.push(renewed.status()))
  await until(() => renewed.status() === 'live')
  assert.deepEqual(
    [asked, seen],
    [
      [null, 'old'],
      ['refused', 'live'],
    ],
  )

  let rounds = 0
  await using hopeless = daytona.events({ ...quick, token: () => (++rounds < 5 ? 'wrong' : null) })
  await assert.rejects(hopeless.ready(), /Invalid credentials/)
  await until(() => hopeless.status() === 'closed')
  assert.equal(rounds, 5)
})

test('who is dismissed asks for another credential', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const ada = await signUp(server, 'ada')
  const { value: key } = ok(
    await server.call('POST /api-keys', {
      key: ada.token,
      headers: within(ada.organizationId),
      body: { name: 'k', permissions: [] },
    }),
  ).body
  const asked: (string | null)[] = []
  const token = (refused: string | null): string => {
    asked.push(refused)
    return refused === null ? key : ada.token
  }
  const settings = { apiUrl: `${site.url}/api`, jwtToken: key, organizationId: ada.organizationId }
  await using events = new Daytona(settings).events({ token, firstWaitMs: 60_000 })
  await events.ready()
  ok(await server.call('DELETE /api-keys/k', { key: ada.token, headers: within(ada.organizationId) }))
  await until(() => asked.length === 2)
  await until(() => events.status() === 'live')
  assert.deepEqual(asked, [null, key])
})

test('comes back when the platform was away, and hears on', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  await using relay = await openRelay(Number(new URL(site.url).port))
  const daytona = new Daytona({ apiUrl: `${relay.url}/api`, apiKey: adminKey })
  await using events = daytona.events(quick)
  await events.ready()
  const heard: string[] = []
  events.on('sandbox.created', ({ id }) => heard.push(id))
  relay.refuse(true)
  await until(() => events.status() === 'lost')
  assert.match(events.reason, /closed with|No connection/)
  await new Promise((resolve) => setTimeout(resolve, 60))
  relay.refuse(false)
  events.tryNow()
  await events.ready()
  const { id } = await server.create()
  await until(() => heard.length === 1)
  assert.deepEqual(heard, [id])
})

test('signs of life are answered, and a line that gives none is left', async () => {
  const hello = `0${JSON.stringify({ sid: 'a', pingInterval: 60, pingTimeout: 60 })}`
  const answers: string[] = []
  let connections = 0
  await using site = await openPlain((socket, send) => {
    connections += 1
    socket.on('message', (data) => {
      answers.push(String(data))
      if (String(data).startsWith('40')) send('40{"sid":"b"}')
    })
    send(hello)
    send('2')
  })
  await using events = new Daytona({ apiUrl: site.url, apiKey: 'k' }).events(quick)
  await until(() => connections >= 2)
  assert.match(events.reason, /nothing was heard for 120 ms/)
  assert.deepEqual(answers.slice(0, 2).toSorted(), ['3', '40{"token":"k"}'])
})

test('what is no event, or is too long, ends the line and not the program', async () => {
  const bad = ['42["sandbox.created"', `42["x","${'y'.repeat(5_000_000)}"]`]
  let connections = 0
  await using site = await openPlain((_, send) => {
    send('0{}')
    send('40{}')
    send('9?')
    send('42[7]')
    send(bad[connections++ % 2] ?? '')
  })
  await using events = new Daytona({ apiUrl: site.url, apiKey: 'k' }).events(quick)
  const reasons = new Set<string>()
  events.onStatus(() => reasons.add(events.reason))
  await until(() => reasons.size >= 3)
  assert.match([...reasons].join('; '), /cannot be read: .*JSON.*; .*cannot be read: it has 5000010 characters/)
})

test('packets are read as they are written', () => {
  assert.deepEqual(readPacket('42["a",{"b":1}]'), { kind: 'event', name: 'a', payload: { b: 1 } })
  assert.deepEqual(readPacket('4212["a"]'), { kind: 'event', name: 'a', payload: undefined })
  assert.deepEqual(readPacket('44{}'), { kind: 'refused', message: 'no reason was given' })
  assert.deepEqual(readPacket('0{"pingInterval":1,"pingTimeout":2}'), { kind: 'hello', silenceMs: 3 })
  for (const text of ['', '6', '3probe', 'x']) assert.deepEqual(readPacket(text), { kind: 'other' })
})

/** A way to a port that can be cut. */
async function openRelay(port: number) {
  const { connect } = await import('node:net')
  const open = new Set<Socket>()
  let isCut = false
  const relay = createTcpServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => {}).on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    refuse(cut: boolean): void {
      isCut = cut
      if (cut) for (const socket of open) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      relay.close()
    },
  }
}

/** A server of WebSockets that says what the test says. */
async function openPlain(serve: (socket: import('ws').WebSocket, send: (text: string) => void) => void) {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  sockets.on('connection', (socket) => {
    socket.on('error', () => {})
    serve(socket, (text) => socket.send(text))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      http.close()
    },
  }
}
