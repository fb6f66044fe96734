import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Daytona } from '../../../sdk/src/index.ts'
import { startBrowser } from '../../fixtures/browser.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

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

/**
 * What a program of any runtime does with the package; it answers what it has seen. `visit` gets a page where `fetch`
 * does not know names below localhost.
 */
const scenario = `
export async function scenario({ Daytona, DaytonaNotFoundError, Image }, { name, isMade, visit, ...config }) {
  const daytona = new Daytona(config)
  const seen = []
  const wanted = { name, language: 'javascript', envVars: { COLOR: 'blue' }, public: true }
  const sandbox = isMade ? await daytona.get(name) : await daytona.create(wanted)
  try {
    seen.push(sandbox.state, (await sandbox.process.executeCommand('echo $COLOR')).result)
    seen.push((await sandbox.process.codeRun('console.log(6 * 7)')).result)
    await sandbox.fs.uploadFile(new TextEncoder().encode('grüße TODO'), 'work/a.txt')
    await sandbox.fs.uploadFiles([{ content: 'b', path: 'work/b.txt' }])
    await sandbox.fs.uploadFileStream(new Blob(['streamed']).stream(), 'work/c.txt')
    seen.push((await sandbox.fs.readFile('work/a.txt')).toString('utf-8'))
    seen.push([...(await sandbox.fs.searchFiles('work', 'TODO'))].map(({ line }) => line).join())
    seen.push((await sandbox.fs.downloadFiles(['work/b.txt', 'work/c.txt'])).map(({ content }) => content.toString()).join())
    seen.push(await (await fetch(await sandbox.downloadUrl('work/b.txt'))).text())
    try {
      await sandbox.fs.readFile('none')
    } catch (error) {
      seen.push(error instanceof DaytonaNotFoundError, error.code)
    }
    const server = "require('node:http').createServer((_, answer) => answer.writeHead(200, { 'access-control-allow-origin': '*' }).end('a page')).listen(3000)"
    await sandbox.fs.uploadFile(new TextEncoder().encode(server), 'server.js')
    await sandbox.process.createSession('server')
    const served = await sandbox.process.executeSessionCommand('server', { command: 'node server.js', runAsync: true })
    const { url } = await daytona.previewLink({ id: sandbox.id, port: 3000, checkServer: true })
    seen.push(await (visit ?? (async (url) => await (await fetch(url)).text()))(url))
    await sandbox.process.killSessionCommand('server', served.cmdId)
    seen.push((await sandbox.process.getSessionCommandStatus('server', served.cmdId)).isRunning)
    if (globalThis.WebSocket !== undefined) {
      await sandbox.process.createSession('s')
      const { cmdId } = await sandbox.process.executeSessionCommand('s', { command: 'echo out; sleep 0.2; echo err >&2', runAsync: true })
      let log = ''
      await sandbox.process.getSessionCommandLogs('s', cmdId, (text) => { log += text }, (text) => { log += text })
      seen.push(log)
      let printed = ''
      const pty = await sandbox.process.createPty({ onData: (data) => { printed += new TextDecoder().decode(data) } })
      await pty.sendInput('echo $((40+2)); exit 3\\n')
      seen.push((await pty.wait()).exitCode, printed.includes('42'))
      seen.push((await sandbox.codeInterpreter.runCode('print(1 + 1)')).stdout)
    }
    seen.push(Image.base('debian').runCommands('true').dockerfile)
  } finally {
    await sandbox.delete()
  }
  return seen
}
`
const files = ['grüße TODO', '1', 'b,streamed', 'b', true, 'FILE_NOT_FOUND']
const beforeSockets = ['started', 'blue\n', '42\n', ...files, 'a page', false]
const ofSockets = ['out\nerr\n', 3, true, '2\n']
const last = ['FROM debian\nRUN true\n']

before(async () => {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/pack-sdk.mjs'), '--pack', folder])
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","version":"1.0.0","type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', stdout.trim()], { cwd: folder })
  writeFileSync(join(folder, 'scenario.js'), scenario)
  const main = `import * as sdk from '@sandyard/sdk'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { scenario } from './scenario.js'
const [apiUrl, apiKey] = process.argv.slice(2)
const lookup = (_, { all }, found) => (all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4))
const visit = (url) => new Promise((resolve, reject) =>
  request(url, { lookup }, (answer) => text(answer).then(resolve, reject)).once('error', reject).end())
process.stdout.write(JSON.stringify(await scenario(sdk, { apiUrl, apiKey, visit })))
`
  writeFileSync(join(folder, 'main.js'), main)
})

test('the package has no dependency and asks nothing of Node when it is loaded', () => {
  const installed = join(folder, 'node_modules/@sandyard/sdk')
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual([manifest.dependencies, manifest.private], [undefined, undefined])
  assert.doesNotMatch(readFileSync(join(installed, 'dist/index.js'), 'utf8'), /^import |from ['"]|require\(/m)
})

test('a program of this Node uses it', async () => {
  const { stdout } = await run(process.execPath, ['main.js', platform.apiUrl, platform.apiKey], { cwd: folder })
  assert.deepEqual(JSON.parse(stdout), [...beforeSockets, ...ofSockets, ...last])
})

const node20 = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path))
const version = node20 === undefined ? '' : (await run(node20, ['--version'])).stdout

test('a program of Node 20 uses it', { skip: version.startsWith('v20.') ? false : 'no Node 20 here' }, async () => {
  const { stdout } = await run(node20 ?? '', ['main.js', platform.apiUrl, platform.apiKey], { cwd: folder })
  assert.deepEqual(JSON.parse(stdout), [...beforeSockets, ...last], 'it has no WebSocket of its own')
})

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
      assert.deepEqual(seen, [...beforeSockets, ...ofSockets, ...last])
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
