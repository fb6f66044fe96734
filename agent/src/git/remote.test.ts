import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type GitServer, startGitServer } from '../../../test/fixtures/git-server.ts'
import { findTools } from '../tools.ts'
import { type GitCalls, startGitCalls } from './calls.fixture.ts'

const secret = 'pa$$"w%o/r\'d\\ {}'
const login = { username: 'ann', password: secret }
const hello = 'octocat/hello.git'
const person = { author: 'Ann', email: 'ann@example.com' }
let calls: GitCalls
let remote: GitServer

before(async () => {
  calls = await startGitCalls()
  remote = await startGitServer({
    repositories: [
      { name: hello, ...login },
      { name: 'private.git', isPrivate: true, ...login },
    ],
  })
})
after(async () => {
  await remote.close()
  await calls.close()
  assert.deepEqual(calls.faults, [])
})

const read = (path: string): string => readFileSync(join(calls.workDir, path), 'utf8')
const status = async (path: string) => (await calls.get('status', { path })).json
const clone = (path: string, more: object = {}) => calls.send('clone', { url: remote.url(hello), path, ...more })
const commit = async (path: string, file: string, text: string): Promise<void> => {
  writeFileSync(join(calls.workDir, path, file), text)
  await calls.send('add', { path, files: [file] })
  assert.equal((await calls.send('commit', { path, message: file, ...person })).status, 200)
}

test('a clone stands on the default branch with all branches known', async () => {
  const answer = await clone('deep/plain')
  assert.equal(answer.status, 200)
  assert.equal(answer.text, '')
  assert.equal(read('deep/plain/src/hello.txt'), 'hello world\n')
  assert.deepEqual(await status('deep/plain'), {
    currentBranch: 'main',
    fileStatus: [],
    ahead: 0,
    behind: 0,
    branchPublished: true,
    detached: false,
    upstream: 'origin/main',
  })
  assert.deepEqual((await calls.get('branches', { path: 'deep/plain' })).json, { branches: ['main'], current: 'main' })
  assert.equal((await calls.get('history', { path: 'deep/plain' })).json.length, 3)
  assert.deepEqual((await calls.get('remotes', { path: 'deep/plain' })).json, {
    remotes: [{ name: 'origin', url: remote.url(hello) }],
  })
  assert.equal((await calls.send('checkout', { path: 'deep/plain', branch: 'develop' })).status, 200)
  assert.equal((await status('deep/plain')).upstream, 'origin/develop')
})

test('a clone takes a branch, a tag, a depth and a commit, also one of another branch', async () => {
  const develop = calls.git('.', '-C', remote.folder(hello), 'rev-parse', 'develop').trim()
  const first = calls.git('.', '-C', remote.folder(hello), 'rev-list', '--max-parents=0', 'main').trim()
  assert.equal((await clone('branch', { branch: 'develop', commit_id: '', depth: null })).status, 200)
  assert.equal((await status('branch')).currentBranch, 'develop')
  assert.equal((await clone('tag', { branch: 'v1.0.0' })).status, 200)
  assert.equal((await status('tag')).detached, true)
  assert.equal((await clone('shallow', { depth: 1 })).status, 200)
  assert.equal((await calls.get('history', { path: 'shallow' })).json.length, 1)
  assert.equal((await clone('commit', { commit_id: first })).status, 200)
  assert.equal(calls.git('commit', 'rev-parse', 'HEAD').trim(), first)
  assert.equal((await status('commit')).detached, true)
  // Neither in the depth nor on the branch that was cloned: fetched by its hash.
  assert.equal((await clone('far', { branch: 'main', depth: 1, commit_id: develop })).status, 200)
  assert.equal(calls.git('far', 'rev-parse', 'HEAD').trim(), develop)
  assert.equal(read('far/src/new.txt'), 'new\n')
})

