import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isRunning, type Reply, startAgent, type TestAgent, until } from '../agent.fixture.ts'

const apart = { 'x-daytona-sdk-version': '0.218.0' }

describe('sessions', () => {
  let agent: TestAgent
  let counter = 0
  before(async () => {
    agent = await startAgent({ GREETING: 'hello' })
  })
  after(() => agent[Symbol.asyncDispose]())

  const session = async (): Promise<string> => {
    const sessionId = `s${counter++}`
    assert.equal((await agent.call('POST', '/process/session', { sessionId })).status, 201)
    return sessionId
  }
  const exec = (id: string, command: string, more: object = {}): Promise<Reply> =>
    agent.call('POST', `/process/session/${id}/exec`, { command, ...more }, apart)
  const command = async (id: string, cmd: string) =>
    (await agent.call('GET', `/process/session/${id}/command/${cmd}`)).json
  const logs = (id: string, cmd: string, headers: Record<string, string> = apart): Promise<Reply> =>
    agent.call('GET', `/process/session/${id}/command/${cmd}/logs`, undefined, headers)

  it('keeps folder, variables, functions and aliases between commands', async () => {
    const id = await session()
    await exec(id, 'cd /tmp; export A=1; B=2; f() { echo "f $1"; }; alias say="echo said"')
    const reply = await exec(id, 'pwd; echo $A $B $GREETING; f x; say it')
    assert.equal(reply.json.stdout, '/tmp\n1 2 hello\nf x\nsaid it\n')
    assert.equal(reply.json.exitCode, 0)
  })

  type Row = readonly [command: string, exitCode: number, stdout: string | RegExp, stderr?: string | RegExp]
  const living: readonly Row[] = [
    ['echo out; echo err >&2', 0, 'out\n', 'err\n'],
    ['printf "no newline"', 0, 'no newline'],
    ['false', 1, ''],
    ['cat <<END\nhere "doc"\nEND', 0, 'here "doc"\n'],
    ['cat; read x; echo "[$x]"', 0, '[]\n'],
    ['if', 2, '', /syntax error/],
    ['no-such-program', 127, '', /not found/],
    ['sleep 0.3 & echo started', 0, 'started\n'],
    ['kill -9 $BASHPID &\nwait $!', 137, '', /.*/],
    ['(exit 7)', 7, ''],
    ['log=1 dir=2 line=3; echo $log$dir$line', 0, '123\n'],
    ['trap "echo trapped" USR1; kill -USR1 $$; echo on', 0, 'trapped\non\n'],
    ['exec 9>/dev/null; exec 3>&1; echo x', 0, 'x\n'],
    ['set -C; printf "a\\0b"', 0, 'a\0b'],
    ['break; continue; echo still', 0, 'still\n', /.*/],
  ]
  for (const [text, exitCode, stdout, stderr = ''] of living) {
    it(`runs and lives on: ${text.slice(0, 50).replaceAll('\n', '⏎')}`, async () => {
      const id = await session()
      const reply = await exec(id, text)
      if (typeof stdout === 'string') assert.equal(reply.json.stdout, stdout)
      else assert.match(reply.json.stdout, stdout)
      if (typeof stderr === 'string') assert.equal(reply.json.stderr, stderr)
      else assert.match(reply.json.stderr, stderr)
      assert.equal(reply.json.exitCode, exitCode)
      assert.equal((await exec(id, 'echo alive')).json.stdout, 'alive\n')
      assert.equal((await command(id, reply.json.cmdId)).exitCode, exitCode)
    })
  }

  const ending: readonly Row[] = [
    ['echo a; exit 3', 3, 'a\n'],
    ['set -e\nfalse\necho no', 1, ''],
    ['exec sh -c "echo replaced; exit 4"', 4, 'replaced\n'],
    ['kill -9 $$', 137, ''],
    ['set -u; echo $UNSET_NAME', 1, '', /UNSET_NAME/],
  ]
  for (const [text, exitCode, stdout] of ending) {
    it(`ends with a code and so does the session: ${text.replaceAll('\n', '⏎')}`, async () => {
      const id = await session()
      const reply = await exec(id, text)
      assert.equal(reply.json.exitCode, exitCode === 1 && text.startsWith('set -u') ? reply.json.exitCode : exitCode)
      assert.notEqual(reply.json.exitCode, 0)
      assert.equal(reply.json.stdout, stdout)
      assert.equal(await until(async () => (await exec(id, 'echo x')).json.code === 'SESSION_ENDED'), true)
      const again = await exec(id, 'echo x')
      assert.equal(again.status, 410)
      const known = await agent.call('GET', `/process/session/${id}`)
      assert.equal(known.json.commands[0].command, text)
    })
  }

  it('runs async commands one after the other', async () => {
    const id = await session()
    const first = await exec(id, 'sleep 0.3; echo first', { runAsync: true })
    assert.equal(first.status, 202)
    assert.deepEqual(
      { ...first.json, cmdId: '' },
      { cmdId: '', output: null, stdout: null, stderr: null, exitCode: null },
    )
    assert.equal((await command(id, first.json.cmdId)).exitCode, undefined)
    assert.equal((await exec(id, 'echo second')).json.stdout, 'second\n')
    assert.equal((await command(id, first.json.cmdId)).exitCode, 0)
    const listed = (await agent.call('GET', `/process/session/${id}`)).json.commands
    assert.deepEqual(
      listed.map((one: { command: string }) => one.command),
      ['sleep 0.3; echo first', 'echo second'],
    )
  })

  it('takes input, shows a prompt without newline at once, and echoes the input', async () => {
    const id = await session()
    const text = 'printf "Name: "; read name; echo "Hi $name"; read more; echo "$more"'
    const { cmdId } = (await exec(id, text, { runAsync: true })).json
    assert.equal(await until(async () => (await logs(id, cmdId)).json.stdout === 'Name: ', 1000), true)
    const path = `/process/session/${id}/command/${cmdId}/input`
    assert.equal((await agent.call('POST', path, { data: 'Ada' })).status, 204)
    assert.equal((await agent.call('POST', path, { data: 'x\n' })).status, 204)
    assert.equal(await until(async () => (await command(id, cmdId)).exitCode === 0, 1000), true)
    assert.match((await logs(id, cmdId)).json.stdout, /^Name: Ada\n(x\n)?Hi Ada\n(x\n)+$/)
    const late = await agent.call('POST', path, { data: 'z' })
    assert.equal(late.status, 410)
    assert.equal(late.json.code, 'COMMAND_ALREADY_COMPLETED')
  })

  it('does not echo suppressed input, and takes input before the command has its turn', async () => {
    const id = await session()
    await exec(id, 'sleep 0.2', { runAsync: true })
    const { cmdId } = (await exec(id, 'read a; echo "got $a"', { async: true, suppressInputEcho: true })).json
    await agent.call('POST', `/process/session/${id}/command/${cmdId}/input`, { data: 'secret' })
    assert.equal(await until(async () => (await command(id, cmdId)).exitCode === 0, 2000), true)
    assert.equal((await logs(id, cmdId)).json.stdout, 'got secret\n')
  })

  it('fails what waits behind a command that ends the session', async () => {
    const id = await session()
    await exec(id, 'sleep 0.2; exit 5', { runAsync: true })
    const waiting = (await exec(id, 'echo never', { runAsync: true })).json.cmdId
    const sync = await exec(id, 'echo never')
    assert.deepEqual([sync.status, sync.json.code], [410, 'SESSION_ENDED'])
    assert.equal((await command(id, waiting)).exitCode, -1)
    assert.match((await logs(id, waiting)).json.stderr, /session ended/)
  })

  it('answers in the form of the client version', async () => {
    const id = await session()
    const text = 'echo out; sleep 0.05; echo err >&2; sleep 0.05; echo out2'
    const raw = '\x01\x01\x01out\n\x02\x02\x02err\n\x01\x01\x01out2\n'
    const forms: readonly [headers: Record<string, string>, output: string, stdout: string | null, type: string][] = [
      [{}, 'out\nerr\nout2\n', null, 'text/plain'],
      [{ 'x-daytona-sdk-version': '0.26.9' }, 'out\nerr\nout2\n', null, 'text/plain'],
      [{ 'x-daytona-sdk-version': '0.27.0' }, raw, null, 'text/plain'],
      [{ 'x-daytona-sdk-version': '0.166.9' }, raw, null, 'text/plain'],
      [{ 'x-daytona-sdk-version': '0.167.0' }, raw, 'out\nout2\n', 'application/json'],
      [{ 'x-daytona-sdk-version': '0.0.0-dev' }, raw, 'out\nout2\n', 'application/json'],
      [{ 'x-daytona-sdk-version': 'nonsense' }, raw, null, 'text/plain'],
      [{ 'x-daytona-split-output': 'true' }, raw, null, 'text/plain'],
    ]
    for (const [headers, output, stdout, type] of forms) {
      const reply = await agent.call('POST', `/process/session/${id}/exec`, { command: text }, headers)
      assert.equal(reply.json.output, output, JSON.stringify(headers))
      assert.equal(reply.json.stdout, stdout)
      assert.equal(reply.json.stderr, stdout === null ? null : 'err\n')
      const log = await logs(id, reply.json.cmdId, headers)
      assert.ok(log.headers['content-type']?.startsWith(type), log.headers['content-type'])
      assert.equal(stdout === null ? log.text : log.json.output, output)
    }
  })

  it('starts where the client version expects it', async () => {
    const old = { 'x-daytona-sdk-version': '0.102.0' }
    await agent.call('POST', '/process/session', { sessionId: 'old' }, old)
    assert.equal((await exec('old', 'pwd')).json.stdout, `${agent.home}\n`)
  })

  it('ends everything a session started when it is deleted', async () => {
    const id = await session()
    await exec(id, 'nohup sleep 82.1 >/dev/null 2>&1 & setsid sleep 82.2 & (setsid sh -c "sleep 82.3" &)')
    await exec(id, 'trap "" TERM; sleep 82.4', { runAsync: true })
    const sync = exec(id, 'echo behind').then((reply) => ({ ...reply, at: performance.now() }))
    assert.equal(await until(() => isRunning(agent, 'sleep 82.2')), true)
    const begin = performance.now()
    const reply = await agent.call('DELETE', `/process/session/${id}`)
    assert.equal(reply.status, 204)
    assert.ok(performance.now() - begin < 8000)
    assert.equal(await isRunning(agent, 'sleep 82'), false)
    const { status, json, at } = await sync
    assert.deepEqual([status, json.code], [400, 'BAD_REQUEST'])
    assert.match(json.message, /session cancelled/)
    assert.ok(at - begin < 500, `told ${at - begin} ms after the call, not after the grace`)
    assert.equal((await agent.call('GET', `/process/session/${id}`)).status, 404)
    assert.equal((await agent.call('DELETE', `/process/session/${id}`)).json.code, 'PROCESS_NOT_FOUND')
  })

  it('is quick to delete, and the id can be used again', async () => {
    const id = await session()
    await exec(id, 'echo x')
    const begin = performance.now()
    assert.equal((await agent.call('DELETE', `/process/session/${id}`)).status, 204)
    assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`)
    assert.equal((await agent.call('POST', '/process/session', { sessionId: id })).status, 201)
  })

  it('keeps the log of a background child that goes on writing', async () => {
    const id = await session()
    const { cmdId } = (await exec(id, '(sleep 0.3; echo late) & echo early')).json
    assert.equal((await logs(id, cmdId)).json.stdout, 'early\n')
    assert.equal(await until(async () => (await logs(id, cmdId)).json.stdout === 'early\nlate\n', 2000), true)
  })

  it('keeps untrusted ids out of paths, and logs private', async () => {
    const sessionId = '../../../../tmp/evil \u0001é'
    assert.equal((await agent.call('POST', '/process/session', { sessionId })).status, 201)
    assert.equal((await exec(encodeURIComponent(sessionId), 'echo ok')).json.stdout, 'ok\n')
    assert.equal(existsSync('/tmp/evil'), false)
    const root = join(agent.home, '.daytona/sessions')
    assert.equal(statSync(root).mode & 0o777, 0o700)
    for (const name of readdirSync(root)) assert.match(name, /^[0-9a-f-]{36}$/)
    assert.equal((await agent.call('DELETE', `/process/session/${encodeURIComponent(sessionId)}`)).status, 204)
  })

  it('survives the removal of the folder of its logs', async () => {
    const id = await session()
    await exec(id, 'rm -rf "$HOME/.daytona"; echo removed')
    for (let round = 0; round < 20; round++) {
      const reply = await exec(id, 'echo on; echo e >&2')
      assert.equal(reply.json.stdout, 'on\n')
    }
    assert.equal((await agent.run('echo on')).result, 'on\n')
  })

  it('carries large and odd output whole', async () => {
    const id = await session()
    const reply = await exec(id, 'head -c 20000000 /dev/zero | tr "\\0" y; echo; head -c 3000 /dev/zero; echo end >&2')
    assert.equal(reply.json.stdout.length, 20_003_001)
    assert.equal(reply.json.stderr, 'end\n')
    assert.equal((await exec(id, `echo '${'z'.repeat(400_000)}'`)).json.stdout.length, 400_001)
  })

  it('lists sessions oldest first, and leaves no descriptor behind', async () => {
    const count = async () => Number((await agent.run(`ls /proc/${agent.child.pid}/fd | wc -l`)).result)
    const id = await session()
    const before = await count()
    for (let round = 0; round < 20; round++) {
      await exec(id, 'echo x; echo y >&2')
      const { cmdId } = (await exec(id, 'read x', { runAsync: true })).json
      await agent.call('POST', `/process/session/${id}/command/${cmdId}/input`, { data: 'x' })
      await until(async () => (await command(id, cmdId)).exitCode !== undefined)
    }
    assert.equal(await until(async () => (await count()) <= before + 1), true)
    const ids = (await agent.call('GET', '/process/session')).json.map((one: { sessionId: string }) => one.sessionId)
    assert.equal(ids.at(-1), id)
  })

  const bad: readonly [method: string, path: string, body: unknown, status: number, code: string][] = [
    ['POST', '', {}, 400, 'INVALID_REQUEST_BODY'],
    ['POST', '', { sessionId: '' }, 400, 'INVALID_REQUEST_BODY'],
    ['POST', '', { sessionId: 'entrypoint' }, 400, 'BAD_REQUEST'],
    ['DELETE', '/entrypoint', undefined, 400, 'BAD_REQUEST'],
    ['POST', '/entrypoint/exec', { command: 'x' }, 400, 'BAD_REQUEST'],
    ['GET', '/entrypoint', undefined, 404, 'PROCESS_NOT_FOUND'],
    ['GET', '/entrypoint/logs', undefined, 404, 'PROCESS_NOT_FOUND'],
    ['GET', '/unknown', undefined, 404, 'PROCESS_NOT_FOUND'],
    ['POST', '/unknown/exec', { command: 'x' }, 404, 'PROCESS_NOT_FOUND'],
    ['POST', '/known/exec', { command: ' ' }, 400, 'INVALID_REQUEST_BODY'],
    ['GET', '/known/command/none', undefined, 404, 'PROCESS_NOT_FOUND'],
    ['GET', '/known/command/none/logs', undefined, 404, 'PROCESS_NOT_FOUND'],
    ['POST', '/known/command/none/input', { data: 'x' }, 404, 'PROCESS_NOT_FOUND'],
    ['POST', '/known/command/none/input', { data: '' }, 400, 'INVALID_REQUEST_BODY'],
  ]
  it('refuses what is not right', async () => {
    await agent.call('POST', '/process/session', { sessionId: 'known' })
    assert.equal((await agent.call('POST', '/process/session', { sessionId: 'known' })).status, 409)
    for (const [method, path, body, status, code] of bad) {
      const reply = await agent.call(method, `/process/session${path}`, body)
      assert.deepEqual([path, reply.status, reply.json.code], [path, status, code])
    }
  })
})
