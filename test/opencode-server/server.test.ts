import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daytona, openCodeVersion, prepareOpenCodeSnapshot, setupOpenCodeServer } from '../../sdk/src/index.ts'
import { startBrowser } from '../fixtures/browser.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startPackagesOutside } from '../fixtures/outside-packages.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { visit } from '../fixtures/visit.ts'
import { createOpencodeClient } from '../packages/node_modules/@opencode-ai/sdk/dist/client.js'

/** OpenCode itself, installed by npm in a real sandbox, with a model that does what the prompt says. */
const { client, config, env, repository, browser } = await layGround(async (ground) => {
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const model = resolve(import.meta.dirname, '../fixtures/scripted-model.ts')
  const modelUrl = await outside.start(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    model,
    '--host',
    outside.address,
  ])
  const packages = await startPackagesOutside(outside)
  const git = await startGitOutside(outside, [{ name: 'octocat/app.git', files: { 'hello.txt': 'from git\n' } }])
  return {
    client: new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey }),
    config: scripted(modelUrl),
    env: { ...packages.env, OPENCODE_DISABLE_MODELS_FETCH: '1' },
    repository: `${git}octocat/app.git`,
    browser: ground.use(await startBrowser()),
  }
})

/** OpenCode's configuration with the scripted model as its only one. */
function scripted(baseURL: string): Record<string, unknown> {
  const models = { 'fake-1': { name: 'Fake 1', tool_call: true, limit: { context: 100_000, output: 4000 } } }
  const fake = { npm: '@ai-sdk/openai-compatible', name: 'Fake', options: { baseURL, apiKey: 'x' }, models }
  return { enabled_providers: ['fake'], model: 'fake/fake-1', small_model: 'fake/fake-1', provider: { fake } }
}

/** Fails when sandboxes of servers stay; one that is on its way out is still listed. */
async function assertNoneLeft(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const found = []
    for await (const { name, state } of client.list({ labels: { 'sandyard.opencode': openCodeVersion } }))
      found.push(`${name} ${state}`)
    if (found.length === 0) return
    assert.ok(tries < 50, found.join(', '))
    await sleep(100)
  }
}

test('the snapshot with OpenCode is made once', async (t) => {
  const told: string[] = []
  const began = performance.now()
  const name = await prepareOpenCodeSnapshot({ client, env, onProgress: (text) => told.push(text) })
  t.diagnostic(`made in ${Math.round(performance.now() - began)} ms`)
  assert.equal(name, `opencode-${openCodeVersion}`)
  assert.deepEqual(told, [`Making the snapshot ${name}, once`, `Installing opencode-ai ${openCodeVersion}`])
  const again = performance.now()
  assert.equal(await prepareOpenCodeSnapshot({ client }), name)
  assert.ok(performance.now() - again < 1000)
})