test('a clone that fails leaves nothing behind', async () => {
  assert.equal((await clone('no/such/branch', { branch: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await clone('no/such/commit', { commit_id: '0123456789'.repeat(4) })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await clone('no/such/url', { url: remote.url('nope.git') })).code, 'GIT_REPO_NOT_FOUND')
  assert.equal((await clone('no/such/folder', { url: '/nowhere' })).code, 'GIT_REPO_NOT_FOUND')
  assert.equal((await clone('no/such/port', { url: 'http://127.0.0.1:1/a.git' })).code, 'GIT_TRANSPORT_FAILED')
  assert.equal(existsSync(join(calls.workDir, 'no')), false)
  mkdirSync(join(calls.workDir, 'kept/empty'), { recursive: true })
  assert.equal((await clone('kept/empty', { commit_id: '0123456789'.repeat(4) })).status, 404)
  assert.deepEqual(readdirSync(join(calls.workDir, 'kept/empty')), [])
  assert.equal((await clone('kept/empty')).status, 200)
})

test('a clone does not touch what is there', async () => {
  mkdirSync(join(calls.workDir, 'full'))
  writeFileSync(join(calls.workDir, 'full/mine'), 'mine')
  for (const path of ['full', 'full/mine', 'full/mine/below']) {
    const answer = await clone(path)
    assert.equal(answer.status, 409, answer.text)
    assert.equal(answer.code, 'CONFLICT')
  }
  assert.deepEqual(readdirSync(join(calls.workDir, 'full')), ['mine'])
  const both = await Promise.all([clone('twice'), clone('twice')])
  assert.deepEqual(both.map((answer) => answer.status).sort(), [200, 409])
  assert.equal((await status('twice')).currentBranch, 'main')
})

test('wrong clone requests are refused', async () => {
  const wrong = [
    { url: 'ext::sh -c id' },
    { url: '--upload-pack=id' },
    { url: '' },
    { branch: '--upload-pack=id' },
    { branch: 'a:b' },
    { commit_id: '--help' },
    { commit_id: 'main' },
    { depth: -1 },
    { depth: 1.5 },
    { password: 'two\nlines' },
    { username: 'a\nhost=b', password: 'x' },
    { path: '' },
    { path: 'a\0b' },
  ]
  for (const more of wrong) {
    const answer = await clone('wrong', more)
    assert.equal(answer.status, 400, `${JSON.stringify(more)}: ${answer.text}`)
  }
  assert.equal(existsSync(join(calls.workDir, 'wrong')), false)
})

test('a private repository opens with the right credentials only', async () => {
  const url = remote.url('private.git')
  const none = await clone('private', { url })
  assert.equal(none.status, 401)
  assert.equal(none.code, 'GIT_AUTH_FAILED')
  assert.match(none.json.message, /give username and password/)
  const bad = await clone('private', { url, username: 'ann', password: 'wrong-word' })
  assert.equal(bad.code, 'GIT_AUTH_FAILED')
  assert.doesNotMatch(bad.text, /wrong-word/)
  assert.equal((await clone('private', { url, ...login, branch: 'develop' })).status, 200)
  assert.equal((await status('private')).currentBranch, 'develop')
  assert.equal(readTree(join(calls.workDir, 'private/.git')).includes(secret), false)
  assert.equal(existsSync(join(calls.home, '.git-credentials')), false)

  assert.equal((await calls.send('pull', { path: 'private' })).code, 'GIT_AUTH_FAILED')
  assert.equal((await calls.send('pull', { path: 'private', ...login })).status, 200)
  assert.equal((await calls.send('pull', { path: 'private', ...login, password: 'no' })).code, 'GIT_AUTH_FAILED')
})

test('credentials in a URL serve the call and are kept nowhere', async () => {
  const url = remote.url('private.git').replace('//', `//ann:${encodeURIComponent(secret)}@`)
  assert.equal((await clone('from-url', { url })).status, 200)
  assert.equal(calls.git('from-url', 'remote', 'get-url', 'origin').trim(), remote.url('private.git'))
  const failed = await clone('from-url-2', { url: url.replace('private', 'absent') })
  assert.equal(failed.status, 404)
  assert.equal(failed.text.includes(encodeURIComponent(secret)), false)
})

test('the name of a call goes before the one in the URL, also when it is not the first that is asked for', async () => {
  const url = remote.url('private.git').replace('//', '//somebody@')
  assert.equal((await clone('named', { url, ...login })).status, 200)
  assert.equal(calls.git('named', 'remote', 'get-url', 'origin').trim(), url)
  assert.equal((await calls.send('pull', { path: 'named', ...login })).status, 200)
  assert.equal((await calls.send('pull', { path: 'named', ...login, username: 'eve' })).code, 'GIT_AUTH_FAILED')
})

test('the program that answers git answers for one host alone', () => {
  const env = { SANDYARD_GIT_HOST: 'good:80', SANDYARD_GIT_USERNAME: 'u', SANDYARD_GIT_PASSWORD: 'p' }
  const ask = (question: string): string => {
    const { status, stdout } = spawnSync(findTools(undefined).gitAskpass, [question], { env, encoding: 'utf8' })
    return `${status} ${stdout.trim()}`
  }
  assert.equal(ask("Username for 'http://good:80': "), '0 u')
  assert.equal(ask("Password for 'http://u@good:80': "), '0 p')
  assert.equal(ask('Password for "https://u@good:80"'), '0 p')
  for (const asker of [
    'evil',
    'good',
    'good:8',
    'evil.good:80',
    'good:80.evil',
    'good:80@evil',
    'good:80/@evil',
    '*',
  ]) {
    assert.equal(ask(`Password for 'http://${asker}': `), '1 ')
    assert.equal(ask(`Password for 'http://u@${asker}': `), '1 ', asker)
  }
  assert.equal(ask("Something else for 'http://good:80': "), '1 ')
})

test('files of Git LFS are pushed too, with the credentials of the call', async () => {
  await clone('lfs')
  await commit('lfs', 'lfs.txt', 'x')
  mkdirSync(join(calls.workDir, 'lfs/.git/lfs/objects'), { recursive: true })
  const missing = await calls.send('push', { path: 'lfs', ...login })
  assert.equal(missing.status, 422, missing.text)
  const bin = join(calls.home, 'bin')
  mkdirSync(bin)
  const script =
    '#!/bin/sh\necho "$@" >> "$HOME/lfs-args"\n"$GIT_ASKPASS" "Password for \\"http://$HOST\\"" > "$HOME/lfs-answer"\n'
  writeFileSync(join(bin, 'git-lfs'), script, { mode: 0o755 })
  const { PATH = '' } = calls.environment
  Object.assign(calls.environment, { PATH: `${bin}:${PATH}`, HOST: `127.0.0.1:${remote.port}` })
  try {
    assert.equal((await calls.send('push', { path: 'lfs', ...login })).status, 200)
  } finally {
    calls.environment.PATH = PATH
  }
  assert.equal(readFileSync(join(calls.home, 'lfs-args'), 'utf8'), 'push origin refs/heads/main\n')
  assert.equal(readFileSync(join(calls.home, 'lfs-answer'), 'utf8'), `${secret}\n`)
})

test('credentials are for the host of the remote, not for one it redirects to', async () => {
  const asked: string[] = []
  const thief = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        asked.push(data.toString())
        const wants = 'HTTP/1.1 401 No\r\nwww-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n'
        const leads = `HTTP/1.1 302 Go\r\nlocation: http://localhost:${port}/b.git/info/refs?service=git-upload-pack\r\ncontent-length: 0\r\n\r\n`
        socket.write(data.toString().startsWith('GET /a.git') ? leads : wants)
      })
  })
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
  const { port } = thief.address() as { port: number }
  try {
    const answer = await clone('stolen', { url: `http://127.0.0.1:${port}/a.git`, ...login })
    assert.equal(answer.code, 'GIT_AUTH_FAILED')
    assert.ok(asked.some((request) => request.startsWith('GET /b.git')))
    assert.equal(
      asked.some((request) => /^authorization:/im.test(request)),
      false,
    )
  } finally {
    thief.close()
  }
})

