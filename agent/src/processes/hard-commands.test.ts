import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { limits } from '@sandyard/protocol/limits'
import { isRunning, startAgent, type TestAgent, until } from '../agent.fixture.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB

describe('commands that are hard on the agent', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  /** Memory of the agent, bytes: now, and the most there was. */
  const memory = (name: 'VmRSS' | 'VmHWM'): number => {
    const status = readFileSync(`/proc/${agent.child.pid}/status`, 'utf8')
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024
  }

  it('two gibibytes in one line: the first part is answered, the rest is said, memory stays', {
    timeout: 200_000,
  }, async () => {
    await agent.run('true')
    const before = memory('VmRSS')
    const { exitCode, result } = await agent.run('head -c 2G /dev/zero | tr "\\0" x')
    assert.equal(exitCode, 0)
    const dropped = 2 * GiB - limits.executeOutputBytes
    const note = `\n[output truncated: ${limits.executeOutputBytes} bytes are shown, ${dropped} were dropped]\n`
    assert.equal(result.slice(limits.executeOutputBytes), note)
    assert.ok(memory('VmHWM') < before + 200 * MiB, `${memory('VmHWM') / MiB} MiB at most, ${before / MiB} before`)
    assert.ok(memory('VmRSS') < before + 100 * MiB, `${memory('VmRSS') / MiB} MiB after, ${before / MiB} before`)
  })

  it('bytes that are no text, also where pieces meet', async () => {
    const { result } = await agent.run(
      `head -c 65535 /dev/zero; printf '\\303'; sleep 0.1; printf '\\244\\377\\000\\342\\202'`,
    )
    assert.equal(result.slice(65_535), 'ä\ufffd\0\ufffd')
    assert.equal(result.slice(0, 65_535), '\0'.repeat(65_535))
  })

  it('a hundred processes that fork, leave their session and ignore signals: all end with the timeout', async () => {
    const command = `
trap '' TERM HUP INT
f() { (setsid sleep 91.$1 & (setsid sh -c 'trap "" TERM; sleep 91.5 & wait' &) &)
  if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; }
f 5
echo begun
sleep 91.9`
    const reply = await agent.call('POST', '/process/execute', { command, timeout: 2 })
    assert.equal(reply.status, 408)
    assert.match(reply.json.message, /timeout.*killed after 2 s; last output:\nbegun\n/s)
    assert.equal(await isRunning(agent, 'sleep 91'), false)
  })

  it('Python whose caller goes away ends with all it started', async () => {
    const gone = new AbortController()
    const code = 'import subprocess\nsubprocess.run(["setsid", "sleep", "92.5"])'
    const call = agent.call('POST', '/process/code-run', { code, language: 'python' }, {}, gone.signal)
    assert.equal(await until(() => isRunning(agent, 'sleep 92.5'), 10_000), true)
    gone.abort()
    await assert.rejects(call)
    assert.equal(await until(async () => !(await isRunning(agent, 'sleep 92.5'))), true)
  })

  it('takes variables of any text, and no name that is none', async () => {
    const envs = { _A1: 'a=b', Z: ' x\ny ', EMPTY: '', U: 'ä😀' }
    assert.equal((await agent.run('printf "[%s]" "$_A1" "$Z" "$EMPTY" "$U"', { envs })).result, '[a=b][ x\ny ][][ä😀]')
    for (const name of ['1A', 'A-B', 'A B', 'A=B', '', 'Ä', 'A.B', 'A\0']) {
      for (const [path, body] of [
        ['/process/execute', { command: 'true' }],
        ['/process/code-run', { code: '1', language: 'python' }],
      ] as const) {
        const reply = await agent.call('POST', path, { ...body, envs: { [name]: 'x' } })
        assert.equal(reply.status, 400, name)
        assert.match(reply.json.message, /invalid environment variable name|name/)
      }
    }
  })

  it('a timeout is kept while the output floods, and while nothing is read', async () => {
    const begin = performance.now()
    const reply = await agent.call('POST', '/process/execute', { command: 'cat /dev/zero', timeout: 1 })
    assert.equal(reply.status, 408)
    assert.ok(reply.json.message.length < 20_000)
    assert.ok(performance.now() - begin < 8000)
  })
})
