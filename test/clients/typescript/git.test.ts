import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { layGround } from '../../fixtures/ground.ts'
import { openOutside } from '../../fixtures/outside.ts'
import { startGitOutside } from '../../fixtures/outside-git.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const user = 'mona'
const password = 's3cret p@ss:word'

const { server, platform } = await layGround(async (ground) => {
  const outside = await openOutside()
  ground.defer(outside.close)
  const server = await startGitOutside(outside, [
    { name: 'octocat/hello.git', username: user, password },
    { name: 'octocat/private.git', isPrivate: true, username: user, password },
  ])
  const platform = await startTestPlatform()
  ground.defer(platform.remove)
  return { server, platform }
})

const open = `${server}octocat/hello.git`
const closed = `${server}octocat/private.git`

for (const client of clients) {
  const { name, sdk } = client
  const branch = client.isNewest ? 'work-new' : 'work-old'
  describe(name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    test('clone without a password, and look at it', async () => {
      await sandbox.git.clone(open, 'hello')
      const status = await sandbox.git.status('hello')
      assert.deepEqual([status.currentBranch, status.ahead, status.behind, status.fileStatus], ['main', 0, 0, []])
      assert.deepEqual((await sandbox.git.branches('hello')).branches, ['main'])
      assert.equal((await sandbox.fs.downloadFile('hello/src/hello.txt')).toString(), 'hello world\n')
    })

    test('clone a branch, and a commit', async () => {
      await sandbox.git.clone(open, 'develop', 'develop')
      assert.equal((await sandbox.git.status('develop')).currentBranch, 'develop')
      const log = await sandbox.process.executeCommand('git rev-parse HEAD~1', 'hello')
      await sandbox.git.clone(open, 'older', undefined, log.result.trim())
      const at = await sandbox.process.executeCommand('git rev-parse HEAD', 'older')
      assert.equal(at.result, log.result)
    })

    test('clone with a password, which is kept nowhere', async () => {
      await sandbox.git.clone(closed, 'private', undefined, undefined, user, password)
      assert.equal((await sandbox.git.status('private')).currentBranch, 'main')
      const left = await sandbox.process.executeCommand('grep -rl "s3cret" private ~/.git-credentials ~/.gitconfig')
      assert.equal(left.result.replace(/^grep: .*\n/gm, ''), '')
    })

    test('no password and a wrong one are refused', async () => {
      for (const credentials of [[], [user, 'wrong']]) {
        await assert.rejects(
          sandbox.git.clone(closed, 'refused', undefined, undefined, ...credentials),
          (error: Error) => {
            assert.ok(error instanceof sdk.DaytonaAuthenticationError, error.stack)
            return !client.isNewest || error instanceof sdk.DaytonaGitAuthFailedError
          },
        )
      }
      assert.equal((await sandbox.process.executeCommand('test -e refused')).exitCode, 1)
    })

    test('a repository that is not there, and a server that is not there', async () => {
      await assert.rejects(sandbox.git.clone(`${server}octocat/none.git`, 'none'), sdk.DaytonaNotFoundError)
      const dead = open.replace(/:\d+/, ':9')
      await assert.rejects(sandbox.git.clone(dead, 'dead'), (error: Error) =>
        client.isNewest
          ? error instanceof sdk.DaytonaGitTransportFailedError
          : error instanceof sdk.DaytonaError && error.statusCode === 502,
      )
    })

    test('branch, add, commit and push', async () => {
      const { git, fs } = sandbox
      await git.createBranch('hello', branch)
      await git.checkoutBranch('hello', branch)
      assert.equal((await git.status('hello')).currentBranch, branch)
      await fs.uploadFile(Buffer.from('new\n'), 'hello/new file.txt')
      await fs.uploadFile(Buffer.from('changed\n'), 'hello/README.md')
      const before = (await git.status('hello')).fileStatus
      assert.deepEqual(
        before.map((file) => [file.name, file.worktree]),
        [
          ['README.md', 'Modified'],
          ['new file.txt', 'Untracked'],
        ],
      )
      await git.add('hello', ['new file.txt', 'README.md'])
      const added = (await git.status('hello')).fileStatus
      assert.deepEqual(
        added.map((file) => [file.name, file.staging]),
        [
          ['README.md', 'Modified'],
          ['new file.txt', 'Added'],
        ],
      )
      const { sha } = await git.commit('hello', 'Say "it"\n\nin two parts', 'Mona Lisa', 'mona@example.com')
      assert.match(sha, /^[0-9a-f]{40}$/)
      const said = await sandbox.process.executeCommand('git log -1 --format=%H:%an:%ae:%s', 'hello')
      assert.equal(said.result.trim(), `${sha}:Mona Lisa:mona@example.com:Say "it"`)

      await assert.rejects(git.push('hello', user, 'wrong'), sdk.DaytonaAuthenticationError)
      await git.push('hello', user, password)
      await git.clone(open, 'second', branch)
      assert.equal((await fs.downloadFile('second/new file.txt')).toString(), 'new\n')
    })

    test('pull, and a push that comes too late', async () => {
      const { git, fs } = sandbox
      await fs.uploadFile(Buffer.from('second\n'), 'second/second.txt')
      await git.add('second', ['second.txt'])
      const { sha } = await git.commit('second', 'Second', 'Mona', 'mona@example.com')
      await git.push('second', user, password)
      await fs.uploadFile(Buffer.from('late\n'), 'hello/late.txt')
      await git.add('hello', ['late.txt'])
      await git.commit('hello', 'Late', 'Mona', 'mona@example.com')
      await assert.rejects(git.push('hello', user, password), (error: Error) => {
        assert.ok(error instanceof sdk.DaytonaConflictError, error.stack)
        return !client.isNewest || error instanceof sdk.DaytonaGitPushRejectedError
      })
      await git.clone(open, 'third', branch)
      await sandbox.process.executeCommand('git reset --hard HEAD~1', 'third')
      await git.pull('third')
      assert.equal((await sandbox.process.executeCommand('git rev-parse HEAD', 'third')).result.trim(), sha)
    })

    test('branches end, and what is not there is said', async () => {
      const { git } = sandbox
      await git.checkoutBranch('hello', 'main')
      await git.createBranch('hello', 'short')
      await assert.rejects(git.createBranch('hello', 'short'), sdk.DaytonaConflictError)
      await git.checkoutBranch('hello', 'main')
      await git.deleteBranch('hello', 'short')
      assert.ok(!(await git.branches('hello')).branches.includes('short'))
      await assert.rejects(git.checkoutBranch('hello', 'short'), sdk.DaytonaNotFoundError)
      await assert.rejects(git.status('/tmp'), sdk.DaytonaNotFoundError)
    })
  })
}