test('push, pull and their conflicts', async () => {
  await clone('mine')
  await clone('theirs')
  await commit('mine', 'mine.txt', 'mine')
  assert.equal((await status('mine')).ahead, 1)
  const refused = await calls.send('push', { path: 'mine' })
  assert.equal(refused.code, 'GIT_AUTH_FAILED')
  assert.equal((await calls.send('push', { path: 'mine', ...login })).status, 200)
  assert.equal((await calls.send('push', { path: 'mine', ...login })).status, 200, 'up to date')
  assert.equal((await status('mine')).ahead, 0)

  assert.equal((await calls.send('pull', { path: 'theirs' })).status, 200)
  assert.equal(read('theirs/mine.txt'), 'mine')
  assert.equal((await calls.send('pull', { path: 'theirs' })).status, 200, 'up to date')

  await commit('mine', 'more.txt', 'mine')
  await calls.send('push', { path: 'mine', ...login })
  await commit('theirs', 'other.txt', 'theirs')
  const behind = await calls.send('push', { path: 'theirs', ...login })
  assert.equal(behind.code, 'GIT_PUSH_REJECTED')
  assert.equal(behind.status, 409)
  assert.equal(behind.text.includes(secret), false)
  const torn = await calls.send('pull', { path: 'theirs' })
  assert.equal(torn.code, 'GIT_MERGE_CONFLICT')
  const { ahead, behind: behindCount } = await status('theirs')
  assert.deepEqual([ahead, behindCount], [1, 1])

  await calls.send('reset', { path: 'theirs', mode: 'hard', target: 'HEAD~1' })
  writeFileSync(join(calls.workDir, 'theirs/more.txt'), 'in the way')
  assert.equal((await calls.send('pull', { path: 'theirs' })).code, 'GIT_DIRTY_WORKTREE')
})

