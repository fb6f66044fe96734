import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Reply, startAgent, type TestAgent, until } from '../agent.fixture.ts'

const apart = { 'x-daytona-sdk-version': '0.218.0' }

describe('output and input of session commands', () => {
  let agent: TestAgent
  let counter = 0
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  const session = async (): Promise<string> => {
    const sessionId = `o${counter++}`
    assert.equal((await agent.call('POST', '/process/session', { sessionId })).status, 201)
    return sessionId
  }
  const exec = (id: string, command: string, more: object = {}): Promise<Reply> =>
    agent.call('POST', `/process/session/${id}/exec`, { command, ...more }, apart)
  const follow = (path: string): WebSocket =>
    new WebSocket(`ws+unix://${agent.socketPath}:${path}/logs?follow=true`, { headers: apart })

  const odd: readonly [what: string, command: string, stdout: string, stderr: string][] = [
    [
      'markers',
      'printf "a\\2\\2\\2b\\1\\1\\1c"; printf "\\1\\1\\1\\1" >&2',
      'a\x02\x02\x02b\x01\x01\x01c',
      '\x01'.repeat(4),
    ],
    ['only markers', 'head -c 1000 /dev/zero | tr "\\0" "\\2"', '\x02'.repeat(1000), ''],
    ['NULs', 'printf "a\\0b\\n"', 'a\0b\n', ''],
    ['what is not UTF-8', 'printf "\\377x"', '\ufffdx', ''],
    ['a letter in two writes', 'printf "\\303"; sleep 0.05; printf "\\244"', 'ä', ''],
    ['nothing', ':', '', ''],
  ]
  for (const [what, command, stdout, stderr] of odd) {
    it(`keeps ${what}`, async () => {
      const id = await session()
      const { json } = await exec(id, command)
      assert.deepEqual([json.stdout, json.stderr], [stdout, stderr])
      const log = await agent.call('GET', `/process/session/${id}/command/${json.cmdId}/logs`, undefined, apart)
      assert.deepEqual([log.json.stdout, log.json.stderr, log.json.output], [stdout, stderr, json.output])
    })
  }

  it('tells one moment in all three texts of a log that grows', async () => {
    const id = await session()
    const { cmdId } = (await exec(id, 'while :; do echo out; echo err >&2; done', { runAsync: true })).json
    for (let round = 0; round < 20; round++) {
      const { output, stdout, stderr } = (
        await agent.call('GET', `/process/session/${id}/command/${cmdId}/logs`, undefined, apart)
      ).json
      const plain = output.replaceAll('\u0001\u0001\u0001', '').replaceAll('\u0002\u0002\u0002', '')
      assert.equal(plain.length, stdout.length + stderr.length)
    }
    await agent.call('DELETE', `/process/session/${id}`)
  })

  it('serves many followers, some of which never read, and holds no more than a little for those', async () => {
    const id = await session()
    const command = 'sleep 0.3; head -c 20000000 /dev/zero | tr "\\0" y; sleep 0.2; echo last'
    const path = `/process/session/${id}/command/${(await exec(id, command, { runAsync: true })).json.cmdId}`
    const idle = Array.from({ length: 20 }, () => follow(path))
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('open', resolve))))
    for (const socket of idle) socket.pause()
    const memory = async () =>
      Number((await agent.run(`awk '/VmRSS/{print $2}' /proc/${agent.child.pid}/status`)).result)
    const before = await memory()
    const ends = Array.from({ length: 20 }, async () => {
      const socket = follow(path)
      let size = 0
      let tail = ''
      socket.on('message', (data: Buffer) => {
        size += data.length
        tail = data.toString('latin1').slice(-5)
      })
      const code = await new Promise((resolve) => socket.once('close', resolve))
      return [size, tail, code]
    })
    for (const end of await Promise.all(ends)) assert.deepEqual(end, [20_000_008, 'last\n', 1000])
    const grown = (await memory()) - before
    assert.ok(grown < 100_000, `${grown} KiB more`)
    for (const socket of idle) socket.terminate()
  })

  it('answers pings while it streams', async () => {
    const id = await session()
    const { cmdId } = (await exec(id, 'yes', { runAsync: true })).json
    const socket = follow(`/process/session/${id}/command/${cmdId}`)
    await new Promise((resolve) => socket.once('message', resolve))
    for (let round = 0; round < 3; round++) {
      const begin = performance.now()
      const answered = new Promise((resolve) => socket.once('pong', resolve))
      socket.ping()
      await answered
      assert.ok(performance.now() - begin < 2000)
    }
    socket.terminate()
    await agent.call('DELETE', `/process/session/${id}`)
  })

  it('takes much input, and refuses more than it can hold for a command that does not read', async () => {
    const id = await session()
    const counting = (await exec(id, 'head -c 8000000 | wc -c', { runAsync: true, suppressInputEcho: true })).json.cmdId
    const input = (cmd: string, data: string): Promise<Reply> =>
      agent.call('POST', `/process/session/${id}/command/${cmd}/input`, { data })
    for (let round = 0; round < 8; round++) assert.equal((await input(counting, 'x'.repeat(1_000_000))).status, 204)
    const log = `/process/session/${id}/command/${counting}/logs`
    const read = async () => (await agent.call('GET', log, undefined, apart)).json.stdout === '8000000\n'
    assert.equal(await until(read), true)
    const deaf = (await exec(id, 'sleep 60', { runAsync: true, suppressInputEcho: true })).json.cmdId
    let status = 204
    for (let round = 0; round < 30 && status === 204; round++)
      status = (await input(deaf, 'x'.repeat(1_000_000))).status
    assert.equal(status, 429)
    assert.equal((await agent.call('DELETE', `/process/session/${id}`)).status, 204)
  })

  it('gives sync commands the end of input at once, and no way to send any', async () => {
    const id = await session()
    assert.equal((await exec(id, 'cat; echo done')).json.stdout, 'done\n')
    const running = exec(id, 'sleep 0.5')
    const path = `/process/session/${id}`
    const listed = async () => (await agent.call('GET', path)).json.commands
    assert.equal(await until(async () => (await listed()).length === 2), true)
    const sync = (await listed())[1].id
    assert.equal((await agent.call('POST', `${path}/command/${sync}/input`, { data: 'x' })).status, 400)
    await running
  })

  it('ends a command though a child floods the log after it', async () => {
    const id = await session()
    const begin = performance.now()
    // Paced by the shell: `yes` fills more in a second than a test can take as one answer.
    const reply = await exec(id, 'while :; do echo y >&2; done & echo $!')
    assert.equal(reply.json.exitCode, 0)
    assert.ok(performance.now() - begin < 8000, `${performance.now() - begin} ms`)
    await agent.run(`kill -9 ${reply.json.stdout}`)
    await delay(10)
    assert.equal((await exec(id, 'echo on')).json.stdout, 'on\n')
  })

  it('remembers the begin of a very long command, and runs all of it', async () => {
    const id = await session()
    const text = `: ${'x'.repeat(300_000)}; echo ran`
    assert.equal((await exec(id, text)).json.stdout, 'ran\n')
    const [listed] = (await agent.call('GET', `/process/session/${id}`)).json.commands
    assert.ok(listed.command.length < 70_000)
    assert.ok(listed.command.startsWith(text.slice(0, 60_000)))
  })
})
