import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DaytonaError, DaytonaNotFoundError, Sandyard } from '../../../sdk/src/index.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

const platform = await startTestPlatform()
after(() => platform.remove())
const daytona = new Sandyard({ apiUrl: platform.apiUrl, apiKey: platform.apiKey, target: 'us' })

test('a sandbox and a repository by calls in one piece', async () => {
  const { id } = await daytona.createSandbox({
    cpu: 1,
    memory: 1,
    disk: 3,
    autoStopInterval: 60,
    public: true,
    target: 'us',
    name: 'pr-preview',
    env: { TOKEN: 'of the sandbox' },
  })
  const setup = await daytona.executeCommand({
    id,
    command: `git init -q --bare -b main origin.git && git clone -q origin.git seed && cd seed && git config user.name M &&
git config user.email m@example.com && echo one >file1.txt && git add . && git commit -qm first && git push -q origin HEAD:main`,
  })
  assert.equal(setup.exitCode, 0, setup.stderr)
  const path = 'workspace/repo'
  await daytona.gitClone({ id, url: 'file:///home/daytona/origin.git', path, branch: undefined, username: undefined })
  assert.deepEqual((await daytona.gitStatus({ id, path })).fileStatus, [])
  assert.deepEqual((await daytona.gitBranches({ id, path })).branches, ['main'])
  await daytona.gitCreateBranch({ id, path, branch: 'feature/new-feature' })
  await daytona.gitCheckoutBranch({ id, path, branch: 'main' })
  await daytona.gitDeleteBranch({ id, path, branch: 'feature/new-feature' })
  assert.equal(
    (await daytona.executeCommand({ id, command: 'echo $A >>file1.txt', cwd: path, env: { A: 'two' } })).exitCode,
    0,
  )
  assert.equal((await daytona.gitStatus({ id, path })).fileStatus[0]?.status, 'modified')
  await daytona.gitAdd({ id, path, files: ['.'] })
  const commit = { message: 'feat: add', authorName: 'John Doe', authorEmail: 'john@example.com' }
  assert.match((await daytona.gitCommit({ id, path, ...commit })).sha, /^[0-9a-f]{40}$/)
  await daytona.gitPush({ id, path })
  await daytona.gitPull({ id, path })
  const log = await daytona.executeCommand({ id, command: 'git log --oneline | wc -l', cwd: 'origin.git' })
  assert.deepEqual([log.stdout, log.stderr, log.exitCode], ['2\n', '', 0])
  const failed = await daytona.executeCommand({ id, command: 'echo why >&2; exit 4' })
  assert.deepEqual([failed.exitCode, failed.stderr], [4, 'why\n'])
  const link = await daytona.previewLink({ id, port: 3000, description: 'App', checkServer: false })
  assert.match(link.url, /3000-/)
  await assert.rejects(daytona.previewLink({ id, port: 3000, checkServer: true }), (error: DaytonaError) => {
    assert.ok(error instanceof DaytonaError)
    return /Nothing listens on port 3000/.test(error.message)
  })
  await daytona.destroySandbox({ id })
  await daytona.destroySandbox({ id })
  await assert.rejects(daytona.executeCommand({ id, command: 'true' }), DaytonaNotFoundError)
})

test('sizes by name, languages by other names, and a timeout as a number', async () => {
  const small = await daytona.create({ workspaceClass: 'small', language: 'node', image: undefined }, 60)
  assert.deepEqual([small.cpu, small.memory], [1, 1])
  assert.equal((await small.process.codeRun('console.log(typeof require)')).exitCode, 0)
  await small.delete()
  const medium = await daytona.create({ workspaceClass: 'medium', public: true })
  assert.deepEqual([medium.cpu, medium.memory, medium.public], [2, 4, true])
  await medium.delete()
  await assert.rejects(daytona.create({ language: 'cobol' }), /cobol/)
  await assert.rejects(daytona.create({ workspaceClass: 'huge' as 'large' }), /huge/)
})
