import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { startAgent, type TestAgent, until } from '../agent.fixture.ts'

const apart = { 'x-daytona-sdk-version': '0.218.0' }
const path = '/process/session/entrypoint'
const commandPath = `${path}/command/entrypoint_command`

async function withEntrypoint(argv: readonly string[] | string, test: (agent: TestAgent) => Promise<void>) {
  const text = typeof argv === 'string' ? argv : JSON.stringify(argv)
  await using agent = await startAgent({ SANDYARD_ENTRYPOINT: text, GREETING: 'hello' })
  await test(agent)
}

/** What the platform asks first. */
function askLifeline({ socketPath }: TestAgent): Promise<unknown> {
  const asked = request({ socketPath, path: '/lifeline' }).on('error', () => {}) // the agent ends at the end of the test
  asked.end()
  return once(asked, 'response')
}

function follow({ socketPath }: TestAgent, query: string, headers: Record<string, string> = {}) {
  return new Promise<{ text: string; code: number }>((resolve, reject) => {
    const socket = new WebSocket(`ws+unix://${socketPath}:${path}/logs?${query}`, { headers })
    let text = ''
    socket.on('message', (data: Buffer) => {
      text += data.toString('latin1')
    })
    socket.once('error', reject)
    socket.once('close', (code) => resolve({ text, code }))
  })
}

describe('the entrypoint', () => {
  it('starts when the platform has its first answer, once, and goes on without callers', async () => {
    await withEntrypoint(['sh', '-c', 'echo started >> ran; sleep 60'], async (agent) => {
      assert.equal(existsSync(join(agent.home, 'ran')), false)
      await askLifeline(agent)
      await askLifeline(agent)
      assert.equal(await until(() => existsSync(join(agent.home, 'ran'))), true)
      assert.equal((await agent.call('GET', path)).json.commands[0].exitCode, undefined)
      assert.equal(readFileSync(join(agent.home, 'ran'), 'utf8'), 'started\n')
    })
  })

  it('is a session with one command, whose log comes in every form but combined', async () => {
    const script =
      'pwd; echo "$GREETING $(printenv SANDYARD_ENTRYPOINT || echo none)"; sleep 0.2; echo wrong >&2; exit 3'
    await withEntrypoint(['sh', '-c', script], async (agent) => {
      await askLifeline(agent)
      const followed = await follow(agent, 'follow=true', apart)
      const log = `\x01\x01\x01${agent.home}\nhello none\n\x02\x02\x02wrong\n`
      assert.deepEqual(followed, { text: log, code: 1000 })
      const command = { id: 'entrypoint_command', command: `sh -c '${script}'`, exitCode: 3 }
      assert.deepEqual((await agent.call('GET', path)).json, { sessionId: 'entrypoint', commands: [command] })
      assert.deepEqual((await agent.call('GET', commandPath)).json, command)
      const streams = { output: log, stdout: `${agent.home}\nhello none\n`, stderr: 'wrong\n' }
      for (const logs of [`${path}/logs`, `${commandPath}/logs`]) {
        assert.deepEqual((await agent.call('GET', logs, undefined, apart)).json, streams)
        assert.equal((await agent.call('GET', logs)).text, log, 'with markers, though no version was told')
      }
      assert.equal((await follow(agent, '')).text, log)
      assert.equal((await agent.run('echo on')).result, 'on\n', 'the sandbox goes on')
    })
  })

  it('is not listed, and takes no command, no input and no deletion', async () => {
    await withEntrypoint(['sleep', '60'], async (agent) => {
      await askLifeline(agent)
      assert.deepEqual((await agent.call('GET', '/process/session')).json, [])
      const calls: readonly [method: string, path: string, body?: unknown][] = [
        ['DELETE', path],
        ['DELETE', '/process/session/%65ntrypoint'],
        ['POST', `${path}/exec`, { command: 'x' }],
        ['POST', `${commandPath}/input`, { data: 'x' }],
        ['POST', '/process/session', { sessionId: 'entrypoint' }],
      ]
      for (const [method, target, body] of calls) {
        const reply = await agent.call(method, target, body)
        assert.deepEqual([target, reply.status, reply.json.code], [target, 400, 'BAD_REQUEST'])
      }
      assert.equal((await agent.call('GET', path)).json.commands[0].exitCode, undefined)
    })
  })

  it('gets its arguments as they are, and is not found by who looks for its command line', async () => {
    await withEntrypoint(['printf', '[%s]', '', 'a b', '$HOME', 'ä\n"\'', '--', '-'], async (agent) => {
      await until(async () => (await agent.call('GET', path)).json.commands[0].exitCode === 0)
      const { stdout } = (await agent.call('GET', `${path}/logs`, undefined, apart)).json
      assert.equal(stdout, '[][a b][$HOME][ä\n"\'][--][-]')
      assert.notEqual((await agent.run("pgrep -f '[$]HOME'")).exitCode, 0)
    })
  })

  const failing: readonly [argv: readonly string[], exitCode: number, reason: RegExp][] = [
    [['no-such-program'], 127, /no-such-program: no such file/],
    [[''], 127, /./],
    [['/etc/passwd'], 126, /permission denied/],
    [['sh', '-c', 'kill -9 $$'], 137, /^$/],
  ]
  for (const [argv, exitCode, reason] of failing) {
    it(`that does not go well is known by its exit code: ${argv.join(' ')}`, async () => {
      await withEntrypoint(argv, async (agent) => {
        await until(async () => (await agent.call('GET', path)).json.commands[0].exitCode !== undefined)
        assert.equal((await agent.call('GET', path)).json.commands[0].exitCode, exitCode)
        assert.match((await agent.call('GET', `${path}/logs`, undefined, apart)).json.stderr, reason)
        assert.equal((await agent.run('echo on')).result, 'on\n')
      })
    })
  }

  it('is asked to end when the sandbox stops, and has time for it', async () => {
    const script =
      'trap "sleep 1.5; echo bye > ended; exit 0" TERM; (setsid sleep 83.1 &); echo up > up; while :; do sleep 0.05; done'
    await using agent = await startAgent({ SANDYARD_ENTRYPOINT: JSON.stringify(['sh', '-c', script]) })
    await askLifeline(agent)
    assert.equal(await until(() => existsSync(join(agent.home, 'up'))), true)
    const begin = performance.now()
    agent.child.kill('SIGTERM')
    await once(agent.child, 'exit')
    const took = performance.now() - begin
    assert.equal(readFileSync(join(agent.home, 'ended'), 'utf8'), 'bye\n')
    assert.ok(took > 1400 && took < 5000, `${took} ms`)
  })

  for (const text of ['', 'sleep 60', '"sleep"', '[]', '["sleep", 60]', '["a\\u0000b"]']) {
    it(`is none for ${JSON.stringify(text)}`, async () => {
      await withEntrypoint(text, async (agent) => {
        await askLifeline(agent)
        for (const target of [path, `${path}/logs`, commandPath, `${commandPath}/logs`]) {
          const reply = await agent.call('GET', target)
          assert.deepEqual([target, reply.status, reply.json.code], [target, 404, 'PROCESS_NOT_FOUND'])
        }
      })
    })
  }
})
