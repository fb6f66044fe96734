import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Daytona } from '../../../sdk/src/index.ts'
import { startBrowser } from '../../fixtures/browser.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { noRuntimes, prepareRuntimes } from '../../fixtures/runtimes.ts'
import { answersOf, localAnswersOf, localScenario, main, scenario } from './programs.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'sandyard-sdk-package-'))
after(() => rmSync(folder, { recursive: true }))
/** A page of another origin than the platform's. */
const pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>app</title>'))
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
after(() => void pages.close())
const foreign = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
const platform = await startTestPlatform(['--api-cors', foreign])
after(() => platform.remove())

before(async () => {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/pack-sdk.mjs'), '--pack', folder])
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","version":"1.0.0","type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', stdout.trim()], { cwd: folder })
  writeFileSync(join(folder, 'scenario.js'), scenario)
  writeFileSync(join(folder, 'local.js'), localScenario)
  writeFileSync(join(folder, 'main.js'), main)
})

test('the package has no dependency and asks nothing of Node when it is loaded', () => {
  const installed = join(folder, 'node_modules/@sandyard/sdk')
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual([manifest.dependencies, manifest.private], [undefined, undefined])
  assert.doesNotMatch(readFileSync(join(installed, 'dist/index.js'), 'utf8'), /^import |from ['"]|require\(/m)
})

describe('a program uses it', { concurrency: true }, () => {
  test('of this Node', async () => {
    await inProgram(process.execPath, [], true)
  })

  const node20 = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path)) ?? ''
  const version = node20 === '' ? '' : execFileSync(node20, ['--version'], { encoding: 'utf8' })
  const skip = version.startsWith('v20.') ? false : 'no Node 20 here'
  test('of Node 20, which has no WebSocket of its own', { skip }, async () => {
    await inProgram(node20, [], false)
  })

  test('of Bun', { skip: noRuntimes }, async () => {
    const { bun } = await prepareRuntimes()
    const { versions } = await inProgram(bun, [], true)
    assert.ok(versions.bun !== undefined)
  })

  test('of Deno', { skip: noRuntimes }, async () => {
    const { deno } = await prepareRuntimes()
    // As the README has it, and here nothing may be fetched or asked.
    const flags = ['run', '--allow-net', '--allow-env', '--allow-read', '--allow-write=.', '--no-remote', '--no-prompt']
    const { versions } = await inProgram(deno, flags, true)
    assert.ok(versions.deno !== undefined)
  })
})

async function inProgram(program: string, flags: readonly string[], hasSockets: boolean) {
  // What runtimes keep of their own stays in the folder.
  const env = { ...process.env, HOME: folder, DENO_DIR: join(folder, 'deno'), BUN_INSTALL: join(folder, 'bun') }
  const args = [...flags, 'main.js', platform.apiUrl, platform.apiKey]
  const { stdout } = await run(program, args, { cwd: folder, env, timeout: 30_000 })
  const { seen, local, versions } = JSON.parse(stdout) as {
    seen: unknown[]
    local: unknown[]
    versions: Record<string, string | undefined>
  }
  assert.deepEqual(seen, answersOf({ hasSockets }))
  assert.deepEqual(local, localAnswersOf({ isBuilder: 'bun' in versions || 'deno' in versions }))
  return { versions }
}

for (const origin of ['of the platform', 'of another origin'] as const)
  test(`a page ${origin} uses it in a browser`, () => inBrowser(origin === 'of the platform' ? platform.url : foreign))

test('a page of an origin that the setting does not name is refused by its browser', async () => {
  await using browser = await startBrowser()
  const page = await browser.open()
  await page.goto(foreign.replace('127.0.0.1', 'localhost'))
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  const ask = (url: string) =>
    fetch(url).then(
      () => true,
      () => false,
    )
  // Chromium breaks off what is under way when the machine gets an interface: asked again, it tells its reason.
  const isRefused = () => complaints.some((text) => /blocked by CORS policy/.test(text))
  for (let round = 1; round <= 8 && !isRefused(); round += 1)
    assert.equal(await page.evaluate(ask, `${platform.apiUrl}/health`), false)
  assert.ok(isRefused(), complaints.join('\n'))
  await page.goto(foreign)
  let isRead = false
  for (let round = 1; round <= 8 && !isRead; round += 1) isRead = await page.evaluate(ask, `${platform.apiUrl}/health`)
  assert.ok(isRead, complaints.join('\n'))
})

async function inBrowser(origin: string): Promise<void> {
  const bundle = readFileSync(join(folder, 'node_modules/@sandyard/sdk/dist/index.js'), 'utf8')
  const daytona = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
  // Chromium breaks off what is under way when the machine gets an interface, which other tests make as they run.
  for (let round = 1; ; round += 1) {
    const name = `page-${crypto.randomUUID()}`
    await daytona.create({ name, language: 'javascript', envVars: { COLOR: 'blue' }, public: true })
    // The interface of its own sandbox is told to it late, too.
    await sleep(2000)
    await using browser = await startBrowser()
    const page = await browser.open()
    const broken: string[] = []
    page.on('requestfailed', (request) => broken.push(request.failure()?.errorText ?? ''))
    try {
      await page.goto(origin === platform.url ? `${origin}/api/health` : origin)
      const seen = await page.evaluate(
        async ([sdk, program, apiUrl, apiKey, name]) => {
          const load = (text: string) => import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))
          const { scenario } = (await load(program)) as {
            scenario: (sdk: object, config: object) => Promise<unknown[]>
          }
          return await scenario((await load(sdk)) as object, { apiUrl, apiKey, name, isMade: true })
        },
        [bundle, scenario, `${platform.url}/api`, platform.apiKey, name] as const,
      )
      assert.deepEqual(seen, answersOf({ hasSockets: true }))
      assert.deepEqual(browser.faults, [])
      return
    } catch (error) {
      if (round === 8 || !broken.includes('net::ERR_NETWORK_CHANGED')) throw error
    }
  }
}

test('its types stand alone', async () => {
  writeFileSync(
    join(folder, 'consumer.ts'),
    `import { Daytona, DaytonaError, Image, Sandyard, type Sandbox } from '@sandyard/sdk'
export async function use(): Promise<number> {
  const daytona: Sandyard = new Daytona({ apiKey: 'x', apiUrl: undefined })
  const sandbox: Sandbox = await daytona.create({ image: Image.base('debian'), resources: { cpu: 1 } }, { timeout: 0 })
  const state: 'started' | undefined = sandbox.state === 'started' ? sandbox.state : undefined
  // @ts-expect-error there is no such state
  if (sandbox.state === 'flying') return 1
  // @ts-expect-error a path is a text
  await sandbox.fs.readFile(1)
  const ports: number[] = (await sandbox.toolbox.call('getPorts')).ports
  const text: string = (await sandbox.fs.readFile('a')).toString('utf-8')
  for (const { line } of await sandbox.fs.searchFiles('a', 'b')) ports.push(line)
  if (state === undefined) throw new DaytonaError(text)
  return ports.length
}
`,
  )
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2024,dom,dom.iterable,esnext.disposable']
  const module = ['--module', 'nodenext', '--types', '', 'consumer.ts']
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const result = await run(process.execPath, [tsc, ...options, ...module], { cwd: folder }).catch((error) => error)
  assert.equal(`${result.stdout}${result.stderr}`, '')
})
