import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isRunning, startAgent, type TestAgent, until } from '../agent.fixture.ts'
import { open, view } from './terminal.fixture.ts'

describe('terminals', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  const create = (body: object) => agent.call('POST', '/process/pty', body)
  const info = async (id: string) => (await agent.call('GET', `/process/pty/${id}`)).json
  const remove = (id: string) => agent.call('DELETE', `/process/pty/${id}`)
  const ids = async (): Promise<string[]> =>
    (await agent.call('GET', '/process/pty')).json.sessions.map(({ id }: { id: string }) => id)

  it('is made with defaults, told of, listed, and deleted', async () => {
    const made = await create({ id: 'plain' })
    assert.deepEqual([made.status, made.json], [201, { sessionId: 'plain' }])
    await create({ id: 'other/one', cwd: '/tmp', envs: { A: 'b', TERM: 'dumb' }, cols: 1, rows: 1000 })
    const plain = await info('plain')
    const { createdAt, ...rest } = plain
    assert.equal(new Date(createdAt).toISOString(), createdAt)
    const envs = { TERM: 'xterm-256color' }
    assert.deepEqual(rest, { id: 'plain', cwd: agent.home, envs, cols: 80, rows: 24, active: true, lazyStart: false })
    const other = await info('other%2fone')
    assert.deepEqual([other.cwd, other.envs, other.cols, other.rows], ['/tmp', { A: 'b', TERM: 'dumb' }, 1, 1000])
    assert.deepEqual(await ids(), ['plain', 'other/one'])
    assert.equal((await create({ id: 'plain' })).status, 409)
    for (const id of ['plain', 'other%2fone']) {
      const gone = await remove(id)
      assert.deepEqual([gone.status, gone.json], [200, { message: 'PTY session deleted' }])
      assert.equal((await remove(id)).status, 404)
      assert.equal((await agent.call('POST', `/process/pty/${id}/resize`, { cols: 80, rows: 24 })).status, 410)
    }
    assert.deepEqual(await ids(), [])
  })

  const wrong: readonly [body: object, message: RegExp][] = [
    [{}, /id/],
    [{ id: '' }, /id/],
    [{ id: 'x', cols: 0 }, /cols/],
    [{ id: 'x', rows: 1001 }, /rows/],
    [{ id: 'x', cwd: '/no/such' }, /cwd: "\/no\/such" does not exist/],
    [{ id: 'x', cwd: '/no/such', lazyStart: true }, /does not exist/],
    [{ id: 'x', cwd: '/etc/passwd' }, /is no folder/],
    [{ id: 'x', cwd: 'a\0b' }, /NUL/],
    [{ id: 'x', envs: { 'A=B': '' } }, /envs/],
    [{ id: 'create-connect' }, /reserved/],
  ]
  for (const [body, message] of wrong) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const reply = await create(body)
      assert.equal(reply.status, 400)
      assert.match(reply.json.message, message)
      assert.deepEqual(await ids(), [])
    })
  }

  it('refuses WebSockets before the upgrade', async () => {
    await create({ id: 'taken' })
    const encode = (value: unknown) => `X-Daytona-Pty-Envs~${Buffer.from(JSON.stringify(value)).toString('base64url')}`
    const refused: readonly [path: string, protocols: string[], status: number][] = [
      ['/unknown/connect', [], 404],
      ['/create-connect?id=taken', [], 409],
      ['/create-connect', [], 400],
      ['/create-connect?id=x&cols=0', [], 400],
      ['/create-connect?id=x&rows=many', [], 400],
      ['/create-connect?id=x&cwd=/no/such', [], 400],
      ['/create-connect?id=x', [encode({ '1': 'x' })], 400],
      ['/create-connect?id=x', [encode([])], 400],
      ['/create-connect?id=x', ['X-Daytona-Pty-Envs~!!!!'], 400],
    ]
    for (const [path, protocols, status] of refused) {
      await assert.rejects(view(agent, path, protocols), { status }, path)
    }
    assert.deepEqual(await ids(), ['taken'])
    await remove('taken')
  })

  it('leaves no terminal behind when the upgrade itself is refused', async () => {
    const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const reply = await agent.call('GET', '/process/pty/create-connect?id=half', undefined, headers)
    assert.equal(reply.status, 400)
    assert.ok(await until(async () => (await ids()).length === 0))
  })

  it('leaves no terminal behind when the caller goes away before it is connected', async () => {
    for (let round = 0; round < 10; round++) {
      const headers = 'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      const socket = connect(agent.socketPath)
      socket.write(`GET /process/pty/create-connect?id=gone${round} HTTP/1.1\r\nHost: x\r\n${headers}${key}\r\n`)
      await delay(round % 5)
      socket.destroy()
    }
    await delay(200)
    assert.ok(await until(async () => (await ids()).length === 0), (await ids()).join())
  })

  it('connects first, then shows a login shell with a terminal of its own', async () => {
    const viewer = await open(agent, 'shell', '&cols=100&rows=30')
    viewer.type(
      'echo $- $0; tty; stty size; echo "$TERM"; ps -o tty= -p $$; echo direct >/dev/tty; shopt login_shell\n',
    )
    const shown = await viewer.sees(/login_shell\s+on/)
    assert.deepEqual([viewer.order[0], viewer.controls[0]?.status], ['control', 'connected'])
    for (const part of [/\/dev\/pts\/\d+\r\n30 100\r\nxterm-256color\r\npts\/\d+\s*\r\ndirect\r\n/, /him?B?Hs /]) {
      assert.match(shown, part)
    }
    viewer.type('exit\n')
    assert.deepEqual(await viewer.ended, { code: 1000, reason: '{"exitCode":0}' })
    assert.deepEqual(viewer.controls.at(-1), { type: 'control', status: 'exited', exitCode: 0 })
    assert.equal(viewer.order.at(-1), 'control')
    assert.deepEqual(await ids(), [])
  })

  const exits: readonly [command: string, exitCode: number, exitReason: string][] = [
    ['exit 3', 3, 'non-zero exit'],
    ["exec sh -c 'exit 9'", 9, 'non-zero exit'],
    ["exec sh -c 'kill -INT $$'", 130, 'Ctrl+C'],
    ["exec sh -c 'kill -KILL $$'", 137, 'SIGKILL'],
    ["exec sh -c 'kill -TERM $$'", 143, 'SIGTERM'],
    ["exec sh -c 'kill -HUP $$'", 129, 'signal 1'],
    ['exec no-such-program; exit 127', 127, 'non-zero exit'],
  ]
  for (const [command, exitCode, exitReason] of exits) {
    it(`tells how \`${command}\` ended`, async () => {
      const viewer = await open(agent, 'ending')
      viewer.type(`${command}\n`)
      const { code, reason } = await viewer.ended
      assert.deepEqual([code, JSON.parse(reason)], [1011, { exitCode, exitReason }])
      assert.deepEqual(viewer.controls.at(-1), { type: 'control', status: 'exited', exitCode, exitReason })
    })
  }

  it('tells the exit in the close frame only, to who has not asked for more', async () => {
    const viewer = await view(agent, '/create-connect?id=old', [])
    viewer.type('exit 4\n')
    assert.deepEqual(await viewer.ended, { code: 1011, reason: '{"exitCode":4,"exitReason":"non-zero exit"}' })
    assert.deepEqual(viewer.controls, [{ type: 'control', status: 'connected' }])
  })

  it('takes variables from a subprotocol, and chooses one that was offered', async () => {
    const envs = Buffer.from(JSON.stringify({ GREETING: 'hällo', TERM: 'vt100' })).toString('base64url')
    const viewer = await view(agent, '/create-connect?id=envs', [`X-Daytona-Pty-Envs~${envs}`])
    assert.equal(viewer.socket.protocol, `X-Daytona-Pty-Envs~${envs}`)
    viewer.type('echo "[$GREETING/$TERM/$SANDYARD_TREE]"\n')
    await viewer.sees(/\[hällo\/vt100\/[0-9a-f-]{36}\]/)
    assert.deepEqual((await info('envs')).envs, { TERM: 'vt100', GREETING: 'hällo' })
    await remove('envs')
  })

  it('starts late where asked, in the size that it then has', async () => {
    await create({ id: 'lazy', lazyStart: true })
    assert.deepEqual([(await info('lazy')).active, (await info('lazy')).lazyStart], [false, true])
    const resized = await agent.call('POST', '/process/pty/lazy/resize', { cols: 77, rows: 11 })
    assert.deepEqual([resized.status, resized.json.cols, resized.json.rows], [200, 77, 11])
    const viewers = await Promise.all([1, 2, 3].map(() => view(agent, '/lazy/connect')))
    viewers[1]?.type('stty size; echo pids-$$\n')
    for (const viewer of viewers) await viewer.sees(/11 77\r\npids-\d+/)
    assert.equal((await info('lazy')).active, true)
    await remove('lazy')
    await create({ id: 'never', lazyStart: true })
    assert.equal((await remove('never')).status, 200)
  })

  it('gives the first viewer what was printed before, others only on demand', async () => {
    await create({ id: 'early', envs: { PS1: '> ' } })
    await until(async () => (await agent.run('ps -eo tty | grep -c pts/')).exitCode === 0)
    const first = await view(agent, '/early/connect')
    first.type('echo ear"ly"\n')
    await first.sees('early\r\n')
    const second = await view(agent, '/early/connect')
    const third = await view(agent, '/early/connect?replay=true')
    assert.equal(await third.sees('early\r\n'), first.bytes().toString())
    second.type('echo la"te"\n')
    for (const viewer of [first, second, third]) await viewer.sees('late\r\n')
    assert.ok(!second.bytes().includes('early'))
    await remove('early')
  })

  it('goes on without viewers', async () => {
    const first = await open(agent, 'lasting')
    first.type('KEPT=yes; (sleep 0.2; echo "meanwhile"; touch unseen) &\n')
    await first.sees('KEPT')
    first.socket.close()
    await first.ended
    assert.ok(await until(() => existsSync(join(agent.home, 'unseen'))))
    const second = await view(agent, '/lasting/connect?replay=true')
    await second.sees('meanwhile')
    second.type('echo "kept: $KEPT"\n')
    await second.sees('kept: yes')
    second.socket.terminate()
    assert.equal((await info('lasting')).active, true)
    await remove('lasting')
  })

  it('passes Ctrl-C, Ctrl-D, text and sizes to programs', async () => {
    const viewer = await open(agent, 'keys')
    viewer.type('sleep 4590\n')
    assert.ok(await until(() => isRunning(agent, 'sleep 4590')))
    viewer.type('\x03')
    await viewer.sees('^C')
    viewer.type('echo "code $?"\n')
    await viewer.sees('code 130')
    viewer.type('cat >typed\n')
    assert.ok(await until(() => existsSync(join(agent.home, 'typed'))))
    viewer.type('ä€😀é\x7fz\n\x04')
    viewer.type('echo "<$(cat typed)>"\n')
    await viewer.sees('<ä€😀z>')
    const watch = "trap 'echo size $(stty size)' WINCH; echo up; while sleep 0.05; do :; done"
    writeFileSync(join(agent.home, 'watch'), watch)
    viewer.type('sh watch\n')
    await viewer.sees('up\r\n')
    const resized = await agent.call('POST', '/process/pty/keys/resize', { cols: 132, rows: 43 })
    assert.deepEqual([resized.json.cols, resized.json.rows], [132, 43])
    await viewer.sees('size 43 132')
    await remove('keys')
  })

  it('shows bytes as they are', async () => {
    const all = Buffer.concat(Array.from({ length: 64 }, () => Buffer.from(Array.from({ length: 256 }, (_, i) => i))))
    writeFileSync(join(agent.home, 'all'), all)
    const viewer = await open(agent, 'binary')
    viewer.type("stty raw -echo; printf BEG''IN; cat all; printf E''ND; exit\n")
    await viewer.ended
    const shown = viewer.bytes()
    const begin = shown.indexOf('BEGIN') + 5
    assert.ok(shown.subarray(begin, begin + all.length).equals(all))
  })

  it('tells its exit after all of its output', async () => {
    for (let round = 0; round < 5; round++) {
      const viewer = await open(agent, 'last-words')
      viewer.type("exec sh -c 'head -c 3000000 /dev/zero | tr \"\\0\" y; printf las''t; exit 7'\n")
      const { reason } = await viewer.ended
      const shown = viewer.bytes().toString()
      assert.ok(shown.endsWith('last'), JSON.stringify(shown.slice(-100)))
      assert.equal(shown.match(/yy+/g)?.join('').length, 3_000_000)
      assert.match(reason, /"exitCode":7/)
    }
  })

  it('exits though a program in the background keeps it open', async () => {
    const viewer = await open(agent, 'background')
    viewer.type("(trap '' HUP; echo $BASHPID >loop; while sleep 0.02; do echo still; done) & exit 5\n")
    const begin = performance.now()
    assert.equal((await viewer.ended).code, 1011)
    assert.ok(performance.now() - begin < 2000)
    assert.equal((await agent.run('kill $(cat loop)')).exitCode, 0)
  })

  it('is killed with all that it started, and leaves no zombies', async () => {
    const viewer = await open(agent, 'doomed')
    viewer.type('sleep 4567 & disown; setsid sleep 4568 & (setsid sh -c "sleep 4569 & exec sleep 4570" &) ; echo up\n')
    viewer.type('env -i sh -c "trap \'\' HUP TERM; sleep 4571; :" & disown\n')
    for (const number of [4567, 4568, 4569, 4570, 4571]) {
      assert.ok(await until(() => isRunning(agent, `sleep ${number}`)), `sleep ${number} did not start`)
    }
    assert.equal((await remove('doomed')).status, 200)
    assert.equal((await agent.run("pgrep -f '[s]leep 45[67]'")).exitCode, 1)
    assert.deepEqual(await viewer.ended, { code: 1011, reason: '{"exitCode":137,"exitReason":"SIGKILL"}' })
    assert.deepEqual(await ids(), [])
    assert.equal((await agent.run(`ps --ppid ${agent.child.pid} -o stat= | grep -c Z`)).result, '0\n')
  })

  it('keeps descriptors of terminals from other programs', async () => {
    await Promise.all(['a', 'b'].map((id) => create({ id })))
    const viewer = await open(agent, 'c')
    const list = 'readlink /proc/self/fd/*'
    const { result } = await agent.run(list)
    assert.doesNotMatch(result, /ptmx|pts/)
    viewer.type(`${list} | grep -c ptmx; echo "listed $?"\n`)
    assert.match(await viewer.sees(/listed \d/), /\r0\r\nlisted 1/)
    await Promise.all(['a', 'b', 'c'].map(remove))
    const { result: left } = await agent.run(`readlink /proc/${agent.child.pid}/fd/* | grep -c -e ptmx -e pts`)
    assert.equal(left, '0\n')
  })

  it('ends with the agent', async () => {
    const other = await startAgent()
    const viewer = await open(other, 'x')
    viewer.type('setsid sleep 4580 & echo up\n')
    assert.ok(await until(() => isRunning(agent, 'sleep 4580')))
    other.child.kill('SIGTERM')
    await once(other.child, 'exit')
    assert.equal(await isRunning(agent, 'sleep 4580'), false)
    await other[Symbol.asyncDispose]()
  })
})
