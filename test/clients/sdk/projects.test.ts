import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Daytona, DaytonaInvalidArgumentError, planProject } from '../../../sdk/src/index.ts'
import { layGround } from '../../fixtures/ground.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

const sandbox = await layGround(async (ground) => {
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  return await new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey }).create()
})
const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) await sandbox.fs.writeFile(path, text)
}

test('a workspace, whose lock file is long and lies in the root', async () => {
  await write({
    'repo/package.json': '{"workspaces":["apps/*"]}',
    'repo/yarn.lock': `__metadata:\n  version: 8\n${'# more\n'.repeat(100_000)}`,
    'repo/apps/web/package.json': '{"dependencies":{"vite":"8"}}',
    'repo/apps/web/src/main.js': '',
  })
  const { framework, install, lockFiles, notes } = await planProject(sandbox, {
    repository: 'repo',
    rootDirectory: '/apps/web/',
  })
  assert.deepEqual([framework, install], ['vite', 'yarn install --immutable'])
  assert.deepEqual(lockFiles, ['../../yarn.lock', 'package.json', '../../package.json'])
  assert.deepEqual(notes, [])
  const alone = await planProject(sandbox, '/home/daytona/repo/apps/web', { port: 8080 })
  assert.deepEqual([alone.packageManager, alone.port], ['npm', 8080])
})

test('an application in a folder of its own', async () => {
  await write({ 'api/requirements.txt': 'fastapi\nuvicorn\n', 'api/app/main.py': 'app = FastAPI()\n' })
  const { start } = await planProject(sandbox, 'api')
  assert.equal(start, '.venv/bin/uvicorn app.main:app --host 0.0.0.0 --port 8000')
})

test('what only calls itself a file is passed over, and takes no time', { timeout: 60_000 }, async () => {
  await write({ 'odd/server.js': '' })
  const { process } = sandbox
  const made = 'cd odd && mkdir package.json && ln -s /dev/zero Procfile && ln -s gone main.py && mkfifo app.py'
  assert.equal((await process.executeCommand(made)).exitCode, 0)
  await write({ 'odd/index.html': '<h1>x</h1>' })
  assert.equal((await planProject(sandbox, 'odd')).framework, 'static')
})

test('what cannot be served, and what is not there', async () => {
  await write({ 'none/README.md': '', 'wrong/sandyard.json': '{"stat": "x"}' })
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof DaytonaInvalidArgumentError && message.test(error.message)
  await assert.rejects(planProject(sandbox, 'none'), refused(/add sandyard\.json/))
  await assert.rejects(planProject(sandbox, 'wrong'), refused(/sandyard\.json: "stat" is not known.*"start"/))
  await assert.rejects(planProject(sandbox, 'none', { port: 0 }), refused(/^overrides: port/))
  await assert.rejects(planProject(sandbox, { repository: 'repo', rootDirectory: 'apps/../..' }), refused(/leads out/))
  await assert.rejects(planProject(sandbox, 'no/such/folder'), { statusCode: 404 })
})
