import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ShellSession } from '../sessions/session.ts'
import { runShellCommand } from './execute.ts'
import { createShellChoice, findProgram, type Shell } from './programs.ts'
import { createScratch } from './scratch.ts'
import { killTree, type Tree } from './tree.ts'

const variables = { PATH: process.env.PATH ?? '/usr/bin:/bin' }
const dash: Shell = { path: '/bin/dash', dialect: 'posix' }

describe('an image with a plain sh', { skip: existsSync(dash.path) ? false : 'there is no /bin/dash here' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'posix-shell-'))
  const withPipes = createScratch(() => ['mkfifo'], [folder])
  const withoutPipes = createScratch(() => null, [folder])
  after(() => rmSync(folder, { recursive: true, force: true }))

  const run = async (command: string, scratch = withPipes) => {
    const context = { scratch, running: new Set<Tree>() }
    const signal = new AbortController().signal
    const { exitCode, output } = await runShellCommand(
      context,
      dash,
      { command, cwd: folder, variables, timeout: null },
      signal,
    )
    return { exitCode, result: output.text() }
  }

  const table: readonly [command: string, exitCode: number, result: string | RegExp][] = [
    ['echo one; echo two >&2\nexit 42', 42, 'one\ntwo\n'],
    ['cat <<END\nhere\nEND\nread x; echo "[$x]"', 0, 'here\n[]\n'],
    ['if', 2, /Syntax error/],
    ['no-such-program', 127, /not found/],
    ['echo "$0"', 0, 'dash\n'],
  ]
  for (const [command, exitCode, result] of table) {
    for (const scratch of [withPipes, withoutPipes]) {
      it(`runs ${command.split('\n')[0]} ${scratch === withPipes ? '' : 'without mkfifo'}`, async () => {
        const outcome = await run(command, scratch)
        assert.equal(outcome.exitCode, exitCode)
        if (typeof result === 'string') assert.equal(outcome.result, result)
        else assert.match(outcome.result, result)
      })
    }
  }

  it('keeps the state of a session and ends it with a code', async () => {
    const options = { id: 's', shell: dash, cwd: folder, variables, scratch: withPipes, folder }
    const session = await ShellSession.start(options)
    const exec = async (text: string) => {
      const command = session.execute({ text, isAsync: false, isEchoSuppressed: false })
      await command.finished
      const chunks: Buffer[] = []
      for await (const chunk of command.log.read(0, null)) chunks.push(chunk)
      return { exitCode: command.exitCode, log: Buffer.concat(chunks).toString('latin1') }
    }
    await exec('A=1; cd /tmp')
    assert.deepEqual(await exec('echo $A; pwd; false'), { exitCode: 1, log: '\x01\x01\x011\n/tmp\n' })
    assert.equal((await exec('exit 9')).exitCode, 9)
    assert.throws(() => session.execute({ text: 'x', isAsync: false, isEchoSuppressed: false }), {
      code: 'SESSION_ENDED',
    })
    await session.end(100)
  })

  it('cannot make a session without pipes, and says so', async () => {
    const options = { id: 's', shell: dash, cwd: folder, variables, scratch: withoutPipes, folder }
    await assert.rejects(ShellSession.start(options), { code: 'SERVICE_UNAVAILABLE' })
  })
})

describe('shell choice', () => {
  const choose = (list: string, own: Record<string, string>) =>
    createShellChoice(() => ({ version: 1, read: () => list }))(own)

  it('takes the first listed, else $SHELL, else sh, else none', () => {
    const bash = findProgram('bash', variables)
    if (existsSync('/bin/bash')) assert.equal(choose('# list\n/bin/sh\n/bin/bash\n', {})?.dialect, 'bash')
    assert.equal(choose('', { SHELL: bash ?? '/bin/sh' })?.path, bash ?? '/bin/sh')
    assert.equal(choose('/bin/zsh-missing\n', { SHELL: '/usr/sbin/nologin', ...variables })?.dialect, 'posix')
    assert.equal(choose('', { SHELL: '/no/such', ...variables })?.dialect, 'posix')
  })
})

describe('tree', () => {
  it('finds nothing for a mark that nobody carries', async () => {
    const begin = performance.now()
    await killTree({ leader: null, mark: 'nobody-has-this' })
    assert.ok(performance.now() - begin < 500)
  })
})
