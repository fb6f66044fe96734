import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@sandyard/protocol/limits'
import { isRunning, startAgent, type TestAgent, until } from '../agent.fixture.ts'
import { measureEcho, open, type TestViewer, view } from './terminal.fixture.ts'

const MiB = 1024 * 1024

/** The agent may hold so much more than before while terminals are flooded, bytes. */
const mostGrowth = 80 * MiB

describe('flow of terminals', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent()
    const viewer = await open(agent, 'warm')
    viewer.type('head -c 20000000 /dev/zero | tr "\\0" y; exit\n')
    await viewer.ended
  })
  after(() => agent[Symbol.asyncDispose]())
  afterEach(async () => {
    // One that failed must not take the others along.
    const { sessions } = (await agent.call('GET', '/process/pty')).json
    for (const { id } of sessions) await remove(encodeURIComponent(id))
  })

  const remove = (id: string) => agent.call('DELETE', `/process/pty/${id}`)
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${agent.child.pid}/status`, 'latin1')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  }
  /** Fails when the agent's memory grows too much within this time. */
  const staysSmall = async (ms: number): Promise<void> => {
    const begin = residentBytes()
    for (const end = performance.now() + ms; performance.now() < end; await delay(50)) {
      const growth = residentBytes() - begin
      assert.ok(growth < mostGrowth, `${growth} bytes more`)
    }
  }
  const countBytes = (viewer: TestViewer): (() => number) => {
    let bytes = 0
    viewer.socket.removeAllListeners('message')
    viewer.socket.on('message', (data: Buffer) => {
      bytes += data.length
    })
    return () => bytes
  }

  it('reads a flood that nobody sees, and keeps the end of it', async () => {
    const viewer = await open(agent, 'unseen')
    viewer.type('yes line; echo never\n')
    await viewer.sees('line\r\nline')
    viewer.socket.terminate()
    await staysSmall(3000)
    const late = await view(agent, '/unseen/connect?replay=true')
    await until(() => late.bytes().length > limits.terminalReplayBytes / 2)
    assert.match(late.bytes().toString('latin1', 0, 12), /^line\r\nline\r\n/)
    await remove('unseen')
  })

  it('shows a flood to who reads it, and answers Ctrl-C', async (t) => {
    const viewer = await open(agent, 'seen')
    const bytes = countBytes(viewer)
    viewer.type('yes\n')
    await staysSmall(3000)
    t.diagnostic(`${Math.round(bytes() / MiB / 3)} MiB/s`)
    assert.ok(bytes() > MiB)
    viewer.type('\x03')
    let last = ''
    viewer.socket.on('message', (data: Buffer) => {
      last = data.toString()
    })
    assert.ok(await until(() => /[#$] $/.test(last), 3000), 'the prompt did not come back')
    await remove('seen')
  })

  it('makes a program wait for a slow viewer, and lets the viewer go in time', { timeout: 60_000 }, async () => {
    const fast = await open(agent, 'shared')
    const slow = await view(agent, '/shared/connect')
    slow.socket.pause()
    const bytes = countBytes(fast)
    fast.type('yes\n')
    await delay(1500)
    const held = bytes()
    await staysSmall(3000)
    assert.equal(bytes(), held, 'the program went on')
    assert.ok(await until(() => bytes() > held + MiB, limits.terminalBehindMs), 'the program was held for ever')
    slow.socket.resume()
    assert.deepEqual(await slow.ended, { code: 1008, reason: 'slow consumer' })
    assert.equal(fast.socket.readyState, fast.socket.OPEN)
    await remove('shared')
  })

  it('takes up again where a slow viewer reads on', async () => {
    const viewer = await open(agent, 'pausing')
    viewer.type("head -c 8000000 /dev/zero | tr '\\0' y; echo; exit\n")
    for (let round = 0; round < 5; round++) {
      viewer.socket.pause()
      await delay(200)
      viewer.socket.resume()
      await delay(20)
    }
    assert.deepEqual(await viewer.ended, { code: 1000, reason: '{"exitCode":0}' })
    assert.equal(viewer.bytes().toString('latin1').match(/yy+/)?.[0].length, 8_000_000)
  })

  it('is killed while it floods and a viewer does not read', async () => {
    const viewer = await open(agent, 'flooding')
    viewer.type('yes\n')
    await viewer.sees('y\r\ny')
    viewer.socket.pause()
    await delay(300)
    const begin = performance.now()
    assert.equal((await remove('flooding')).status, 200)
    assert.ok(performance.now() - begin < 2000)
    viewer.socket.resume()
    assert.match((await viewer.ended).reason, /"exitCode":137,"exitReason":"SIGKILL"/)
  })

  it('holds input back from a program that does not read', async () => {
    const viewer = await open(agent, 'deaf')
    viewer.type('stty raw -echo; echo rea""dy; sleep 600\n')
    await viewer.sees('ready')
    for (let count = 0; count < 1024; count++) viewer.type(Buffer.alloc(limits.terminalInputBytes, 'x'))
    await staysSmall(2000)
    assert.ok(viewer.socket.bufferedAmount > 50 * MiB, 'the input was taken')
    const other = await view(agent, '/deaf/connect')
    assert.ok(await until(() => other.controls[0]?.status === 'connected'))
    assert.equal((await remove('deaf')).status, 200)
    assert.match((await other.ended).reason, /SIGKILL/)
    viewer.socket.terminate()
  })

  it('brings a line of 1 MiB whole to a program that reads', async () => {
    const viewer = await open(agent, 'line')
    const line = Buffer.from(randomBytes(MiB / 2).toString('hex'))
    viewer.type(`stty raw -echo; echo rea''dy; head -c ${line.length} | sha256sum; exit\n`)
    await viewer.sees('ready')
    for (let at = 0; at < line.length; at += limits.terminalInputBytes) {
      viewer.type(line.subarray(at, at + limits.terminalInputBytes))
    }
    await viewer.ended
    assert.ok(viewer.bytes().includes(createHash('sha256').update(line).digest('hex')))
  })

  it('closes on a message that is too large', async () => {
    const viewer = await open(agent, 'large')
    viewer.type(Buffer.alloc(limits.terminalInputBytes + 1))
    assert.equal((await viewer.ended).code, 1009)
    assert.equal((await agent.call('GET', '/process/pty/large')).json.active, true)
    await remove('large')
  })

  it('bears a storm of small messages', async () => {
    const viewer = await open(agent, 'storm')
    viewer.type('stty -echo; echo rea""dy; cat >/dev/null; echo don""e\n')
    await viewer.sees('ready')
    for (let count = 0; count < 100_000; count++) viewer.type(count % 50 === 49 ? '\n' : 'x')
    viewer.type('\n\x04')
    await viewer.sees('done', 20_000)
    await remove('storm')
  })

  it('bears a storm of sizes, of which the last one counts', async (t) => {
    const viewer = await open(agent, 'sizes')
    viewer.type('echo $$ >pid; exec sh -c \'trap "echo W" WINCH; echo up; while sleep 0.01; do :; done\'\n')
    await viewer.sees('up\r\n')
    const begin = performance.now()
    for (let sent = 0; sent < 10_000; sent += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const size = { cols: 1 + ((sent + index) % 1000), rows: 24 }
          assert.equal((await agent.call('POST', '/process/pty/sizes/resize', size)).status, 200)
        }),
      )
    }
    const tookMs = performance.now() - begin
    await agent.call('POST', '/process/pty/sizes/resize', { cols: 123, rows: 45 })
    const size = async () => (await agent.run(`stty size </proc/$(cat pid)/fd/0`)).result
    assert.ok(await until(async () => (await size()) === '45 123\n'))
    const signals = viewer.bytes().toString().split('W\r\n').length
    t.diagnostic(`10,000 sizes in ${Math.round(tookMs)} ms; the program heard of ${signals}`)
    assert.ok(signals < tookMs / 15)
    await remove('sizes')
  })

  it('shows the same to 100 viewers who come at once', async () => {
    const first = await open(agent, 'crowd')
    const viewers = await Promise.all(Array.from({ length: 100 }, () => view(agent, '/crowd/connect')))
    first.type('seq 1 2000; echo e""nd\n')
    for (const viewer of viewers) assert.match(await viewer.sees('end'), /\r\n1999\r\n2000\r\nend/)
    first.type('exit\n')
    for (const viewer of viewers) assert.equal((await viewer.ended).code, 1000)
  })

  it('takes viewers up to its limit, and again when some have left', async () => {
    const first = await open(agent, 'full')
    const viewers = await Promise.all(
      Array.from({ length: limits.terminalViewerCount - 1 }, () => view(agent, '/full/connect')),
    )
    await assert.rejects(view(agent, '/full/connect'), { status: 429 })
    for (const viewer of viewers) viewer.socket.terminate()
    let again: TestViewer | null = null
    await until(async () => {
      again = await view(agent, '/full/connect').catch(() => null)
      return again !== null
    })
    assert.ok(again !== null)
    first.socket.close()
    await remove('full')
  })

  it('makes terminals up to its limit', async () => {
    const create = async (id: string) => (await agent.call('POST', '/process/pty', { id, lazyStart: true })).status
    const statuses = await Promise.all(
      Array.from({ length: limits.terminalCount + 5 }, (_, index) => create(`n${index}`)),
    )
    assert.equal(statuses.filter((status) => status === 201).length, limits.terminalCount)
    assert.equal(statuses.filter((status) => status === 429).length, 5)
    await remove('n0')
    assert.equal(await create('one more'), 201)
    await Promise.all(statuses.map((_, index) => remove(`n${index}`)))
    await remove('one%20more')
  })

  it('makes a name once, though many ask at once', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => open(agent, 'once')))
    assert.equal(attempts.filter(({ status }) => status === 'fulfilled').length, 1)
    await remove('once')
  })

  it('lives through viewers and terminals that come and go', async () => {
    const rounds = Array.from({ length: 40 }, async (_, index) => {
      const viewer = await open(agent, `gone${index}`)
      viewer.type(`sleep 47${10 + index} & yes\n`)
      if (index % 2 === 0) viewer.socket.terminate()
      await remove(`gone${index}`)
    })
    await Promise.all(rounds)
    assert.equal((await agent.call('GET', '/process/pty')).json.sessions.length, 0)
    // The last ones end when the kernel has told of it.
    const gone = async (what: string, isGone: () => Promise<boolean>): Promise<void> => {
      for (let tries = 0; tries < 100 && !(await isGone()); tries++) await delay(20)
      assert.ok(await isGone(), `${what} stayed`)
    }
    const prints = async (command: string, text: string): Promise<boolean> => (await agent.run(command)).result === text
    await gone('programs', async () => !(await isRunning(agent, 'sleep 47')))
    await gone('zombies', () => prints(`ps --ppid ${agent.child.pid} -o stat= | grep -c Z`, '0\n'))
    const openEnds = `readlink /proc/${agent.child.pid}/fd/* | grep -c -e ptmx -e pts`
    await gone('open terminals', () => prints(openEnds, '0\n'))
  })

  it('echoes a key at once', async (t) => {
    const viewer = await open(agent, 'echo')
    viewer.type('stty raw -echo; echo rea""dy; exec cat\n')
    await viewer.sees('ready')
    await measureEcho(viewer.socket, 200)
    const times = (await measureEcho(viewer.socket, 1000)).sort((a, b) => a - b)
    const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(3)
    t.diagnostic(`echo: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`)
    assert.ok(Number(at(0.5)) < 5)
    await remove('echo')
  })
})
