import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isRunning, startAgent, type TestAgent, until } from '../agent.fixture.ts'

describe('execute', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent({ GREETING: 'hello' })
  })
  after(() => agent[Symbol.asyncDispose]())

  const table: readonly [command: string, exitCode: number, result: string | RegExp, more?: Record<string, unknown>][] =
    [
      ['echo hi', 0, 'hi\n'],
      ['exit 42', 42, ''],
      ['echo one\necho two\nfalse', 1, 'one\ntwo\n'],
      ['cat <<END\n$((1+1)) "quoted"\nEND\necho after', 0, '2 "quoted"\nafter\n'],
      ['read line; echo "[$line] $?"; cat; echo done', 0, '[] 1\ndone\n'],
      ['if', 2, /syntax error/],
      ['echo "open', 2, /matching|EOF/],
      ['no-such-program', 127, /no-such-program.*not found/],
      ['kill -9 $$', 137, ''],
      ['sh -c "kill -TERM \\$\\$"', 143, /.*/],
      ['pwd', 0, '/tmp\n', { cwd: '/tmp' }],
      ['pwd', 0, /\/home\n$/, { cwd: '' }],
      ['pwd', -1, /chdir \/no\/such.*no such file/, { cwd: '/no/such' }],
      ['echo $GREETING $MORE', 0, 'hello you\n', { envs: { MORE: 'you' } }],
      ['echo $GREETING', 0, 'bye\n', { envs: { GREETING: 'bye' } }],
      ['for i in 1 2 3; do echo out $i; echo err $i >&2; done', 0, 'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n'],
      ['echo a >/dev/stdout; echo b >/dev/stderr; echo c | tee /dev/stderr', 0, 'a\nb\nc\nc\n'],
      ["printf 'a\\377b\\000c'", 0, 'a\ufffdb\0c'],
      ['set -e; false; echo no', 1, ''],
      ['exec echo replaced', 0, 'replaced\n'],
      ['trap "echo bye" EXIT; exit 5', 5, 'bye\n'],
      ['echo $0; sh -c "ls -l /proc/\\$\\$/fd" | grep -c " 3 ->"', 1, 'bash\n0\n'],
      [`echo '${'x'.repeat(300_000)}' | wc -c`, 0, '300001\n'],
      ['sleep 2 >/dev/null 2>&1 & echo started', 0, 'started\n'],
      ['alias x="echo no"\necho ok', 0, 'ok\n'],
    ]
  for (const [command, exitCode, result, more] of table) {
    it(`runs ${command.slice(0, 60).replaceAll('\n', '⏎')}`, async () => {
      const answer = await agent.run(command, more)
      if (typeof result === 'string') assert.equal(answer.result, result)
      else assert.match(answer.result, result)
      assert.equal(answer.exitCode, exitCode)
    })
  }

  it('answers soon when a background child keeps the output open, and the child lives on', async () => {
    const begin = performance.now()
    const answer = await agent.run('(for i in $(seq 20); do echo tick; sleep 0.1; done; sleep 77.1) & echo started')
    assert.ok(performance.now() - begin < 1500, `${performance.now() - begin} ms`)
    assert.match(answer.result, /started\n/)
    await new Promise((resolve) => setTimeout(resolve, 2200))
    assert.equal(await isRunning(agent, 'sleep 77.1'), true)
    await agent.run('pkill -f "sleep 77.[1]"')
  })

  it('kills the whole tree at a timeout and tells what was printed', async () => {
    const begin = performance.now()
    const command = 'echo partial; setsid sleep 78.1 & (setsid sh -c "sleep 78.2 & sleep 78.3" &) ; sleep 78.4'
    const reply = await agent.call('POST', '/process/execute', { command, timeout: 1 })
    const took = performance.now() - begin
    assert.equal(reply.status, 408)
    assert.equal(reply.json.code, 'PROCESS_EXECUTION_TIMEOUT')
    assert.equal(reply.json.source, 'DAYTONA_DAEMON')
    assert.match(reply.json.message, /timeout.*\n?.*partial/s)
    assert.ok(took > 950 && took < 3000, `${took} ms`)
    assert.equal(await isRunning(agent, 'sleep 78'), false)
  })

  it('kills a program that ignores signals and forks on', async () => {
    const command = 'trap "" TERM INT HUP; f() { sleep 79.5 & f2; }; f2() { sleep 79.6; }; while :; do f; done'
    const reply = await agent.call('POST', '/process/execute', { command, timeout: 1 })
    assert.equal(reply.status, 408)
    assert.equal(await isRunning(agent, 'sleep 79'), false)
  })

  it('kills the tree when the caller goes away', async () => {
    const gone = new AbortController()
    const call = agent.call('POST', '/process/execute', { command: 'setsid sleep 80.1' }, {}, gone.signal)
    assert.equal(await until(() => isRunning(agent, 'sleep 80.1')), true)
    gone.abort()
    await assert.rejects(call)
    assert.equal(await until(async () => !(await isRunning(agent, 'sleep 80.1'))), true)
  })

  it('keeps the begin of an endless output and says what it dropped', async () => {
    const answer = await agent.run('head -c 200M /dev/zero | tr "\\0" x; echo end')
    assert.equal(answer.exitCode, 0)
    assert.match(answer.result.slice(-200), /xxx\n\[output truncated: 33554432 bytes are shown, \d+ were dropped\]\n$/)
  })

  it('answers others while a command floods it, in bounded memory', async () => {
    const flood = agent.call('POST', '/process/execute', { command: 'yes | tr -d "\\n"', timeout: 1 })
    const begin = performance.now()
    assert.equal((await agent.run('echo quick')).result, 'quick\n')
    assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`)
    assert.equal((await flood).status, 408)
    const status = await agent.run(`grep VmRSS /proc/${agent.child.pid}/status`)
    assert.ok(Number(/\d+/.exec(status.result)?.[0]) < 400_000, status.result)
  })

  it('leaves no descriptor behind', async () => {
    const count = async () => Number((await agent.run(`ls /proc/${agent.child.pid}/fd | wc -l`)).result)
    const before = await count()
    for (let round = 0; round < 40; round++) await agent.run('echo x; exit 3')
    assert.equal(await until(async () => (await count()) <= before + 1), true)
  })

  const bad: readonly [body: unknown, code: string][] = [
    [{}, 'INVALID_REQUEST_BODY'],
    [{ command: '  \n' }, 'INVALID_REQUEST_BODY'],
    [{ command: 5 }, 'INVALID_REQUEST_BODY'],
    [{ command: 'x', timeout: -1 }, 'INVALID_REQUEST_BODY'],
    [{ command: 'x', timeout: 1.5 }, 'INVALID_REQUEST_BODY'],
    [{ command: 'x', envs: { 'a-b': '1' } }, 'INVALID_REQUEST_BODY'],
    [{ command: 'echo a\0b' }, 'BAD_REQUEST'],
  ]
  for (const [body, code] of bad) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const reply = await agent.call('POST', '/process/execute', body)
      assert.equal(reply.status, 400)
      assert.equal(reply.json.code, code)
    })
  }
})
