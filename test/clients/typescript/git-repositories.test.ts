import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

const [newest] = clients
assert.ok(newest)
const { name, sdk } = newest

describe(`${name}: git calls that older clients do not have`, () => {
  const daytona = connect(newest, platform)
  let sandbox: Sandbox
  before(async () => {
    sandbox = await daytona.create()
  })
  after(async () => {
    await sandbox.delete()
    await daytona[Symbol.asyncDispose]()
  })
  const run = async (command: string, folder: string): Promise<string> => {
    const { exitCode, result } = await sandbox.process.executeCommand(command, folder)
    assert.equal(exitCode, 0, result)
    return result.trim()
  }

  test('a new repository, with files or bare', async () => {
    await sandbox.git.init('made', false, 'trunk')
    assert.equal((await sandbox.git.status('made')).currentBranch, 'trunk')
    await sandbox.git.init('bare.git', true)
    assert.equal(await run('git rev-parse --is-bare-repository', 'bare.git'), 'true')
  })

  test('remotes', async () => {
    await sandbox.git.init('remotes')
    await sandbox.git.remoteAdd('remotes', 'origin', 'https://example.com/one.git')
    await assert.rejects(
      sandbox.git.remoteAdd('remotes', 'origin', 'https://example.com/two.git'),
      sdk.DaytonaConflictError,
    )
    await sandbox.git.remoteAdd('remotes', 'origin', 'https://example.com/two.git', false, true)
    assert.deepEqual((await sandbox.git.remotes('remotes')).remotes, [
      { name: 'origin', url: 'https://example.com/two.git' },
    ])
    assert.equal(await sandbox.git.remoteGet('remotes', 'none'), undefined)
  })

  test('reset and restore', async () => {
    await sandbox.git.init('undo', false, 'main')
    await sandbox.fs.uploadFile(Buffer.from('one\n'), 'undo/file')
    await sandbox.git.add('undo', ['file'])
    await sandbox.git.commit('undo', 'One', 'Mona', 'mona@example.com')
    await sandbox.fs.uploadFile(Buffer.from('two\n'), 'undo/file')
    await sandbox.git.add('undo', ['file'])
    await sandbox.git.restore('undo', ['file'], true)
    assert.equal(await run('git status --porcelain', 'undo'), 'M file')
    await sandbox.git.restore('undo', ['file'])
    assert.equal((await sandbox.fs.downloadFile('undo/file')).toString(), 'one\n')
    await sandbox.fs.uploadFile(Buffer.from('three\n'), 'undo/file')
    await sandbox.git.add('undo', ['file'])
    await sandbox.git.commit('undo', 'Three', 'Mona', 'mona@example.com')
    await sandbox.git.reset('undo', 'hard', 'HEAD~1')
    assert.equal((await sandbox.fs.downloadFile('undo/file')).toString(), 'one\n')
    assert.equal(await run('git log --format=%s', 'undo'), 'One')
  })

  test('settings, the user, and a password that is kept', async () => {
    await sandbox.git.init('settings')
    assert.equal((await sandbox.git.getConfig('core.editor')) ?? null, null)
    await sandbox.git.setConfig('core.editor', 'vi')
    assert.equal(await sandbox.git.getConfig('core.editor'), 'vi')
    await sandbox.git.setConfig('core.editor', 'nano', 'local', 'settings')
    assert.equal(await sandbox.git.getConfig('core.editor', 'local', 'settings'), 'nano')
    await sandbox.git.configureUser('Mona', 'mona@example.com')
    assert.equal(await run('git config --global user.name', '/'), 'Mona')
    await sandbox.git.dangerouslyAuthenticate('mona', 'p@ss', 'git.example.com')
    const asked = 'printf "protocol=https\\nhost=git.example.com\\n\\n" | git credential fill'
    assert.match(await run(asked, '/'), /username=mona\npassword=p@ss/)
  })
})
