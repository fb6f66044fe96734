import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FrameReader, frameHead, inward, jsonFrame, limits, outward, smallFrame } from '@sandyard/protocol'
import ssh2 from 'ssh2'
import { execute, type FakeAgent, goodToken, startSshGround, switching } from '../testing/ssh-ground.ts'

const said = (text: string): Buffer => Buffer.concat([frameHead(outward.output, text.length), Buffer.from(text)])

test('a program: what is asked for, what it prints, how it ends', async (t) => {
  const ground = await startSshGround(t)
  const asked: unknown[] = []
  ground.agent = (socket, request) => {
    assert.equal(request.url, '/attach/program?')
    socket.write(switching)
    const reader = new FrameReader((kind, body) => {
      if (kind !== inward.start) return
      asked.push(JSON.parse(body.toString()))
      socket.write(said('hello'))
      socket.write(Buffer.concat([frameHead(outward.errorOutput, 3), Buffer.from('bad')]))
      socket.end(jsonFrame(outward.exit, { code: 300 }))
    })
    socket.on('data', (bytes: Buffer) => reader.push(bytes))
  }
  const client = await ground.login()
  assert.deepEqual(await execute(client, 'ls -l'), { code: 44, output: 'hello', errorOutput: 'bad' })
  const [start] = asked as { kind: string; command: string; env: Record<string, string> }[]
  assert.deepEqual([start?.kind, start?.command], ['command', 'ls -l'])
  assert.match(start?.env.SSH_CONNECTION ?? '', /^127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+$/)
  assert.deepEqual(ground.touched, ['sb-1'])
})

const agents: Readonly<Record<string, FakeAgent>> = {
  'goes away': (socket) => socket.destroy(),
  'speaks no HTTP': (socket) => void socket.end('\0\0\0\0'),
  'refuses with nonsense': (socket) => void socket.end('HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\n{]'),
  'refuses without end': (socket) => {
    socket.write('HTTP/1.1 500 x\r\n\r\n')
    const more = setInterval(() => socket.write(Buffer.alloc(60_000, '{')), 5)
    socket.once('close', () => clearInterval(more))
  },
  'ends without an exit': (socket) => void socket.end(switching),
  'is cut in a frame': (socket) =>
    void socket.end(Buffer.concat([Buffer.from(switching), frameHead(outward.output, 9)])),
  'sends frames too large': (socket) =>
    void socket.write(Buffer.concat([Buffer.from(switching), Buffer.alloc(99, 0xff)])),
  'sends an exit of nonsense': (socket) =>
    void socket.end(Buffer.concat([Buffer.from(switching), smallFrame(outward.exit, Buffer.from('{'))])),
}

for (const [what, agent] of Object.entries(agents)) {
  test(`an agent that ${what} ends its program with 255, and nothing else`, { timeout: 20_000 }, async (t) => {
    const ground = await startSshGround(t)
    ground.agent = agent
    const client = await ground.login()
    assert.equal((await execute(client, 'x')).code, 255)
    assert.equal((await execute(client, 'x')).code, 255, 'the connection goes on')
    assert.deepEqual(ground.faults, [])
  })
}

test('what an agent says is wrong is told in one plain line', async (t) => {
  const ground = await startSshGround(t)
  const body = JSON.stringify({ message: `no \u001b[31mroom\r\n${'x'.repeat(3000)}` })
  ground.agent = (socket) => void socket.end(`HTTP/1.1 503 x\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  const { errorOutput } = await execute(await ground.login(), 'x')
  assert.match(errorOutput, /^sandyard: no {2}\[31mroom x+\r\n$/)
  assert.ok(errorOutput.length < 600)
})

test('an agent gets no more input than it gave room for, whatever it says of it', async (t) => {
  const ground = await startSshGround(t)
  let got = 0
  const { promise: opened, resolve } = Promise.withResolvers<NodeJS.WritableStream>()
  ground.agent = (socket) => {
    socket.write(switching)
    const reader = new FrameReader((kind, body) => {
      if (kind === inward.input) got += body.length
    })
    socket.on('data', (bytes: Buffer) => reader.push(bytes))
    resolve(socket)
  }
  const client = await ground.login()
  client.exec('cat', (_error, channel) => channel.write(Buffer.alloc(4_000_000)))
  const agent = await opened
  await delay(500)
  assert.equal(got, limits.attachInputBytes)
  const room = Buffer.alloc(4)
  room.writeUInt32BE(1000)
  agent.write(smallFrame(outward.room, room))
  await delay(200)
  assert.equal(got, limits.attachInputBytes + 1000)
  room.writeUInt32BE(0xffffffff)
  agent.write(smallFrame(outward.room, room))
  await delay(200)
  assert.equal(got, 2 * limits.attachInputBytes + 1000)
})

test('listeners of an agent that lies open nothing', async (t) => {
  const ground = await startSshGround(t)
  const lies = [
    jsonFrame(outward.listening, { port: -1 }),
    jsonFrame(outward.listening, {}),
    jsonFrame(outward.arrival, { id: 7 }),
    smallFrame(outward.listening, Buffer.from('nonsense')),
    jsonFrame(outward.exit, { code: 0 }),
  ]
  for (const lie of lies) {
    ground.agent = (socket) => void socket.write(Buffer.concat([Buffer.from(switching), lie]))
    const client = await ground.login()
    const failed = await new Promise((resolve) => client.forwardIn('localhost', 8080, (error) => resolve(error)))
    assert.ok(failed instanceof Error, lie.toString('latin1'))
  }
  assert.deepEqual(ground.faults, [])
})

test('a token that is wrong too often is not even listened to', async (t) => {
  const ground = await startSshGround(t)
  const attempt = async (): Promise<string> => {
    const client = new ssh2.Client()
    let banner = ''
    client.on('banner', (text) => {
      banner = text
    })
    client.on('error', () => {})
    client.connect({ host: '127.0.0.1', port: ground.port, username: 'wrong' })
    await new Promise<void>((resolve) => client.once('close', () => resolve()))
    return banner
  }
  for (let tries = 0; tries < limits.sshTriesOfAddress; tries++) {
    assert.equal(await attempt(), 'sandyard: no such token\r\n')
  }
  assert.equal(await attempt(), '')
  await assert.rejects(ground.login())
})

test('an open connection is asked for again, and cut when it may be no more', async (t) => {
  const ground = await startSshGround(t)
  const client = await ground.login()
  const asked: boolean[] = []
  const granted = ground.answer
  ground.answer = (request) => {
    asked.push(request.isLogin)
    return granted(request)
  }
  ground.gateway.recheck('sb-other')
  ground.gateway.recheck('sb-1')
  await delay(100)
  assert.deepEqual(asked, [false])
  ground.answer = () => ({ kind: 'denied', reason: 'gone', isKnown: true })
  const closed = once(client, 'close')
  ground.gateway.recheck('sb-1')
  await closed
})

test('every open connection is asked for again when somebody may do less', async (t) => {
  const ground = await startSshGround(t)
  const client = await ground.login()
  ground.answer = () => ({ kind: 'denied', reason: 'The organization of this sandbox is suspended', isKnown: true })
  const closed = once(client, 'close')
  ground.gateway.recheckAll()
  await closed
})

test('connections of one sandbox are bounded', async (t) => {
  const ground = await startSshGround(t)
  await Promise.all(Array.from({ length: limits.sshConnectionsOfSandbox / 2 }, () => ground.login()))
  await Promise.all(Array.from({ length: limits.sshConnectionsOfSandbox / 2 }, () => ground.login()))
  await assert.rejects(ground.login({ username: goodToken }))
})