test('branches, remotes and upstreams of push and pull', async () => {
  await clone('topics')
  const path = 'topics'
  await calls.send('branches', { path, name: 'topic/a' })
  assert.equal((await status(path)).branchPublished, false)
  await commit(path, 'topic.txt', '1')
  assert.equal((await calls.send('push', { path, ...login })).status, 200)
  await commit(path, 'topic.txt', '2')
  const pushed = await status(path)
  assert.deepEqual([pushed.branchPublished, pushed.ahead, pushed.upstream], [true, 1, undefined])
  const upstream = { path, ...login, branch: 'topic/a', remote: 'origin', set_upstream: true }
  assert.equal((await calls.send('push', upstream)).status, 200)
  assert.equal((await status(path)).upstream, 'origin/topic/a')

  assert.equal((await clone('topics-2', { branch: 'topic/a' })).status, 200)
  await calls.send('checkout', { path: 'topics-2', branch: 'main' })
  const merged = await calls.send('pull', { path: 'topics-2', branch: 'topic/a', remote: 'origin' })
  assert.equal(merged.status, 200, merged.text)
  assert.equal(read('topics-2/topic.txt'), '2')

  assert.equal((await calls.send('pull', { path, branch: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await calls.send('push', { path, ...login, branch: 'nope' })).code, 'GIT_BRANCH_NOT_FOUND')
  assert.equal((await calls.send('push', { path, ...login, branch: ':main' })).status, 400)
  assert.equal((await calls.send('push', { path, remote: 'nope' })).status, 404)
  assert.equal((await calls.send('pull', { path, remote: remote.url(hello) })).status, 404)
  assert.equal((await calls.send('pull', { path, remote: '--upload-pack=id' })).status, 400)
  await calls.send('checkout', { path, branch: 'HEAD~1' })
  assert.equal((await calls.send('push', { path, ...login })).status, 400)
  assert.equal((await calls.send('pull', { path })).status, 400)

  writeFileSync(join(remote.folder(hello), 'hooks/update'), '#!/bin/sh\ntest "$1" != refs/heads/locked\n', {
    mode: 0o755,
  })
  await calls.send('branches', { path, name: 'locked' })
  const rejected = await calls.send('push', { path, ...login })
  assert.equal(rejected.code, 'GIT_REMOTE_REJECTED')
  assert.equal(rejected.status, 422)
})

test('stored credentials open what calls without credentials ask for', async () => {
  const url = remote.url('private.git')
  const host = `127.0.0.1:${remote.port}`
  assert.equal((await calls.send('credentials', { ...login, host: 'a/b' })).status, 400)
  assert.equal((await calls.send('credentials', { ...login, protocol: 'ssh' })).status, 400)
  assert.equal((await calls.send('credentials', { ...login, username: 'a\nb' })).status, 400)
  for (let times = 0; times < 2; times += 1) {
    assert.equal((await calls.send('credentials', { ...login, host, protocol: 'http' })).status, 200)
  }
  assert.equal(statSync(join(calls.home, '.git-credentials')).mode & 0o777, 0o600)
  assert.equal(calls.git('.', 'config', '--global', '--get-all', 'credential.helper'), 'store\n')
  assert.equal((await clone('stored', { url })).status, 200)
  assert.equal((await calls.send('pull', { path: 'stored' })).status, 200)
  // Wrong ones in a call neither fall back to the store nor take the right ones out of it.
  assert.equal((await calls.send('pull', { path: 'stored', ...login, password: 'no' })).code, 'GIT_AUTH_FAILED')
  await commit('stored', 'x', 'x')
  assert.equal((await calls.send('push', { path: 'stored' })).status, 200)
})

test('while a clone runs its password is in no argument list, and it ends with its caller', {
  timeout: 30_000,
}, async () => {
  const slow = await startGitServer({ repositories: [{ name: 'slow.git', isPrivate: true, ...login }], delayMs: 150 })
  try {
    const caller = new AbortController()
    const answer = clone('slow/one', { url: slow.url('slow.git'), ...login })
    const seen = new Set<string>()
    while (!existsSync(join(calls.workDir, 'slow/one/README.md'))) {
      for (const line of commandLines()) if (line.includes(`:${slow.port}/`)) seen.add(line)
      await wait(20)
    }
    assert.equal((await answer).status, 200)
    assert.ok(
      [...seen].some((line) => line.includes('clone')) && [...seen].some((line) => line.includes('remote-http')),
    )
    assert.equal(
      [...seen].some((line) => line.includes(secret) || line.includes(encodeURIComponent(secret))),
      false,
    )

    const cut = clone('slow/two', { url: slow.url('slow.git'), ...login })
    const abandoned = calls.send('clone', { url: slow.url('slow.git'), path: 'gone/three' }, { signal: caller.signal })
    while (!commandLines().some((line) => line.includes('gone/three'))) await wait(10)
    caller.abort()
    await assert.rejects(abandoned)
    while (commandLines().some((line) => line.includes('gone/three'))) await wait(10)
    while (existsSync(join(calls.workDir, 'gone'))) await wait(10)
    assert.equal((await cut).status, 200, 'another call goes on')
  } finally {
    await slow.close()
  }
})

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
      } catch {
        return []
      }
    })
}

/** All files of a folder as one text. */
function readTree(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}
