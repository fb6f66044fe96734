import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hostState } from '../fixtures/host-state.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

interface SandboxBody {
  readonly id: string
  readonly state: string
  readonly errorReason?: string | null
}

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const projectDir = resolve(import.meta.dirname, '../..')
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')

/** Runs a command to its end, as `npm run sandyard -- …` does. */
function sandyard(data: string, command: string, ...args: readonly string[]): Promise<Outcome> {
  const script = join(projectDir, 'scripts/sandyard.mjs')
  const env = { ...process.env, SANDYARD_DATA: data, SANDYARD_BASE: base, NODE_NO_WARNINGS: '1' }
  return new Promise((done) => {
    execFile(process.execPath, [script, command, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })
}

describe('the commands', () => {
  let one: TestPlatform
  let two: TestPlatform
  let parent: string

  before(async () => {
    parent = mkdtempSync(join(tmpdir(), 'sandyard-commands-'))
    one = await startTestPlatform()
    two = await startTestPlatform()
  })
  after(async () => {
    await one?.remove()
    // The last test resets the other one itself.
    if (two !== undefined && existsSync(two.data)) await two.remove()
    rmSync(parent, { recursive: true })
  })

  test('two platforms run side by side and know nothing of each other', async () => {
    assert.notEqual(one.index, two.index)
    assert.notEqual(new URL(one.url).port, new URL(two.url).port)
    const [mine, other] = [await create(one), await create(two)]
    assert.deepEqual(await ids(one), [mine])
    assert.deepEqual(await ids(two), [other])
    assert.equal((await one.call('GET', `/sandbox/${other}`)).status, 404)
    assert.equal((await one.call('DELETE', `/sandbox/${mine}`)).status, 200)
    assert.equal(await execute(two, other, 'echo alive'), 'alive\n')
    await two.call('DELETE', `/sandbox/${other}`)
  })

  test('health is told to everybody, everything else to holders of the key', async () => {
    const health = await fetch(`${one.url}/api/health`)
    assert.equal(health.status, 200)
    assert.equal(((await health.json()) as { status: string }).status, 'ok')
    assert.equal((await fetch(`${one.url}/api/sandbox`)).status, 401)
  })

  test('SIGTERM ends the platform and leaves its sandboxes running, and a new start finds them', async () => {
    const id = await create(one)
    await execute(one, id, 'echo kept > file; (setsid sleep 1000 >/dev/null 2>&1 &)')
    const sleeping = await execute(one, id, 'pgrep -x sleep')
    await one.end('SIGTERM')
    assert.match(one.output(), /Sandboxes go on running/)
    assert.ok(hostState(one.index).processes.length > 0)
    assert.equal(existsSync(join(one.data, 'platform.json')), false)
    await one.start()
    assert.equal((await sandbox(one, id)).state, 'started')
    assert.equal(await execute(one, id, 'pgrep -x sleep'), sleeping)
    assert.equal(await execute(one, id, 'cat file'), 'kept\n')
    await one.call('DELETE', `/sandbox/${id}`)
  })

  test('down stops all sandboxes, by the platform that runs', async () => {
    const made = await Promise.all([create(one), create(one)])
    const [id = ''] = made
    await execute(one, id, 'echo kept > file')
    const { code, stdout, stderr } = await sandyard(one.data, 'down', '--api-key', one.apiKey)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Stopped 2 sandboxes; their disks stay\.$/m)
    assert.deepEqual(hostState(one.index).processes, [])
    for (const each of made) {
      const { state, errorReason } = await sandbox(one, each)
      assert.deepEqual([state, errorReason ?? null], ['stopped', null])
    }
    assert.match((await sandyard(one.data, 'down', '--api-key', one.apiKey)).stdout, /Stopped 0 sandboxes/)
    assert.equal((await one.call('POST', `/sandbox/${id}/start`)).status, 200)
    assert.equal(await execute(one, id, 'cat file'), 'kept\n')
    for (const each of made) await one.call('DELETE', `/sandbox/${each}`)
  })

  test('down stops them also when no platform runs, and a new start says what it knows', async () => {
    const id = await create(one)
    await execute(one, id, 'echo kept > file')
    await one.end('SIGTERM')
    const { code, stdout, stderr } = await sandyard(one.data, 'down')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Stopped 1 sandbox; their disks stay\.$/m)
    assert.deepEqual(hostState(one.index).processes, [])
    assert.match((await sandyard(one.data, 'down')).stdout, /Stopped 0 sandboxes/)
    await one.start()
    const { state, errorReason } = await sandbox(one, id)
    assert.equal(state, 'stopped')
    assert.equal(errorReason, 'The sandbox stopped while the platform was not running')
    assert.equal((await one.call('POST', `/sandbox/${id}/start`)).status, 200)
    assert.equal((await sandbox(one, id)).errorReason ?? null, null)
    assert.equal(await execute(one, id, 'cat file'), 'kept\n')
    await one.call('DELETE', `/sandbox/${id}`)
  })

  test('down and reset have nothing to do where nothing was, and leave what is not theirs', async () => {
    const nowhere = join(parent, 'nowhere')
    assert.match((await sandyard(nowhere, 'down')).stdout, /Nothing to stop/)
    assert.match((await sandyard(nowhere, 'reset', '--yes')).stdout, /Nothing to remove/)
    assert.equal(existsSync(nowhere), false)
    const theirs = join(parent, 'theirs')
    mkdirSync(theirs)
    writeFileSync(join(theirs, 'thesis.txt'), 'years of work')
    assert.match((await sandyard(theirs, 'down')).stdout, /Nothing to stop/)
    for (const [command, ...flags] of [
      ['reset', '--yes'],
      ['start', '--port', '0'],
    ] as const) {
      const refused = await sandyard(theirs, command, ...flags)
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /^sandyard (reset|start): .*was not made by Sandyard/)
    }
    assert.equal(readFileSync(join(theirs, 'thesis.txt'), 'utf8'), 'years of work')
  })

  test('a second start on the same folder is refused', async () => {
    for (const port of ['0', new URL(one.url).port]) {
      const { code, stderr } = await sandyard(one.data, 'start', '--port', port)
      assert.equal(code, 1)
      assert.equal(stderr, `sandyard start: a platform is already running with ${one.data}\n`)
    }
    assert.equal((await one.call('GET', '/sandbox')).status, 200)
  })

  test('a taken port is told, and nothing is made on the machine', async () => {
    const data = join(parent, 'taken')
    const { port } = new URL(two.url)
    const { code, stderr } = await sandyard(data, 'start', '--port', port)
    assert.equal(code, 1)
    assert.equal(stderr, `sandyard start: port ${port} of 127.0.0.1 is taken; --port chooses another\n`)
    assert.equal(existsSync(join(data, 'instance.json')), false, 'the folder has no number on this machine')
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(data))
    assert.equal((await sandyard(data, 'reset', '--yes')).code, 0)
    assert.equal(existsSync(data), false)
  })

  test('wrong flags are told before anything is done', async () => {
    const data = join(parent, 'flags')
    const wrong: [readonly string[], RegExp][] = [
      [['start', '--prot', '1'], /unknown flag --prot; did you mean --port\?/],
      [['start', '--port', 'abc'], /--port must be a port/],
      [['start', '--port', '70000'], /--port must be a port/],
      [['start', '--port'], /--port/],
      [['start', '--api-key', 'short'], /--api-key/],
      [['start', '--network', '10.0.0.0'], /--network/],
      [['start', '--default-cpu', '0'], /--default-cpu/],
      [['platform', 'start', 'now'], /now/],
      [['down', '--yes'], /unknown flag --yes/],
      [['reset', '--force'], /unknown flag --force/],
      [['doctor', '--jsn'], /did you mean --json\?/],
      [['platform', 'dwn'], /no command dwn; did you mean down\?/],
    ]
    for (const [[command = '', ...args], message] of wrong) {
      const { code, stderr, stdout } = await sandyard(data, command, ...args)
      assert.deepEqual([code, stdout], [1, ''], `${command} ${args.join(' ')}: ${stderr}`)
      assert.match(stderr, message)
      assert.equal(stderr.trim().split('\n').length, 1, `one sentence, no trace: ${stderr}`)
    }
    // what is none of the platform's words is the command line's
    const unknown = await sandyard(data, 'dwn')
    assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
    assert.match(unknown.stderr, /there is no command dwn; did you mean down\?/)
    assert.equal(existsSync(data), false)
  })

  test('reset refuses while the platform runs, says what it would remove, and then removes it', async () => {
    const id = await create(two)
    const { index, data } = two
    const running = await sandyard(data, 'reset', '--yes')
    assert.deepEqual(
      [running.code, running.stderr],
      [1, `sandyard reset: a platform is running with ${data}; end it first\n`],
    )
    assert.equal((await sandbox(two, id)).state, 'started')
    await two.end('SIGTERM')
    const asked = await sandyard(data, 'reset')
    assert.equal(asked.code, 1)
    assert.match(asked.stdout, /^This would remove:$/m)
    assert.ok(asked.stdout.includes(data))
    assert.ok(asked.stdout.includes(`${base} would stay`))
    assert.match(asked.stdout, /^Nothing was removed\. Run it with --yes to do so\.$/m)
    assert.ok(hostState(index).processes.length > 0, 'its sandbox still runs')
    assert.equal(statSync(join(data, 'sandyard.db')).isFile(), true)
    const done = await sandyard(data, 'reset', '--yes')
    assert.deepEqual([done.code, done.stderr], [0, ''])
    assert.equal(existsSync(data), false)
    const { loops, ...rest } = hostState(index)
    assert.deepEqual(Object.values(rest).flat(), [])
    assert.ok(!loops.some((file) => file.startsWith(data)))
    assert.ok(existsSync(base))
  })
})

async function create(platform: TestPlatform): Promise<string> {
  const { status, body } = await platform.call('POST', '/sandbox', {})
  assert.equal(status, 200, JSON.stringify(body))
  return (body as SandboxBody).id
}

async function sandbox(platform: TestPlatform, id: string): Promise<SandboxBody> {
  const { status, body } = await platform.call('GET', `/sandbox/${id}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body as SandboxBody
}

async function ids(platform: TestPlatform): Promise<string[]> {
  const { body } = await platform.call('GET', '/sandbox')
  return (body as { items: SandboxBody[] }).items.map(({ id }) => id)
}

async function execute(platform: TestPlatform, id: string, command: string): Promise<string> {
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command }),
  })
  const body = (await response.json()) as { exitCode: number; result: string }
  assert.equal(response.status, 200, JSON.stringify(body))
  return body.result
}
