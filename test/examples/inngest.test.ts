import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import type { Project } from '../../examples/inngest/src/projects.ts'
import { InngestTestEngine, mockCtx } from '../../examples/inngest/src/test-engine.ts'
import { visit } from '../../examples/visit.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

const token = 'a token of GitHub'
const login = { isPrivate: true, username: 'x-access-token', password: token }
const server = `
require('node:http').createServer((_, response) => response.end(require('left').word + require('./built.json').word))
  .listen(process.env.PORT, () => console.log('ready'))`
const files = {
  'package.json': JSON.stringify({
    dependencies: { left: 'file:./left' },
    scripts: { build: 'node build.js', start: 'node server.js' },
  }),
  'sandyard.json': JSON.stringify({ env: { npm_config_audit: 'false', npm_config_update_notifier: 'false' } }),
  'left/package.json': JSON.stringify({ name: 'left', version: '1.0.0', main: 'index.js' }),
  'left/index.js': "exports.word = 'Hello '",
  'build.js': "require('node:fs').writeFileSync('built.json', JSON.stringify({ word: 'world' }))",
  'server.js': server,
}
const repositories = [
  { name: 'owner/app.git', ...login, files },
  { name: 'owner/ends.git', files: { 'package.json': '{"scripts":{"start":"echo it is over; exit 3"}}' } },
  {
    name: 'owner/unbuilt.git',
    files: { 'package.json': '{"scripts":{"start":"x","build":"echo no such page; exit 1"}}' },
  },
  { name: 'owner/nothing.git' },
]
const folder = mkdtempSync(join(tmpdir(), 'sandyard-inngest-'))
const file = join(folder, 'projects.json')
const sent: { name: string; data: Record<string, string> }[] = []

/** What the application sends its events to, as Inngest takes them. */
const events = createServer(async (request, response) => {
  const body = JSON.parse(await text(request)) as typeof sent
  sent.push(...body)
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ ids: body.map(() => 'id'), status: 200 }))
})

const { platform, git } = await layGround(async (ground) => {
  ground.defer(() => rmSync(folder, { recursive: true }))
  await new Promise<void>((resolve) => events.listen(0, '127.0.0.1', resolve))
  ground.defer(() => void events.close())
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const git = await startGitOutside(outside, repositories)
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  return { platform, git }
})

Object.assign(process.env, {
  SANDYARD_API_URL: platform.apiUrl,
  SANDYARD_API_KEY: platform.apiKey,
  PROJECTS_FILE: file,
  PREVIEWS_TOKEN: 'open',
  INNGEST_DEV: '1',
  INNGEST_BASE_URL: `http://127.0.0.1:${(events.address() as AddressInfo).port}`,
  INNGEST_EVENT_KEY: 'key',
})
const project = (id: string, repository: string): Project => ({
  id,
  user_id: 'user',
  status: 'new',
  sandbox_url: null,
  framework: null,
  metadata: { repoUrl: `${git}${repository}` },
})
writeFileSync(
  file,
  JSON.stringify({
    projects: [
      project('app', 'owner/app.git'),
      project('ends', 'owner/ends.git'),
      project('unbuilt', 'owner/unbuilt.git'),
      project('nothing', 'owner/nothing.git'),
    ],
    user_integrations: [{ user_id: 'user', provider: 'github', access_token: token }],
  }),
)
// The application reads its environment when it is loaded.
const application = await import('../../examples/inngest/src/application.ts')
const health = await import('../../examples/inngest/app/api/sandbox/health/[projectId]/route.ts')
const restart = await import('../../examples/inngest/app/api/sandbox/restart/[projectId]/route.ts')
const { createCloneAndPreview } = await import('../../examples/inngest/src/functions.ts')
const { makeSandbox } = await import('../../examples/inngest/src/steps.ts')
const { parts } = application
const [cloneAndPreview] = application.functions
assert.ok(cloneAndPreview !== undefined)

/** A run of the function; Inngest gives all steps of a run the same id. */
function engineOf(runId: string, data: Record<string, string>, fn = cloneAndPreview) {
  assert.ok(fn !== undefined)
  return new InngestTestEngine({
    function: fn,
    events: [{ name: 'github/clone-and-preview', data }],
    transformCtx: (context) => ({ ...mockCtx(context), runId }),
  })
}
const dataOf = (id: string, repository: string): Record<string, string> => ({
  projectId: id,
  userId: 'user',
  repoUrl: `${git}${repository}`,
})

