import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type GitCalls, startGitCalls } from './calls.fixture.ts'

let calls: GitCalls
const person = { author: 'Ann Example', email: 'ann@example.com' }
const write = (path: string, text: string): void => writeFileSync(join(calls.workDir, path), text)
const read = (path: string): string => readFileSync(join(calls.workDir, path), 'utf8')

before(async () => {
  calls = await startGitCalls()
})
after(async () => {
  await calls.close()
  assert.deepEqual(calls.faults, [])
})

/** A repository with one commit of `a.txt` on `main`. */
async function repository(path: string): Promise<void> {
  assert.equal((await calls.send('init', { path, initial_branch: 'main' })).status, 201)
  write(`${path}/a.txt`, 'one\n')
  assert.equal((await calls.send('add', { path, files: ['.'] })).status, 200)
  assert.equal((await calls.send('commit', { path, message: 'First', ...person })).status, 200)
}

const status = async (path: string) => (await calls.get('status', { path })).json
const files = async (path: string): Promise<Record<string, string[]>> =>
  Object.fromEntries(
    (await status(path)).fileStatus.map((file: Record<string, string>) => [
      file.name,
      [file.staging, file.worktree, file.extra],
    ]),
  )

test('init makes a repository with its parents, whose status is answered before any commit', async () => {
  const answer = await calls.send('init', { path: 'deep/er/repo', initial_branch: 'trunk', bare: false })
  assert.equal(answer.status, 201)
  assert.equal(answer.text, '')
  assert.deepEqual(await status('deep/er/repo'), {
    currentBranch: 'trunk',
    fileStatus: [],
    ahead: 0,
    behind: 0,
    branchPublished: false,
    detached: false,
  })
  assert.deepEqual((await calls.get('branches', { path: 'deep/er/repo' })).json, { branches: [], current: 'trunk' })
  assert.deepEqual((await calls.get('history', { path: 'deep/er/repo' })).json, [])
  await calls.send('init', { path: 'bare.git', bare: true })
  assert.equal(calls.git('bare.git', 'rev-parse', '--is-bare-repository').trim(), 'true')
  assert.equal((await calls.send('init', { path: 'x', initial_branch: 'a b' })).code, 'BAD_REQUEST')
})

