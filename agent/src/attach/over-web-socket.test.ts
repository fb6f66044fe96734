import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FrameReader, frameHead, inward, jsonFrame, outward, smallFrame } from '@sandyard/protocol/attach'
import { limits } from '@sandyard/protocol/limits'
import { WebSocket } from 'ws'
import { startAgent, type TestAgent } from '../agent.fixture.ts'

let agent: TestAgent
before(async () => {
  agent = await startAgent()
})
after(async () => {
  await agent[Symbol.asyncDispose]()
})

/** A caller that takes all there is, unless it is told not to. */
async function open(path: string, takes = true) {
  const socket = new WebSocket(`ws+unix:${agent.socketPath}:${path}`)
  const seen = { bytes: [] as Buffer[], received: 0, hasEnded: false, closed: 0 }
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return
    if (data.length === 0) seen.hasEnded = true
    seen.received += data.length
    seen.bytes.push(data)
    if (takes) socket.send(String(seen.received))
  })
  const closed = once(socket, 'close').then(([code]) => {
    seen.closed = code as number
  })
  await once(socket, 'open')
  return { socket, seen, closed }
}

async function run(start: object, input: readonly Buffer[] = []) {
  const { socket, seen, closed } = await open('/process/attach')
  socket.send(jsonFrame(inward.start, start))
  for (const piece of input) socket.send(Buffer.concat([frameHead(inward.input, piece.length), piece]))
  socket.send(smallFrame(inward.inputEnd))
  await until(() => seen.hasEnded || seen.closed !== 0)
  socket.close()
  await closed
  const told = { output: '', errorOutput: '', exit: null as unknown }
  const reader = new FrameReader((kind, body) => {
    if (kind === outward.output) told.output += body.toString('latin1')
    if (kind === outward.errorOutput) told.errorOutput += body.toString('latin1')
    if (kind === outward.exit) told.exit = JSON.parse(body.toString('utf8'))
  })
  reader.push(Buffer.concat(seen.bytes))
  return told
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 10) {
    assert.ok(waited < 15_000, 'it did not happen in time')
    await delay(10)
  }
}

test('a program gets its input, has two outputs, and tells its code', async () => {
  const told = await run(
    { kind: 'command', command: 'cat; echo no >&2; pwd; echo $A; exit 7', cwd: '/tmp', env: { A: 'é' } },
    [Buffer.from([0, 255, 1, 1, 1, 10])],
  )
  assert.deepEqual(told, {
    output: `\u0000\u00ff\u0001\u0001\u0001\n/tmp\n${Buffer.from('é').toString('latin1')}\n`,
    errorOutput: 'no\n',
    exit: { code: 7 },
  })
})

test('what makes no sense is told and starts nothing', async () => {
  for (const [start, message] of [
    [{ kind: 'sftp' }, /kind/],
    [{ kind: 'command', command: 'a\0b' }, /NUL/],
    [{ kind: 'command', command: 'true', cwd: '/no/such' }, /does not exist/],
    [{ kind: 'shell', terminal: { cols: 0, rows: 1, name: 'xterm' } }, /cols/],
    [{ kind: 'shell', terminal: { cols: 1, rows: 1, name: 'x\nx' } }, /terminal/],
  ] as const) {
    const told = await run(start)
    assert.match(told.errorOutput, message)
    assert.deepEqual(told.exit, { code: 126 })
  }
})

test('a program waits for a caller who does not read', async () => {
  const { socket, seen, closed } = await open('/process/attach', false)
  socket.send(jsonFrame(inward.start, { kind: 'command', command: 'head -c 8000000 /dev/zero' }))
  await until(() => seen.received >= limits.byteStreamWindow)
  await delay(300)
  assert.equal(seen.received, limits.byteStreamWindow)
  socket.on('message', () => socket.send(String(seen.received)))
  socket.send(String(seen.received))
  await until(() => seen.hasEnded)
  assert.ok(seen.received > 8_000_000)
  socket.close()
  await closed
})

test('a caller that counts what was never sent is let go', async () => {
  for (const count of ['5', '-1', 'x', '1e99']) {
    const { socket, seen, closed } = await open('/process/attach')
    socket.send(count)
    await closed
    assert.equal(seen.closed, 1008)
  }
})

test('a program is hung up on when its caller goes', async () => {
  const { socket, closed } = await open('/process/attach')
  const mark = `mark-${process.pid}-hup`
  socket.send(jsonFrame(inward.start, { kind: 'command', command: `exec -a ${mark} sleep 300` }))
  const lives = async (): Promise<boolean> => (await agent.run(`pgrep -f '^${mark}'`)).exitCode === 0
  while (!(await lives())) await delay(20)
  socket.terminate()
  await closed
  for (let waited = 0; await lives(); waited += 50) {
    assert.ok(waited < 10_000, 'it runs on')
    await delay(50)
  }
})

test('a port is reached, and each side can end before the other', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let got = 0
    socket.on('data', (bytes) => {
      got += bytes.length
    })
    socket.on('end', () => socket.end(`got ${got}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { socket, seen, closed } = await open(`/port/${port}/connect`)
  for (let at = 0; at < 10; at++) socket.send(Buffer.alloc(50_000))
  socket.send(Buffer.alloc(0))
  await closed
  assert.equal(Buffer.concat(seen.bytes).toString(), 'got 500000')
  server.close()
})

test('a port that nothing listens on, and one that is none, are refused', async () => {
  for (const [port, status] of [
    ['1', 502],
    ['0', 400],
    ['x', 400],
    ['65536', 400],
  ] as const) {
    const socket = new WebSocket(`ws+unix:${agent.socketPath}:/port/${port}/connect`)
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }]
    assert.equal(answer.statusCode, status)
  }
})