/** Sandboxes of a project that are there and do not go. */
async function sandboxesOf(projectId: string): Promise<string[]> {
  const found = await parts.daytona.listSandboxes({ labels: { project: projectId } })
  return found.filter(({ state }) => !/^destroy/.test(state)).map(({ id }) => id)
}

function asked(path: string, authorization = 'Bearer open'): Request {
  return new Request(`http://localhost${path}`, { method: 'POST', headers: { authorization } })
}
const at = (projectId: string) => ({ params: Promise.resolve({ projectId }) })
const healthOf = async (projectId: string): Promise<unknown> =>
  await (await health.GET(asked('/'), at(projectId))).json()

/** What Inngest calls when a run has used up its tries. */
async function fail(projectId: string, runId: string, error: Error): Promise<void> {
  const onFailure = cloneAndPreview?.opts.onFailure
  assert.ok(onFailure !== undefined)
  const fn = parts.inngest.createFunction(
    { id: 'failure', triggers: [{ event: 'inngest/function.failed' }] },
    onFailure,
  )
  const engine = new InngestTestEngine({
    function: fn,
    events: [{ name: 'inngest/function.failed', data: { run_id: runId, event: { data: dataOf(projectId, 'x') } } }],
    transformCtx: (context) => ({ ...mockCtx(context), error }),
  })
  const { error: thrown } = await engine.execute()
  assert.equal(thrown, undefined)
}

