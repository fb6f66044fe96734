import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenCodeServer } from '../fixtures/opencode.ts'
import { bash, git, layPluginGround, script } from './ground.ts'

/** What of a session comes to the user's branches, by OpenCode itself on a real platform; only the model is scripted. */
const ground = await layPluginGround()

/** Runs commands in a session, one after the other. */
async function work(server: OpenCodeServer, session: string, ...commands: readonly string[]): Promise<void> {
  await server.prompt(session, script(...commands.map((command) => `CALL ${bash(command)}`), 'SAY done'))
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 60_000
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`${what}: it did not come to that`)
    await sleep(100)
  }
}

/** What git prints, or nothing where it fails. */
function tryGit(folder: string, ...args: readonly string[]): string {
  return spawnSync('git', args, { cwd: folder, encoding: 'utf8' }).stdout.trimEnd()
}

test('sessions at once have a branch each, with all that was done, and the user’s work stays as it is', async () => {
  const folder = ground.repository({ 'a.txt': 'first\n' })
  writeFileSync(join(folder, 'a.txt'), 'mine\n')
  const before = [readFileSync(join(folder, '.git/config'), 'utf8'), git(folder, 'status', '--porcelain')]
  await using server = await ground.home().serve(folder)
  const [one, two] = [await server.session(), await server.session()]
  await Promise.all([
    work(
      server,
      one,
      'cat a.txt > one.txt',
      'git checkout -q -b other && git add . && git commit -qm own; echo d > dirty.txt',
    ),
    work(server, two, 'echo two > two.txt'),
  ])
  const branches = (): string[] =>
    git(folder, 'branch', '--list', 'opencode/*', '--format=%(refname:short)').split('\n')
  const files = (branch: string): string => tryGit(folder, 'ls-tree', '--name-only', branch)
  await until(() => branches().filter((branch) => files(branch) !== 'a.txt').length === 2, 'both have come')
  assert.deepEqual(branches(), ['opencode/1', 'opencode/2'])
  assert.deepEqual(branches().map(files).sort(), ['a.txt\ndirty.txt\none.txt', 'a.txt\ntwo.txt'])
  const first = branches().find((branch) => files(branch).includes('one.txt')) ?? ''
  assert.equal(git(folder, 'log', '--format=%s', first), 'Changes made in the sandbox\nown\nfirst')
  assert.equal(git(folder, 'show', `${first}:one.txt`), 'first')
  assert.deepEqual(
    [readFileSync(join(folder, '.git/config'), 'utf8'), git(folder, 'status', '--porcelain')],
    before,
    'no remote, no credential, no change',
  )
  assert.ok(!readdirSync(join(folder, '.git')).includes('FETCH_HEAD'))
  const told = server.events.filter(({ type }) => type === 'tui.toast.show').map(({ properties }) => properties.message)
  assert.equal(told.filter((text) => /1 file has changes that are not committed/.test(String(text))).length, 1)
})

test('a branch that is checked out, with work on it, stays; what is new is beside it', async () => {
  const folder = ground.repository({ 'a.txt': 'first\n' })
  await using server = await ground.home().serve(folder)
  const session = await server.session()
  await work(server, session, 'echo one > b.txt')
  await until(() => tryGit(folder, 'show', 'opencode/1:b.txt') === 'one', 'the first turn')
  git(folder, 'checkout', '-q', 'opencode/1')
  writeFileSync(join(folder, 'b.txt'), 'mine\n')
  await work(server, session, 'echo two > b.txt')
  await until(() => tryGit(folder, 'show', 'opencode/1-next:b.txt') === 'two', 'the second turn')
  assert.equal(readFileSync(join(folder, 'b.txt'), 'utf8'), 'mine\n')
  assert.equal(git(folder, 'show', 'opencode/1:b.txt'), 'one')
  await server.event(
    ({ type, properties }) =>
      type === 'tui.toast.show' && /opencode\/1 is checked out/.test(String(properties.message)),
  )
})

test('without a repository work goes on in the sandbox; without a commit the agent’s is the first', async () => {
  const bare = ground.folder()
  await using server = await ground.home().serve(bare)
  const session = await server.session()
  await work(server, session, 'echo x > x.txt')
  await server.event(
    ({ type, properties }) => type === 'tui.toast.show' && /Nothing is synchronised/.test(String(properties.message)),
  )
  assert.deepEqual(readdirSync(bare), [])

  const empty = ground.folder()
  git(empty, 'init', '--quiet')
  await using other = await ground.home().serve(empty)
  await work(other, await other.session(), 'echo x > x.txt')
  await until(() => tryGit(empty, 'show', 'opencode/1:x.txt') === 'x', 'the first commit')
  assert.equal(git(empty, 'status', '--porcelain'), '')
})
