import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function sandyard(...args: readonly string[]): Promise<Outcome> {
  const main = join(import.meta.dirname, 'main.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

describe('the command line', () => {
  let parent: string

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sandyard-main-'))
  })

  after(async () => {
    await rm(parent, { recursive: true })
  })

  it('doctor --json tells each check and agrees with its exit code', async () => {
    const { code, stdout, stderr } = await sandyard('doctor', '--json', '--port', '0', '--data', join(parent, 'data'))
    assert.equal(stderr, '')
    const report = JSON.parse(stdout)
    assert.equal(code, report.ok ? 0 : 1)
    const names = report.checks.map((check: { name: string }) => check.name)
    assert.equal(new Set(names).size, names.length)
    for (const name of ['root', 'kernel', 'cgroups', 'runc', 'port', 'DNS', 'disk', 'base'])
      assert.ok(names.includes(name), name)
    for (const check of report.checks) {
      assert.match(check.status, /^(ok|warn|fail)$/)
      assert.equal(typeof check.message, 'string')
      if (check.status !== 'ok') assert.equal(typeof check.hint, 'string', check.name)
    }
    assert.equal(report.ok, !report.checks.some((check: { status: string }) => check.status === 'fail'))
  })

  it('tells a mistyped command and flag', async () => {
    const command = await sandyard('strat')
    assert.deepEqual(command, { code: 1, stdout: '', stderr: 'sandyard: no command strat; did you mean start?\n' })
    const flag = await sandyard('doctor', '--jsn')
    assert.deepEqual(flag, {
      code: 1,
      stdout: '',
      stderr: 'sandyard doctor: unknown flag --jsn; did you mean --json?\n',
    })
  })

  it('helps', async () => {
    const { code, stdout } = await sandyard('start', '--help')
    assert.equal(code, 0)
    assert.match(stdout, /--ssh-port <port or off>/)
  })

  it('has nothing to stop or remove where nothing was', async () => {
    const reset = await sandyard('reset', '--yes', '--data', join(parent, 'none'))
    assert.equal(reset.code, 0)
    assert.match(reset.stdout, /Nothing to remove/)
  })
})
