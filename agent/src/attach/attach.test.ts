import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FrameReader, frameHead, inward, outward } from '@sandyard/protocol/attach'
import { limits } from '@sandyard/protocol/limits'
import { isRunning, startAgent, until } from '../agent.fixture.ts'
import { attach, attached, startProgram } from './attach.fixture.ts'

describe('attached programs', () => {
  it('say apart what they print, and how they ended', async () => {
    await using agent = await startAgent()
    for (const [command, exit, output, errorOutput] of [
      ['echo out; echo err >&2; exit 7', { code: 7 }, 'out\n', 'err\n'],
      ['kill -TERM $$', { signal: 'TERM' }, '', ''],
      ['echo "$LC_X $PWD" > /dev/stderr', { code: 0 }, '', `é ${agent.home}\n`],
      ['exec nothing-of-the-kind', { code: 127 }, '', /not found/],
      ['printf "\\377\\000\\012"', { code: 0 }, '\u00ff\u0000\n', ''],
    ] as const) {
      const program = await startProgram(agent, { command, env: { LC_X: 'é' } })
      await program.over
      assert.deepEqual([program.exit, program.output], [exit, output], command)
      const said = Buffer.from(program.errorOutput, 'latin1').toString()
      if (errorOutput instanceof RegExp) assert.match(said, errorOutput)
      else assert.equal(said, errorOutput)
    }
  })

  it('get their input and its end, and give room for what they have taken', async () => {
    await using agent = await startAgent()
    const program = await startProgram(agent, { command: 'wc -c; echo done' })
    let sent = 0
    while (sent < 3_000_000) {
      const may = limits.attachInputBytes + program.room - sent
      const piece = Math.min(may, 60_000)
      if (piece === 0) await delay(1)
      else program.input(Buffer.alloc(piece, 'x'))
      sent += piece
    }
    program.send(inward.inputEnd, '')
    await program.over
    assert.equal(program.output.trim().replace(/\s+/g, ' '), `${sent} done`)
    assert.ok(program.room > sent - limits.attachInputBytes)
  })

  it('that do not read give no room, and can still be told things', async () => {
    await using agent = await startAgent()
    const program = await startProgram(agent, {
      command: 'trap "echo got; exit 3" USR1; echo ready; while :; do sleep 0.05; done',
    })
    assert.ok(await until(() => program.output === 'ready\n'))
    program.input(Buffer.alloc(limits.attachInputBytes))
    await delay(100)
    assert.ok(program.room <= 128 * 1024, `${program.room} is what a pipe holds`)
    program.send(inward.signal, 'USR1')
    await program.over
    assert.deepEqual([program.exit, program.output], [{ code: 3 }, 'ready\ngot\n'])
  })

  it('wait for a caller who does not read', async () => {
    await using agent = await startAgent()
    const program = await startProgram(agent, { command: 'yes | head -c 50000000; echo end > over' })
    program.socket.pause()
    await delay(500)
    assert.equal(existsSync(join(agent.home, 'over')), false)
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.child.pid}/status`, 'utf8'))?.[1])
    assert.ok(rss < 250_000, `${rss} KiB`)
    program.socket.resume()
    await program.over
    assert.equal(program.output.length, 50_000_000)
  })

  it('keep the connection open for those they leave behind, who go on when it is closed', async () => {
    await using agent = await startAgent()
    const program = await startProgram(agent, { command: 'nohup sh -c "sleep 0.4; echo late; sleep 1987" & echo soon' })
    assert.ok(await until(() => program.exit !== undefined))
    assert.equal(program.output, 'soon\n')
    assert.ok(await until(() => program.output === 'soon\nlate\n'))
    program.socket.destroy()
    await delay(200)
    assert.ok(await isRunning(agent, 'sleep 1987'))
    await agent.run('pkill -f "[s]leep 1987"')
  })

  it('hang up with their caller', async () => {
    await using agent = await startAgent()
    for (const terminal of [undefined, { cols: 80, rows: 24, name: 'xterm', modes: {} }]) {
      const program = await startProgram(agent, { command: 'echo ready; sleep 1988', ...(terminal && { terminal }) })
      assert.ok(await until(() => program.output.includes('ready')))
      program.socket.destroy()
      assert.ok(await until(async () => !(await isRunning(agent, 'sleep 1988'))), `terminal: ${terminal !== undefined}`)
    }
  })

  it('leave behind what has files of its own, also when it does not ignore that its caller has gone', async () => {
    await using agent = await startAgent()
    // Node ends by the signal, whatever `nohup` has set.
    const server = (mark: number, files: string): string => `node -e "setTimeout(() => {}, ${mark}000)" ${files} &`
    const started = [
      server(1984, '> /dev/null 2>&1 < /dev/null'),
      server(1985, '< /dev/null'),
      server(1986, '> /dev/null 2>&1 <&3'),
    ]
    const program = await startProgram(agent, { command: `exec 3<&0; ${started.join(' ')} echo ready; sleep 1983` })
    assert.ok(await until(() => program.output.includes('ready')))
    for (const mark of [1984, 1985, 1986])
      assert.ok(await until(() => isRunning(agent, `setTimeout.*${mark}000`)), String(mark))
    program.socket.destroy()
    for (const name of ['sleep 1983', 'setTimeout.*1985000', 'setTimeout.*1986000']) {
      assert.ok(await until(async () => !(await isRunning(agent, name))), name)
    }
    assert.ok(await isRunning(agent, 'setTimeout.*1984000'))
    await agent.run('pkill -f "[s]etTimeout.*1984000"')
  })

  it('have a terminal of the size and modes that are asked for', async () => {
    await using agent = await startAgent()
    const modes = { ECHO: 0, VERASE: 8, VINTR: 24, ICRNL: 1, VKILL: 255, NO_SUCH: 1, TTY_OP_OSPEED: 38400 }
    const program = await startProgram(agent, {
      command: 'echo $TERM; stty -a; read x; stty size; exit 4',
      terminal: { cols: 101, rows: 33, name: 'screen', modes },
    })
    assert.ok(await until(() => /-extproc\r\n$/.test(program.output)), program.output)
    assert.match(program.output, /^screen\r\n.* rows 33; columns 101/)
    for (const word of ['-echo ', 'erase = ^H', 'intr = ^X', 'kill = <undef>', 'iutf8']) {
      assert.ok(program.output.includes(word), `${word}: ${program.output}`)
    }
    program.send(inward.resize, { cols: 77, rows: 11 })
    program.input('go\r')
    await program.over
    assert.match(program.output, /\r\n11 77\r\n$/)
    assert.deepEqual(program.exit, { code: 4 })
  })

  it('of nonsense end the connection, and nothing else', async () => {
    await using agent = await startAgent()
    const wrong = [Buffer.from('GET / HTTP'), frameHead(inward.start, 5e6), frameHead(inward.input, 1), Buffer.alloc(9)]
    for (const bytes of wrong) {
      const socket = await attached(agent, 'program')
      socket.on('error', () => {}).resume()
      socket.write(Buffer.concat([bytes, Buffer.alloc(64)]))
      await new Promise((resolve) => socket.once('close', resolve))
    }
    assert.equal((await agent.run('echo fine')).result, 'fine\n')
    for (const [path, status] of [
      ['nothing', 404],
      ['connect?host=localhost&port=0', 400],
      ['connect?host=local%20host&port=1', 400],
      ['connect?path=relative', 400],
      [`connect?path=/${'x'.repeat(108)}`, 400],
      ['connect?host=127.0.0.1&port=1', 502],
      ['connect?path=/nothing/here', 502],
      ['listen?path=/nothing/here', 400],
      ['listen?host=203.0.113.7&port=0', 400],
      ['take?id=nobody', 410],
    ] as const) {
      const answer = await attach(agent, path)
      assert.equal('status' in answer && answer.status, status, path)
    }
  })
})

describe('attached streams', () => {
  it('reach ports and sockets inside, with half-closing', async () => {
    await using agent = await startAgent()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      text(socket).then(
        (all) => socket.end(`got ${all}`),
        () => {},
      )
    })
    const path = join(agent.home, 'server.sock')
    for (const place of [0, path]) {
      await new Promise<void>((resolve) =>
        place === 0 ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
      )
      const address = server.address()
      const query =
        typeof address === 'string' ? `path=${encodeURIComponent(path)}` : `host=localhost&port=${address?.port}`
      const socket = await attached(agent, `connect?${query}`)
      socket.end('hello')
      assert.equal(await text(socket), 'got hello')
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('come from listeners, which end with their caller', async () => {
    await using agent = await startAgent()
    for (const query of [
      'host=localhost&port=0',
      `path=${encodeURIComponent(join(agent.home, 'l.sock'))}`,
      'kind=agent',
    ]) {
      const control = await attached(agent, `listen?${query}`)
      const told: [number, Record<string, unknown>][] = []
      const reader = new FrameReader((kind, body) => told.push([kind, JSON.parse(body.toString())]))
      control.on('data', (bytes: Buffer) => reader.push(bytes))
      assert.ok(await until(() => told.length === 1))
      const { port, path = '' } = (told[0]?.[1] ?? {}) as { port?: number; path?: string }
      if (port === undefined) assert.equal(statSync(path).mode & 0o777, 0o600)
      const visitor = port === undefined ? connect(path) : connect(port, '127.0.0.1')
      visitor.write('ping')
      assert.ok(await until(() => told.length === 2))
      assert.equal(told[1]?.[0], outward.arrival)
      const taken = await attached(agent, `take?id=${told[1]?.[1].id}`)
      assert.equal(((await attach(agent, `take?id=${told[1]?.[1].id}`)) as { status: number }).status, 410)
      taken.end('pong')
      assert.equal(await text(visitor), 'pong')
      control.destroy()
      const refused = (): Promise<boolean> =>
        new Promise((resolve) => {
          const probe = port === undefined ? connect(path) : connect(port, '127.0.0.1')
          probe.once('error', () => resolve(true)).once('connect', () => resolve(probe.destroy() && false))
        })
      assert.ok(await until(refused))
      if (port === undefined) assert.equal(existsSync(path), false)
    }
  })
})
