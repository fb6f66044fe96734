import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { callGroups } from '../../dashboard/src/playground/calls.ts'
import { program } from '../../dashboard/src/playground/programs.ts'
import { preparePython } from '../clients/python/environment.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { layDashboard, openLooks } from './ground.ts'

const run = promisify(execFile)
const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const calls = callGroups.flatMap((group) => group.calls)

/** Name and id of a new sandbox, and where its toolbox is. */
async function create(): Promise<{ id: string; toolboxProxyUrl: string }> {
  const { body } = await platform.call('POST', '/sandbox', { labels: { 'code-toolbox-language': 'python' } })
  return body as { id: string; toolboxProxyUrl: string }
}

test('each call works in the page, and so does the code that is shown for it', { timeout: 200_000 }, async (t) => {
  await using ground = new AsyncDisposableStack()
  const outside = await openOutside()
  ground.defer(outside.close)
  const git = await startGitOutside(outside, [{ name: 'octocat/hello.git' }])

  const page = await open('/playground')
  await page.getByRole('button', { name: 'Create one' }).click()
  await page.getByRole('button', { name: 'Run', exact: true }).and(page.locator(':enabled')).click()
  const answers = page.locator('.run')
  await answers.first().getByText('done').waitFor()
  await look(page, 'playground')

  // What one call needs, the one before it has made.
  for (const { name, title } of calls) {
    await page.getByRole('button', { name: title, exact: true }).click()
    if (name === 'git.clone') await page.getByLabel('Address').fill(`${git}octocat/hello.git`)
    await page.getByRole('button', { name: 'Add to a script' }).click()
  }
  await page.getByRole('button', { name: `Run all ${calls.length}` }).click()
  const failed = answers.filter({ has: page.locator('.state[data-tone="bad"]') })
  const all = page.locator('.run .state[data-tone="good"]').nth(calls.length)
  await failed.or(all).first().waitFor({ timeout: 60_000 })
  assert.deepEqual(await failed.allInnerTexts(), [])
  assert.equal(await page.locator('.run .state[data-tone="good"]').count(), calls.length + 1)
  // biome-ignore lint/performance/useDomNodeTextContent: lines are told apart
  const printed = await page.getByRole('log', { name: 'What process.getSessionCommandLogs printed' }).innerText()
  assert.match(printed, /line 1\s+line 2\s+line 3/)
  await look(page, 'playground-script')

  const shown = async (language: string): Promise<string> => {
    await page.getByRole('button', { name: language, exact: true }).click()
    // biome-ignore lint/performance/useDomNodeTextContent: lines are told apart
    return await page.getByRole('region', { name: `The script, ${language}` }).innerText()
  }
  const texts = { typescript: await shown('TypeScript'), python: await shown('Python') }
  const own = /daytona\.get\("([^"]+)"\)/.exec(texts.typescript)?.[1]
  assert.ok(own)
  const cache = resolve(import.meta.dirname, '../../.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'playground-'))
  ground.defer(() => rmSync(folder, { recursive: true }))
  const env = { ...process.env, DAYTONA_API_URL: platform.apiUrl, DAYTONA_API_KEY: platform.apiKey }
  /** Runs a text against a sandbox that nobody has used. */
  const runs = async (name: string, text: (sandbox: Awaited<ReturnType<typeof create>>) => string, command: string) => {
    const file = join(folder, name)
    writeFileSync(file, text(await create()))
    const { stdout } = await run(command, [file], { env, timeout: 90_000 })
    t.diagnostic(`${name}: ${stdout.length} characters printed`)
    return stdout
  }
  const python = await preparePython()
  const [typescript, snake, shell] = await Promise.all([
    runs('script.mts', ({ id }) => texts.typescript.replaceAll(own, id), process.execPath),
    runs('script.py', ({ id }) => texts.python.replaceAll(own, id), python.program),
    runs('script.sh', ({ id, toolboxProxyUrl }) => curls(id, `${toolboxProxyUrl}/${id}`, git), 'bash'),
  ])
  for (const out of [typescript, snake]) assert.match(out, /line 1[\s\S]*line 3/)
  assert.match(shell, /hello \{name\}/)
})

/** The calls that curl can do, in one script that ends with the first that fails. */
function curls(sandboxId: string, toolbox: string, git: string): string {
  const steps = calls
    .filter(({ curl }) => curl !== null)
    .map((call) => {
      const initial = Object.entries(call.fields).map(([key, field]) => [key, field.initial])
      const values: Record<string, string> = Object.fromEntries(initial)
      return { call, values: 'url' in values ? { ...values, url: `${git}octocat/hello.git` } : values }
    })
  return `set -euo pipefail\n${program('curl', steps, { api: platform.apiUrl, toolbox, sandboxId })}`
}

test('axe finds no barrier, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