describe('previews by Inngest', () => {
  let first = ''

  test('a repository is cloned, built and served', async () => {
    const { result, state, error } = await engineOf('RUN1', dataOf('app', 'owner/app.git')).execute()
    assert.equal(error, undefined)
    const { sandboxId, previewUrl, framework } = result as Record<string, string>
    assert.deepEqual([framework, await sandboxesOf('app')], ['node', [sandboxId]])
    assert.equal(await visit(previewUrl ?? ''), 'Hello world')
    const stored = await parts.projects.find('app')
    assert.deepEqual([stored?.status, stored?.sandbox_url, stored?.framework], ['deployed', previewUrl, 'node'])
    assert.deepEqual([stored?.metadata.sandboxId, stored?.metadata.port], [sandboxId, 3000])
    const kept = JSON.stringify(await Promise.all(Object.values(state)))
    assert.ok(kept.includes('node server.js') || kept.includes('npm run start'), kept)
    assert.ok(!kept.includes(token), 'the token is among what Inngest keeps')
    const { result: remote } = await (await parts.daytona.get(sandboxId ?? '')).process.executeCommand(
      'cat workspace/project/.git/config',
    )
    assert.ok(remote.includes('owner/app.git') && !remote.includes('token'), remote)
    first = sandboxId ?? ''
  })

  test('its health', async () => {
    assert.deepEqual(await healthOf('app'), { isAlive: true, state: 'started' })
    assert.deepEqual(await healthOf('unknown'), { isAlive: false })
    assert.deepEqual(await healthOf('nothing'), { isAlive: false })
    const sandbox = await parts.daytona.get(first)
    await sandbox.process.deleteSession('preview')
    assert.deepEqual(await healthOf('app'), { isAlive: false, state: 'started' })
    await sandbox.stop()
    assert.deepEqual(await healthOf('app'), { isAlive: false, state: 'stopped' })
  })

  test('a restart is a run like every other, whose sandbox takes the place of the old one', async () => {
    const answer = await restart.POST(asked('/'), at('app'))
    assert.deepEqual([answer.status, await answer.json()], [202, { success: true }])
    const event = sent.at(-1)
    assert.deepEqual([event?.name, event?.data], ['github/clone-and-preview', dataOf('app', 'owner/app.git')])
    const { result } = await engineOf('RUN2', event?.data ?? {}).execute()
    const { sandboxId, previewUrl } = result as Record<string, string>
    assert.notEqual(sandboxId, first)
    assert.deepEqual(await sandboxesOf('app'), [sandboxId])
    assert.equal(await visit(previewUrl ?? ''), 'Hello world')
    assert.deepEqual(await healthOf('app'), { isAlive: true, state: 'started' })
  })

  test('strangers may not ask, and what is not there cannot be restarted', async () => {
    const count = sent.length
    for (const authorization of ['', 'Bearer', 'Bearer opem', 'Bearer open2']) {
      assert.equal((await restart.POST(asked('/', authorization), at('app'))).status, 401)
      assert.equal((await health.GET(asked('/', authorization), at('app'))).status, 401)
    }
    assert.equal((await restart.POST(asked('/'), at('unknown'))).status, 404)
    assert.equal(sent.length, count)
  })

  test('steps that are run again find what their first try has made', async () => {
    const run = { projectId: 'nothing', runId: 'RUN3' }
    const sandboxId = await makeSandbox(parts.daytona, run)
    assert.equal(await makeSandbox(parts.daytona, run), sandboxId)
    assert.deepEqual(await sandboxesOf('nothing'), [sandboxId])
    const steps = [{ id: 'create-sandbox', handler: () => sandboxId }]
    for (let tries = 0; tries < 2; tries++) {
      const { result, error } = await engineOf('RUN3', dataOf('nothing', 'owner/app.git')).execute({
        steps: [...steps],
      })
      assert.equal(error, undefined)
      assert.equal((result as Record<string, string>).sandboxId, sandboxId)
    }
    const { result } = await (await parts.daytona.get(sandboxId)).process.executeCommand('pgrep -fc "node server"')
    assert.ok(Number(result) <= 2, `${result} servers run`)
  })

  test('a step that fails ends the try, those after it are not begun, and the next try goes on', async () => {
    const tokenOf = async (): Promise<never> => {
      throw new Error('the database is down')
    }
    const fn = createCloneAndPreview({ ...parts, projects: { ...parts.projects, tokenOf } })
    const first = await engineOf('RUN3B', dataOf('nothing', 'owner/app.git'), fn).execute()
    assert.match((first.error as Error).message, /the database is down/)
    assert.doesNotMatch((first.error as Error).name, /NonRetriable/)
    const sandboxId = (await parts.daytona.get('preview-run3b')).id
    assert.equal(await (await parts.daytona.get(sandboxId)).fs.exists('workspace'), false)
    assert.equal((await parts.projects.find('nothing'))?.status, 'building')
    const { result } = await engineOf('RUN3B', dataOf('nothing', 'owner/app.git')).execute()
    assert.equal((result as Record<string, string>).sandboxId, sandboxId)
    assert.deepEqual(await sandboxesOf('nothing'), [sandboxId])
  })

  test('a failure takes the sandbox of its run, and no other, and is told', async () => {
    const failed = await engineOf('RUN3C', dataOf('nothing', 'owner/nothing.git')).execute()
    const error = failed.error as Error
    assert.match(error.message, /Nothing here says how it is served/)
    assert.equal((await sandboxesOf('nothing')).length, 2)
    await fail('nothing', 'RUN3C', error)
    // What the run before has made still serves.
    assert.deepEqual(await sandboxesOf('nothing'), [(await parts.daytona.get('preview-run3b')).id])
    await fail('nothing', 'RUN3B', error)
    assert.deepEqual(await sandboxesOf('nothing'), [])
    const stored = await parts.projects.find('nothing')
    assert.equal(stored?.status, 'failed')
    assert.match(stored?.metadata.error ?? '', /add sandyard\.json/)
  })

  test('what cannot be served tells why', async () => {
    const told = async (run: string, id: string, repository: string): Promise<string> => {
      const { error } = await engineOf(run, dataOf(id, repository)).execute()
      await fail(id, run, error as Error)
      assert.deepEqual(await sandboxesOf(id), [])
      return (error as Error).message
    }
    assert.match(await told('RUN4', 'ends', 'owner/ends.git'), /ended with 3: [\s\S]*it is over/)
    assert.match(await told('RUN5', 'unbuilt', 'owner/unbuilt.git'), /npm run build ended with 1: [\s\S]*no such page/)
    assert.match(await told('RUN6', 'ends', 'owner/none.git'), /./)
    const missing = await engineOf('RUN7', dataOf('unknown', 'owner/app.git')).execute()
    assert.match((missing.error as Error).message, /no project unknown/)
    const wrong = await engineOf('RUN8', { projectId: 'app' }).execute()
    assert.match((wrong.error as Error).message, /must have projectId, repoUrl and userId/)
  })

  test('a token that is wrong is not tried again', async () => {
    const projects = { ...parts.projects, tokenOf: async () => 'wrong' }
    const fn = createCloneAndPreview({ ...parts, projects })
    const { error } = await engineOf('RUN9', dataOf('ends', 'owner/app.git'), fn).execute()
    assert.match((error as Error).name, /NonRetriable/)
    await fail('ends', 'RUN9', error as Error)
  })

  test('the settings that the documents ask for', () => {
    const { retries, concurrency } = cloneAndPreview.opts
    assert.equal(retries, 2)
    assert.deepEqual(concurrency, [{ limit: 5 }, { limit: 1, key: 'event.data.projectId' }])
    assert.ok(readFileSync(file, 'utf8').includes('"deployed"'))
  })
})
