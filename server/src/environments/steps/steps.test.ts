import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type GitServer, startGitServer } from '../../../../test/fixtures/git-server.ts'
import { PlatformStops, RunOutOfDate } from '../step.ts'
import { layStepGround, nextRun, type StepGround, type TestRun } from './steps.fixture.ts'

/** A server that tells its version, and which folder it lies in. */
const app = `
const { readFileSync } = require('node:fs')
console.log('listening soon on', process.env.PORT)
require('node:http').createServer((request, response) => {
  response.end(readFileSync(__dirname + '/version.txt', 'utf8'))
}).listen(process.env.PORT, '127.0.0.1')
`
const files = {
  'app.js': app,
  'version.txt': 'one',
  'package.json': JSON.stringify({ name: 'app', scripts: { start: 'node app.js' } }),
  'package-lock.json': '{"lockfileVersion":3,"packages":{}}',
  'sandyard.json': JSON.stringify({
    install: 'echo installing; date +%s%N >installed.txt',
    build: 'echo building; cp version.txt built.txt',
    start: 'exec node app.js',
  }),
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('steps of a preview environment', () => {
  let ground: StepGround
  let git: GitServer
  let port: number
  const all = ['sandbox', 'clone', 'detect', 'prepare', 'install', 'build', 'start', 'ready'] as const

  before(async () => {
    ground = await layStepGround()
    port = await freePort()
    git = await startGitServer({
      repositories: [
        { name: 'a/app.git', files, branches: ['feature'] },
        { name: 'a/private.git', files, isPrivate: true, username: 'x', password: 'secret-token' },
      ],
    })
  })
  after(async () => {
    await ground[Symbol.asyncDispose]()
    await git.close()
  })

  const folder = () => join(ground.agent.home, 'project')
  const begin = (settings: object = {}, environment: object = {}): TestRun => {
    rmSync(folder(), { recursive: true, force: true })
    return ground.run({ repository: git.url('a/app.git'), settings: { port, ...settings } }, environment)
  }
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()

  /** Commits these files to a branch of the repository, as somebody's push does. */
  function push(branch: string, changed: Readonly<Record<string, string | null>>, isForced = false): string {
    const work = mkdtempSync(join(tmpdir(), 'preview-push-'))
    const run = (...args: string[]): string =>
      execFileSync('git', ['-C', work, '-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim()
    try {
      run('clone', '--quiet', '--branch', branch, git.folder('a/app.git'), '.')
      if (isForced) run('reset', '--quiet', '--hard', 'HEAD~1')
      for (const [name, text] of Object.entries(changed)) {
        if (text === null) rmSync(join(work, name))
        else writeFileSync(join(work, name), text)
      }
      run('add', '-A')
      run('commit', '--quiet', '-m', 'Change')
      run('push', '--quiet', '--force', 'origin', branch)
      return run('rev-parse', 'HEAD')
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }

  it('bring a repository to serve, and its next commit in the same sandbox', async () => {
    const run = begin({}, { branch: 'feature' })
    await run.steps(...all)
    const { sandboxId } = run.environment
    assert.ok(sandboxId !== null)
    assert.match(run.environment.commit ?? '', /^[0-9a-f]{40}$/)
    assert.equal(await page(), 'one')
    assert.match(run.log, /\$ echo installing/)
    assert.match(run.log, /^installing$/m)
    assert.match(run.log, /^building$/m)
    assert.match(run.log, /listening soon on \d+/)
    const sandbox = await ground.store.sandboxes.byId(sandboxId)
    assert.deepEqual(
      [sandbox?.isPublic, sandbox?.autoStopMinutes, sandbox?.autoWake, sandbox?.volumes.length],
      [true, 60, true, 1],
    )
    assert.ok(ground.touched.includes(sandboxId))

    const installed = readFileSync(join(folder(), 'installed.txt'), 'utf8')
    const commit = push('feature', { 'version.txt': 'two', 'built-in.txt': 'new' })
    const update = nextRun(ground, run)
    const skipped: string[] = []
    for (const name of all) if ((await update.step(name)).kind === 'skipped') skipped.push(name)
    assert.deepEqual(skipped, ['prepare', 'install'], update.log)
    assert.equal(update.environment.sandboxId, sandboxId)
    assert.equal(update.environment.commit, commit)
    assert.equal(await page(), 'two')
    assert.equal(readFileSync(join(folder(), 'installed.txt'), 'utf8'), installed)

    const third = nextRun(ground, update)
    const forced = push('feature', { 'package-lock.json': '{"lockfileVersion":3}', 'version.txt': 'three' }, true)
    await third.steps(...all)
    assert.equal(third.environment.commit, forced)
    assert.equal(await page(), 'three')
    assert.ok(!existsSync(join(folder(), 'built-in.txt')), 'what a commit has taken away is gone')
    assert.notEqual(readFileSync(join(folder(), 'installed.txt'), 'utf8'), installed)
  })

  it('go on where a crash has left them, and tell no line twice', async () => {
    const script = 'for i in 1 2 3 4 5 6; do echo line $i; echo begun >>begun.txt; sleep .2; done; echo end'
    const run = begin({ install: script, build: null })
    await run.steps('sandbox', 'clone', 'detect', 'prepare')
    for (let count = 0; count < 4; count++) {
      const crash = new AbortController()
      setTimeout(() => crash.abort(new PlatformStops('The platform stops')), 250)
      await assert.rejects(run.step('install', { signal: crash.signal }))
    }
    assert.equal((await run.step('install')).kind, 'done')
    const lines = run.log.split('\n').filter((line) => /^(line \d|end)$/.test(line))
    assert.deepEqual(lines, ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6', 'end'])
    assert.equal(readFileSync(join(folder(), 'begun.txt'), 'utf8').split('\n').length - 1, 6)
  })

  it('begin a command once, also when it could not be remembered', async () => {
    const run = begin({ install: 'echo once >>once.txt; sleep .5', build: null })
    await run.steps('sandbox', 'clone', 'detect', 'prepare')
    const crash = new AbortController()
    setTimeout(() => crash.abort(new PlatformStops('The platform stops')), 250)
    await assert.rejects(run.step('install', { signal: crash.signal }))
    delete run.memories.install
    await run.step('install')
    assert.equal(readFileSync(join(folder(), 'once.txt'), 'utf8'), 'once\n')
  })

  it('end a command when something else is wanted', async () => {
    const run = begin({ install: 'sleep 300.123; echo done', build: null })
    await run.steps('sandbox', 'clone', 'detect', 'prepare')
    const end = new AbortController()
    setTimeout(() => end.abort(new RunOutOfDate('Something else')), 300)
    await assert.rejects(run.step('install', { signal: end.signal }), { name: 'RunOutOfDate' })
    assert.equal((await ground.agent.run("pgrep -f '[s]leep 300.123'")).exitCode, 1)
  })

  it('say why a command has failed, and run it again when they are tried again', async () => {
    const run = begin({ install: 'echo "network: no answer" >&2; exit 7', build: 'exit 137' })
    await run.steps('sandbox', 'clone', 'detect', 'prepare')
    for (let count = 0; count < 2; count++) {
      await assert.rejects(run.step('install'), {
        code: 'UNPROCESSABLE_ENTITY',
        message: /ended with exit code 7\. It said last: network: no answer$/,
      })
    }
    assert.equal(run.log.match(/^network: no answer$/gm)?.length, 2)
    await assert.rejects(run.step('build'), { name: 'FinalFailure', message: /ran out of memory, .* 2 GiB/ })
  })

  it('try an install only once that would fail in the same way, and say its cause', async () => {
    const script =
      'echo fetching; echo "error: no such package"; for each in 1 2 3 4 5 6 7 8 9 10 11; do echo help; done'
    const run = begin({ install: `${script}; exit 7`, build: null })
    await run.steps('sandbox', 'clone', 'detect', 'prepare')
    const message = /ended with exit code 7\. It said last: error: no such package\nhelp\n/
    await assert.rejects(run.step('install'), { name: 'FinalFailure', message })
  })

  it('fail at once when the server ends, with its last words', async () => {
    const run = begin({ install: null, build: null, start: 'echo "cannot find module"; exit 3' })
    await run.steps('sandbox', 'clone', 'detect', 'prepare', 'install', 'build', 'start')
    const beganMs = performance.now()
    await assert.rejects(run.step('ready'), {
      name: 'FinalFailure',
      message: /exit code 3\. It said last: cannot find module/,
    })
    assert.ok(performance.now() - beganMs < 10_000)
    assert.match(run.log, /cannot find module/)
  })

  it('keep the token out of the sandbox, and out of what is told', async () => {
    rmSync(folder(), { recursive: true, force: true })
    const run = ground.run({ repository: git.url('a/private.git'), username: 'x', token: 'sealed', settings: { port } })
    await run.step('sandbox')
    assert.equal((await ground.store.sandboxes.byId(run.environment.sandboxId ?? ''))?.isPublic, false)
    await assert.rejects(run.step('clone'), { name: 'FinalFailure', message: /A private repository needs a token/ })
    await run.step('clone', { token: 'secret-token' })
    await assert.rejects(run.step('clone', { token: 'wrong' }), { name: 'FinalFailure' })
    const found = await ground.agent.run('grep -rl secret-token . ; ps axeww | grep -c "[s]ecret-token"')
    assert.equal(found.result.trim(), '0')
    assert.doesNotMatch(run.log, /secret-token/)
    const fork = ground.run(
      { repository: git.url('a/app.git'), username: 'x', token: 'sealed', settings: { secrets: ['A'] } },
      { headRepository: git.url('a/private.git') },
    )
    await fork.step('sandbox')
    const sandbox = await ground.store.sandboxes.byId(fork.environment.sandboxId ?? '')
    assert.deepEqual([sandbox?.volumes, sandbox?.secrets], [[], []])
    await assert.rejects(fork.step('clone', { token: 'secret-token' }), { message: /it must be public/ })
  })

  it("find the repository's own branch, and refuse one that is not there, or a folder outside", async () => {
    const own = begin({}, { branch: '' })
    await own.steps('sandbox', 'clone')
    assert.equal(own.environment.branch, 'main')
    const missing = begin({}, { branch: 'missing' })
    await missing.step('sandbox')
    await assert.rejects(missing.step('clone'), { name: 'FinalFailure', message: /missing/ })
    for (const [rootDirectory, message] of [
      ['../..', /must lie in/],
      ['nowhere', /is no folder/],
      ['out', /leads out of/],
    ] as const) {
      const run = begin({ rootDirectory })
      await run.steps('sandbox', 'clone')
      await ground.agent.run('ln -s /tmp project/out')
      await assert.rejects(run.step('detect'), { name: 'FinalFailure', message })
    }
  })

  it('end what holds the port although its session has ended', async () => {
    const run = begin({ install: null, build: null })
    await run.steps('sandbox', 'clone', 'detect')
    await ground.agent.run(`cd project && PORT=${port} setsid -f node app.js >/dev/null 2>&1; sleep .3`)
    ground.stopping = () => ground.agent.run("pkill -f '[n]ode app.js'")
    await run.step('start')
    await run.step('ready')
    assert.match(run.log, /keeps port/)
  })
})