test('the server answers through its preview, and its agent works in the sandbox', async (t) => {
  const began = performance.now()
  const snapshot = await prepareOpenCodeSnapshot({ client })
  await using server = await setupOpenCodeServer({ client, snapshot, env, config, repository, branch: 'main' })
  t.diagnostic(`set up in ${Math.round(performance.now() - began)} ms`)
  const { serverUrl, apiUrl, headers, sandbox } = server
  assert.match(server.path, /repo$/)
  assert.equal(server.branch, 'main')

  const opencode = createOpencodeClient({ baseUrl: apiUrl, headers })
  const events = await opencode.event.subscribe()
  const seen: string[] = []
  const watching = (async () => {
    for await (const { type } of events.stream) {
      seen.push(type)
      if (type === 'session.idle') return
    }
  })()
  const session = await opencode.session.create({ body: { title: 'test' } })
  assert.ok(session.data !== undefined, JSON.stringify(session.error))
  const { id } = session.data
  const script = [
    'CALL bash {"command":"pwd; cat hello.txt; uname -n > made.txt","description":"look"}',
    'CALL bash {"command":"python3 -m http.server 8123 >/tmp/http.log 2>&1 & sleep 1","description":"serve"}',
    'SAY finished',
  ].join('\n')
  const answer = await opencode.session.prompt({ path: { id }, body: { parts: [{ type: 'text', text: script }] } })
  assert.ok(answer.data !== undefined, JSON.stringify(answer.error))
  assert.match(JSON.stringify(answer.data.parts), /finished/)
  await watching
  assert.ok(seen.includes('message.part.updated') && seen.at(-1) === 'session.idle', seen.join(' '))
  const messages = JSON.stringify((await opencode.session.messages({ path: { id } })).data)
  assert.match(messages, /from git/)
  const made = await sandbox.process.executeCommand('cat workspace/repo/made.txt; uname -n')
  assert.equal(made.result.trim().split('\n').length, 2)
  assert.equal(new Set(made.result.trim().split('\n')).size, 1, made.result)

  // What the agent was told of other ports is true.
  const pattern = server.previewUrlPattern
  assert.ok(pattern?.includes('{PORT}'), String(pattern))
  const page = await visit(pattern?.replace('{PORT}', '8123') ?? '')
  assert.equal(page.status, 200)
  assert.match(page.body, /made\.txt/)

  // Nobody comes in without the password, and it is in no command line.
  for (const wrong of [{}, { authorization: `Basic ${btoa('opencode:wrong')}` }])
    assert.equal((await visit(`${serverUrl}/session`, wrong)).status, 401)
  const listed = await sandbox.process.executeCommand('cat /proc/[0-9]*/cmdline | tr "\\0" " "')
  assert.ok(!listed.result.includes(server.password))
  assert.match(listed.result, /serve --port 4096/)

  const shown = await browser.open()
  await shown.goto(server.browserUrl, { waitUntil: 'commit' })
  await shown.getByText('Projects').first().waitFor({ timeout: 60_000 })
  await shown.context().close()

  // It can be started again, with its sessions.
  await server.restart()
  assert.ok((await opencode.session.list()).data?.some((one) => one.id === id))
  await server.close()
  await assertNoneLeft()
})

test('what does not work says which step and why, and leaves nothing', async () => {
  const snapshot = await prepareOpenCodeSnapshot({ client })
  const common = { client, snapshot, env, cleanUp: false }
  await assert.rejects(
    setupOpenCodeServer({ ...common, repository: repository.replace('app.git', 'none.git') }),
    /none\.git|not found/i,
  )
  await assert.rejects(
    setupOpenCodeServer({ ...common, config: { ...config, model: 42 } }),
    /does not take its configuration|ended with/,
  )
  await assert.rejects(
    setupOpenCodeServer({ ...common, snapshot: undefined, version: '9.9.9' }),
    /opencode-ai 9\.9\.9 could not be installed/,
  )
  await assert.rejects(
    setupOpenCodeServer({ ...common, keys: { NO_SUCH_KEY: 'x' } }),
    /NO_SUCH_KEY is the key of no provider/,
  )
  const abort = new AbortController()
  const aborted = setupOpenCodeServer({ ...common, config, signal: abort.signal })
  await sleep(300)
  abort.abort()
  await assert.rejects(aborted, /abort/i)
  await assertNoneLeft()
  assert.deepEqual((await client.secret.list()).items, [])
})

test('keys of providers are secrets for as long as the server is there', async () => {
  const snapshot = await prepareOpenCodeSnapshot({ client })
  const server = await setupOpenCodeServer({
    client,
    snapshot,
    env,
    config,
    keys: { OPENAI_API_KEY: 'sk-very-secret' },
  })
  const { items } = await client.secret.list()
  assert.deepEqual(
    items.map(({ hosts }) => hosts),
    [['api.openai.com']],
  )
  const inside = await server.sandbox.process.executeCommand(
    'echo "$OPENAI_API_KEY"; cat /proc/[0-9]*/environ | tr "\\0" "\\n"',
  )
  assert.match(inside.result.split('\n')[0] ?? '', /\S{8}/)
  assert.ok(!inside.result.includes('sk-very-secret'))
  await server.close()
  await server.close()
  assert.deepEqual((await client.secret.list()).items, [])
})