test('a commit has its hash, author and message, and shows in the history', async () => {
  await repository('commits')
  write('commits/b [x].txt', 'two\n')
  assert.deepEqual(await files('commits'), { 'b [x].txt': ['Untracked', 'Untracked', ''] })
  await calls.send('add', { path: 'commits', files: ['b [x].txt'] })
  assert.deepEqual(await files('commits'), { 'b [x].txt': ['Added', 'Unmodified', ''] })
  const commit = await calls.send('commit', { path: 'commits', message: 'Zwei: größer\n\n# two', ...person })
  assert.equal(commit.json.hash, calls.git('commits', 'rev-parse', 'HEAD').trim())
  const history = (await calls.get('history', { path: 'commits' })).json
  assert.equal(history.length, 2)
  assert.equal(history[0].hash, commit.json.hash)
  assert.equal(history[0].author, 'Ann Example')
  assert.equal(history[0].email, 'ann@example.com')
  assert.equal(history[0].message, 'Zwei: größer\n\n# two\n')
  assert.ok(Math.abs(Date.parse(history[0].timestamp) - Date.now()) < 60_000)
  assert.match(history[0].timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
  assert.equal(calls.git('commits', 'log', '-1', '--format=%cn <%ce>').trim(), 'Ann Example <ann@example.com>')
})

test('a commit of nothing is refused unless it is allowed', async () => {
  await repository('nothing')
  const refused = await calls.send('commit', { path: 'nothing', message: 'Nothing', ...person })
  assert.equal(refused.status, 409)
  assert.match(refused.json.message, /nothing to commit/)
  write('nothing/new.txt', '')
  assert.equal((await calls.send('commit', { path: 'nothing', message: 'Nothing', ...person })).status, 409)
  const allowed = await calls.send('commit', { path: 'nothing', message: 'Nothing', ...person, allow_empty: true })
  assert.equal(allowed.status, 200)
  const blank = await calls.send('commit', { path: 'nothing', message: ' \n', ...person, allow_empty: true })
  assert.equal(blank.status, 400)
})

test('hooks of the repository do not run', async () => {
  await repository('hooked')
  const mark = join(calls.workDir, 'hook-ran')
  for (const name of ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-checkout']) {
    const hook = join(calls.workDir, 'hooked/.git/hooks', name)
    writeFileSync(hook, `#!/bin/sh\ntouch '${mark}'\nexit 1\n`)
    chmodSync(hook, 0o755)
  }
  assert.equal((await calls.send('commit', { path: 'hooked', message: 'x', ...person, allow_empty: true })).status, 200)
  assert.equal((await calls.send('branches', { path: 'hooked', name: 'other' })).status, 201)
  assert.equal(existsSync(mark), false)
})

test('status tells modified, deleted, renamed and unmerged files', async () => {
  await repository('kinds')
  for (const name of ['old', 'gone', 'torn']) write(`kinds/${name}`, `${name}\n`.repeat(20))
  calls.git('kinds', 'add', '.')
  calls.git('kinds', 'commit', '-m', 'Files')
  write('kinds/a.txt', 'changed\n')
  calls.git('kinds', 'mv', 'old', 'new name')
  calls.git('kinds', 'rm', '-q', '--cached', 'gone')
  rmSync(join(calls.workDir, 'kinds/torn'))
  mkdirSync(join(calls.workDir, 'kinds/folder'))
  write('kinds/folder/inside', '')
  assert.deepEqual(await files('kinds'), {
    'a.txt': ['Unmodified', 'Modified', ''],
    gone: ['Untracked', 'Untracked', ''],
    torn: ['Unmodified', 'Deleted', ''],
    'new name': ['Renamed', 'Unmodified', 'old'],
    'folder/inside': ['Untracked', 'Untracked', ''],
  })
  await repository('conflict')
  calls.git('conflict', 'checkout', '-qb', 'side')
  write('conflict/a.txt', 'side\n')
  calls.git('conflict', 'commit', '-qam', 'Side')
  calls.git('conflict', 'checkout', '-q', 'main')
  write('conflict/a.txt', 'main\n')
  calls.git('conflict', 'commit', '-qam', 'Main')
  assert.throws(() => calls.git('conflict', 'merge', 'side'))
  assert.deepEqual(await files('conflict'), { 'a.txt': ['Updated but unmerged', 'Updated but unmerged', ''] })
  const commit = await calls.send('commit', { path: 'conflict', message: 'x', ...person })
  assert.equal(commit.code, 'GIT_MERGE_CONFLICT')
})

test('branches are made, checked out, listed and deleted', async () => {
  await repository('branches')
  const path = 'branches'
  assert.equal((await calls.send('branches', { path, name: 'feat/x' })).status, 201)
  assert.deepEqual((await calls.get('branches', { path })).json, { branches: ['feat/x', 'main'], current: 'feat/x' })
  assert.equal((await calls.send('branches', { path, name: 'main' })).code, 'GIT_BRANCH_EXISTS')
  assert.equal((await calls.send('branches', { path, name: 'a..b' })).status, 400)
  assert.equal((await calls.send('branches', { path, name: '-f' })).status, 400)
  await calls.send('commit', { path, message: 'Not merged', ...person, allow_empty: true })
  assert.equal((await calls.send('branches', { path, name: 'feat/x' }, { method: 'DELETE' })).code, 'CONFLICT')
  assert.equal((await calls.send('checkout', { path, branch: 'main' })).status, 200)
  assert.equal((await calls.send('branches', { path, name: 'feat/x' }, { method: 'DELETE' })).status, 204)
  const again = await calls.send('branches', { path, name: 'feat/x' }, { method: 'DELETE' })
  assert.equal(again.code, 'GIT_BRANCH_NOT_FOUND')
  const hash = calls.git(path, 'rev-parse', 'HEAD').trim()
  assert.equal((await calls.send('checkout', { path, branch: hash })).status, 200)
  const detached = await status(path)
  assert.equal(detached.detached, true)
  assert.equal(detached.currentBranch, 'HEAD')
  assert.equal((await calls.get('branches', { path })).json.current, '')
  assert.equal((await calls.send('checkout', { path, branch: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await calls.send('checkout', { path, branch: 'a.txt' })).code, 'GIT_BRANCH_NOT_FOUND')
})

test('a checkout that would lose changes is refused', async () => {
  await repository('dirty')
  await calls.send('branches', { path: 'dirty', name: 'other' })
  write('dirty/a.txt', 'other\n')
  await calls.send('add', { path: 'dirty', files: ['a.txt'] })
  await calls.send('commit', { path: 'dirty', message: 'Other', ...person })
  write('dirty/a.txt', 'not committed\n')
  const answer = await calls.send('checkout', { path: 'dirty', branch: 'main' })
  assert.equal(answer.code, 'GIT_DIRTY_WORKTREE')
  assert.equal(answer.status, 409)
  assert.equal(read('dirty/a.txt'), 'not committed\n')
})

test('add refuses what is not there, and names that look like options are names', async () => {
  await repository('adding')
  assert.equal((await calls.send('add', { path: 'adding', files: ['nope'] })).code, 'FILE_NOT_FOUND')
  assert.equal((await calls.send('add', { path: 'adding', files: [''] })).status, 400)
  assert.equal((await calls.send('add', { path: 'adding', files: ['../commits'] })).status, 400)
  write('adding/--all', '')
  write('adding/other', '')
  assert.equal((await calls.send('add', { path: 'adding', files: ['--all'] })).status, 200)
  assert.deepEqual((await files('adding')).other, ['Untracked', 'Untracked', ''])
  assert.deepEqual((await files('adding'))['--all'], ['Added', 'Unmodified', ''])
})

test('reset unstages, and moves HEAD by mode', async () => {
  await repository('resets')
  const path = 'resets'
  write('resets/a.txt', 'two\n')
  write('resets/b.txt', '')
  await calls.send('add', { path, files: ['.'] })
  assert.equal((await calls.send('reset', { path, files: ['b.txt'] })).status, 200)
  assert.deepEqual(await files(path), {
    'a.txt': ['Modified', 'Unmodified', ''],
    'b.txt': ['Untracked', 'Untracked', ''],
  })
  assert.equal((await calls.send('reset', { path })).status, 200)
  assert.deepEqual((await files(path))['a.txt'], ['Unmodified', 'Modified', ''])
  await calls.send('add', { path, files: ['.'] })
  await calls.send('commit', { path, message: 'Two', ...person })
  assert.equal((await calls.send('reset', { path, mode: 'soft', target: 'HEAD~1', files: [] })).status, 200)
  assert.deepEqual((await files(path))['a.txt'], ['Modified', 'Unmodified', ''])
  assert.equal((await calls.send('reset', { path, mode: 'hard', target: null })).status, 200)
  assert.equal(read('resets/a.txt'), 'one\n')
  assert.equal((await calls.send('reset', { path, target: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await calls.send('reset', { path, target: 'nope', files: ['a.txt'] })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await calls.send('reset', { path, mode: 'hard', files: ['a.txt'] })).status, 400)
  assert.equal((await calls.send('reset', { path, mode: 'softest' })).status, 400)
})

test('restore puts files back in work tree and stage', async () => {
  await repository('restores')
  const path = 'restores'
  write('restores/a.txt', 'two\n')
  assert.equal((await calls.send('restore', { path, files: ['a.txt'] })).status, 200)
  assert.equal(read('restores/a.txt'), 'one\n')
  write('restores/a.txt', 'two\n')
  await calls.send('add', { path, files: ['a.txt'] })
  assert.equal((await calls.send('restore', { path, files: ['a.txt'], staged: true })).status, 200)
  assert.deepEqual(await files(path), { 'a.txt': ['Unmodified', 'Modified', ''] })
  await calls.send('add', { path, files: ['a.txt'] })
  await calls.send('commit', { path, message: 'Two', ...person })
  const old = { path, files: ['a.txt'], staged: true, worktree: true, source: 'HEAD~1' }
  assert.equal((await calls.send('restore', old)).status, 200)
  assert.equal(read('restores/a.txt'), 'one\n')
  assert.equal((await calls.send('restore', { path, files: ['nope'] })).code, 'FILE_NOT_FOUND')
  assert.equal((await calls.send('restore', { ...old, source: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
})

test('settings are read and written by scope, null when unset', async () => {
  await repository('settings')
  const get = async (query: Record<string, string>) => (await calls.get('config', query)).json
  assert.deepEqual(await get({ key: 'user.name' }), { value: null })
  assert.equal((await calls.send('config', { key: 'user.name', value: '-global' })).status, 200)
  assert.deepEqual(await get({ key: 'user.name' }), { value: '-global' })
  const local = { key: 'user.name', path: 'settings', scope: 'local' }
  assert.deepEqual(await get(local), { value: null })
  assert.equal((await calls.send('config', { ...local, value: 'two\nlines\n' })).status, 200)
  assert.deepEqual(await get(local), { value: 'two\nlines\n' })
  assert.deepEqual(await get({ key: 'user.name', path: 'settings' }), { value: 'two\nlines\n' })
  assert.deepEqual(await get({ key: 'user.name', scope: 'global' }), { value: '-global' })
  assert.deepEqual(await get({ key: 'core.hooksPath', path: 'settings' }), { value: null })
  assert.equal((await calls.get('config', { key: 'user.name', scope: 'local' })).status, 400)
  assert.equal((await calls.get('config', { key: 'nosection' })).status, 400)
  assert.equal((await calls.send('config', { key: 'nosection', value: 'x' })).status, 400)
  assert.equal((await calls.send('config', { key: '--list', value: 'x' })).status, 400)
  assert.equal((await calls.send('config', { key: 'a.b', value: 'x'.repeat(3_000_000) })).status, 400)
  assert.equal((await calls.send('config', { key: 'a.b', value: 'x\0' })).status, 400)
  const user = { name: 'Bo', email: 'bo@example.com', scope: 'local', path: 'settings' }
  assert.equal((await calls.send('config/user', user)).status, 200)
  assert.deepEqual(await get({ ...local, key: 'user.email' }), { value: 'bo@example.com' })
})

test('remotes are added, replaced and listed', async () => {
  await repository('remotes')
  const path = 'remotes'
  assert.deepEqual((await calls.get('remotes', { path })).json, { remotes: [] })
  const origin = { path, name: 'origin', url: 'https://example.com/a.git' }
  assert.equal((await calls.send('remotes', origin)).status, 201)
  assert.equal((await calls.send('remotes', origin)).code, 'CONFLICT')
  assert.equal((await calls.send('remotes', { ...origin, url: '../commits', overwrite: true })).status, 201)
  assert.equal((await calls.send('remotes', { path, name: 'a.b', url: 'git@example.com:c.git' })).status, 201)
  const listed = {
    remotes: [
      { name: 'origin', url: join(calls.workDir, 'commits') },
      { name: 'a.b', url: 'git@example.com:c.git' },
    ],
  }
  assert.deepEqual((await calls.get('remotes', { path })).json, listed)
  assert.equal((await calls.send('remotes', { path, name: 'a b', url: 'x/y' })).status, 400)
  assert.equal((await calls.send('remotes', { path, name: 'evil', url: 'ext::sh -c id' })).status, 400)
  const broken = { path, name: 'gone', url: '/nowhere', fetch: true }
  assert.equal((await calls.send('remotes', broken)).code, 'GIT_REPO_NOT_FOUND')
  assert.equal((await calls.send('remotes', { ...broken, name: 'origin', overwrite: true })).code, 'GIT_REPO_NOT_FOUND')
  assert.deepEqual((await calls.get('remotes', { path })).json, listed)
  assert.equal(
    (await calls.send('remotes', { ...origin, url: '../commits', overwrite: true, fetch: true })).status,
    201,
  )
  assert.match(calls.git(path, 'branch', '-r'), /origin\/main/)
})

test('a folder that is no repository is told so, also inside of another one', async () => {
  await repository('outer')
  mkdirSync(join(calls.workDir, 'outer/inner'))
  symlinkSync(join(calls.workDir, 'outer/inner'), join(calls.workDir, 'link'))
  for (const path of ['nowhere', 'outer/inner', 'link', '.', 'outer/a.txt', '/']) {
    for (const call of ['status', 'branches', 'history', 'remotes']) {
      const answer = await calls.get(call, { path })
      assert.equal(answer.code, 'GIT_REPO_NOT_FOUND', `${call} of ${path}: ${answer.text}`)
      assert.equal(answer.json.source, 'DAYTONA_DAEMON')
    }
    assert.equal((await calls.send('commit', { path, message: 'x', ...person })).status, 404)
    assert.equal((await calls.send('add', { path, files: ['.'] })).status, 404)
    assert.equal((await calls.send('push', { path })).status, 404)
  }
})

test('a repository that belongs to another user is served', { skip: process.getuid?.() !== 0 }, async () => {
  await repository('foreign')
  for (const path of ['foreign', 'foreign/.git']) chownSync(join(calls.workDir, path), 4321, 4321)
  assert.throws(() => calls.git('foreign', 'status'), /dubious ownership/)
  assert.equal((await status('foreign')).currentBranch, 'main')
})

test('variables of the environment cannot lead to another repository', async () => {
  await repository('one')
  calls.environment.GIT_DIR = join(calls.workDir, 'nowhere/.git')
  try {
    assert.equal((await status('one')).currentBranch, 'main')
  } finally {
    delete calls.environment.GIT_DIR
  }
})

test('an image without git is told so', async () => {
  await repository('gitless')
  const path = calls.environment.PATH ?? ''
  calls.environment.PATH = '/nowhere'
  try {
    const answer = await calls.get('status', { path: 'gitless' })
    assert.equal(answer.status, 422)
    assert.match(answer.json.message, /no git/)
  } finally {
    calls.environment.PATH = path
  }
})
