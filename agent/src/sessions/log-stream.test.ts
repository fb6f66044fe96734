import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { startAgent, type TestAgent } from '../agent.fixture.ts'
import { type StreamName, takeApart, tokens } from './framing.ts'

interface Stream {
  readonly bytes: Buffer
  readonly frames: { readonly at: number; readonly text: string }[]
  readonly code: number
  readonly protocol: string
}

/** What a client makes of frames. */
async function demux(frames: readonly Buffer[]): Promise<Record<StreamName, string>> {
  const streams = { stdout: '', stderr: '' }
  async function* all() {
    yield* frames
  }
  for await (const { stream, bytes } of takeApart(all())) streams[stream] += bytes.toString('latin1')
  return streams
}

/** True if the byte at the offset is the second or third of a marker. */
async function isInMarker(log: Buffer, offset: number): Promise<boolean> {
  let at = 0
  async function* all() {
    yield log
  }
  for await (const { isMarker, bytes } of tokens(all())) {
    if (isMarker && offset > at && offset < at + bytes.length) return true
    at += bytes.length
  }
  return false
}

describe('log stream', () => {
  let agent: TestAgent
  let counter = 0
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  const start = async (command: string): Promise<string> => {
    const sessionId = `w${counter++}`
    await agent.call('POST', '/process/session', { sessionId })
    const reply = await agent.call('POST', `/process/session/${sessionId}/exec`, { command, runAsync: true })
    return `/process/session/${sessionId}/command/${reply.json.cmdId}`
  }
  const open = (path: string, protocols: string[] = [], headers: Record<string, string> = {}): WebSocket =>
    new WebSocket(`ws+unix://${agent.socketPath}:${path}`, protocols, { headers })
  const collect = (path: string, ...more: [string[]?, Record<string, string>?]): Promise<Stream> =>
    new Promise((resolve, reject) => {
      const socket = open(path, ...more)
      const chunks: Buffer[] = []
      const frames: { at: number; text: string }[] = []
      socket.on('message', (data: Buffer, isBinary) => {
        assert.equal(isBinary, true)
        chunks.push(data)
        frames.push({ at: performance.now(), text: data.toString('latin1') })
      })
      socket.once('error', reject)
      socket.once('close', (code) => resolve({ bytes: Buffer.concat(chunks), frames, code, protocol: socket.protocol }))
    })
  const sdk = { 'x-daytona-sdk-version': '0.218.0' }

  it('replays, follows live, and ends with the command', async () => {
    const path = await start('echo one; sleep 0.2; date +%s%3N; sleep 0.2; printf "last" >&2')
    const begin = performance.now()
    const stream = await collect(`${path}/logs?follow=true`, [], sdk)
    const took = performance.now() - begin
    assert.equal(stream.code, 1000)
    assert.equal(stream.bytes.toString('latin1').replace(/\d+/, 'N'), '\x01\x01\x01one\nN\n\x02\x02\x02last')
    assert.ok(took < 1200, `${took} ms`)
    const dated = stream.frames.find(({ text }) => /^\d{13}\n/.test(text))
    assert.ok(dated !== undefined)
    const latency = performance.timeOrigin + dated.at - Number(dated.text)
    assert.ok(latency < 250, `${latency} ms from line to client`)
    const replay = await collect(`${path}/logs?follow=true`, [], sdk)
    assert.deepEqual(replay.bytes, stream.bytes)
    assert.equal(replay.code, 1000)
  })

  it('resumes at an offset, and stops at the present without follow', async () => {
    const path = await start('printf 0123456789; sleep 1')
    await new Promise((resolve) => setTimeout(resolve, 150))
    const present = await collect(`${path}/logs`, [], sdk)
    assert.equal(present.bytes.toString('latin1'), '\x01\x01\x010123456789')
    const rest = await collect(`${path}/logs?offset=8`, [], sdk)
    assert.equal(rest.bytes.toString('latin1'), '\x01\x01\x0156789', 'the marker of the stream comes first')
    const combined = await collect(`${path}/logs?offset=8`)
    assert.equal(combined.bytes.toString('latin1'), '89')
    assert.equal((await collect(`${path}/logs?offset=1000`, [], sdk)).bytes.length, 0)
  })

  it('resumes anywhere without losing or repeating a byte or its stream', async () => {
    const path = await start('printf "out\\1"; sleep 0.05; printf "\\2er\\2" >&2; sleep 0.05; printf "\\1\\1\\1x"')
    const whole = (await collect(`${path}/logs?follow=true`, [], sdk)).bytes
    const plain = (await collect(`${path}/logs?follow=true`)).bytes
    assert.equal(plain.toString('latin1'), 'out\x01\x02er\x02\x01\x01\x01x')
    const streams = { stdout: 'out\x01\x01\x01\x01x', stderr: '\x02er\x02' }
    assert.deepEqual(await demux([whole]), streams)
    for (let offset = 1; offset <= whole.length; offset++) {
      const rest = (await collect(`${path}/logs?follow=true&offset=${offset}`, [], sdk)).bytes
      const before = await demux([whole.subarray(0, offset)])
      const after = await demux([rest])
      const cut = whole.subarray(0, offset)
      // Who was cut off in a marker has its first bytes still in hand and knows them for none: they are no output.
      const inMarker = await isInMarker(whole, offset)
      if (!inMarker) {
        assert.equal(
          before.stdout + after.stdout,
          streams.stdout,
          `${offset} ${JSON.stringify(cut.toString('latin1'))}`,
        )
        assert.equal(before.stderr + after.stderr, streams.stderr, String(offset))
      }
    }
    for (let offset = 0; offset <= plain.length; offset++) {
      const rest = (await collect(`${path}/logs?offset=${offset}`)).bytes
      assert.deepEqual(rest, plain.subarray(offset))
    }
  })

  it('strips markers for callers without a version', async () => {
    const path = await start('echo out; sleep 0.1; echo err >&2')
    assert.equal((await collect(`${path}/logs?follow=true`)).bytes.toString('latin1'), 'out\nerr\n')
  })

  it('chooses one of the offered subprotocols', async () => {
    const path = await start('echo x')
    const token = 'X-Daytona-SDK-Version~0.218.0'
    const stream = await collect(`${path}/logs?follow=true`, ['X-Daytona-Pty-Exit-Control', token])
    assert.equal(stream.protocol, token)
    assert.equal(stream.bytes.toString('latin1'), '\x01\x01\x01x\n')
  })

  it('streams much to several callers, one of them slow, and keeps it whole', async () => {
    const path = await start('head -c 30000000 /dev/zero | tr "\\0" y')
    const slow = new Promise<number>((resolve) => {
      const socket = open(`${path}/logs?follow=true`, [], sdk)
      let size = 0
      socket.on('message', (data: Buffer) => {
        size += data.length
      })
      socket.once('open', () => {
        socket.pause()
        setTimeout(() => socket.resume(), 500)
      })
      socket.once('close', () => resolve(size))
    })
    const streams = await Promise.all([1, 2].map(() => collect(`${path}/logs?follow=true`, [], sdk)))
    for (const { bytes } of streams) assert.equal(bytes.length, 30_000_003)
    assert.equal(await slow, 30_000_003)
  })

  it('ends streams when the session is deleted', async () => {
    const path = await start('echo x; sleep 60')
    const stream = collect(`${path}/logs?follow=true`, [], sdk)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await agent.call('DELETE', path.split('/command/')[0] ?? '')
    assert.equal((await stream).code, 1000)
  })

  it('survives callers that leave in the middle', async () => {
    const path = await start('for i in $(seq 200); do echo line $i; sleep 0.005; done')
    for (let round = 0; round < 5; round++) {
      const socket = open(`${path}/logs?follow=true`)
      await new Promise((resolve) => socket.once('message', resolve))
      socket.terminate()
    }
    const stream = await collect(`${path}/logs?follow=true`)
    assert.match(stream.bytes.toString(), /^line 1\n.*line 200\n$/s)
  })

  const refused: readonly [path: string, status: number][] = [
    ['/process/session/none/command/none/logs?follow=true', 404],
    ['/nowhere', 404],
    ['/process/session/%ff/command/none/logs', 400],
  ]
  for (const [path, status] of refused) {
    it(`refuses ${path} before the upgrade`, async () => {
      const socket = open(path)
      const code = await new Promise((resolve) => {
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.once('error', () => resolve(0))
      })
      assert.equal(code, status)
    })
  }

  it('refuses a bad offset', async () => {
    const path = await start('echo x')
    const socket = open(`${path}/logs?offset=-1`)
    const code = await new Promise((resolve) =>
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
    )
    assert.equal(code, 400)
    socket.on('error', () => {})
  })
})
