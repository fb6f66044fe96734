import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser } from '../fixtures/browser.ts'
import { layGround } from '../fixtures/ground.ts'
import { createInside } from '../fixtures/inside.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

/** Streams words to pages: each has a number, and goes on after the last one that a page has had. */
const streamServer = `
const { createServer } = require('node:http')
const open = new Set()
let count = 0
const tell = () => { count++; for (const one of open) one.write('id: ' + count + '\\\\ndata: word ' + count + '\\\\n\\\\n') }
createServer((request, response) => {
  if (request.url === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(
    '<ul id=heard></ul><script>new EventSource("/events").onmessage = ({ data }) => { heard.innerHTML += "<li>" + data }</script>')
  if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write('retry: 100\\\\ndata: after ' + (request.headers['last-event-id'] ?? 'nothing') + '\\\\n\\\\n')
    open.add(response)
    return response.once('close', () => open.delete(response))
  }
  if (request.url === '/tell') tell()
  if (request.url === '/cut') for (const one of open) one.destroy()
  response.end(String(open.size))
}).listen(4000, '127.0.0.1')
`.replaceAll('\\\\', '\\')

const account = { name: 'Ada', email: 'ada@example.com', password: 'a long enough password' }

/** Chromium on a platform that warns, with one sandbox of a person who signs in. */
const { platform, browser, inside, shots, order } = await layGround(async (ground) => {
  const started = await startTestPlatform(['--preview-warning', 'true'])
  ground.defer(() => started.remove())
  const folder = process.env.SANDYARD_SHOTS ?? mkdtempSync(join(tmpdir(), 'sandyard-shots-'))
  ground.defer(() => {
    if (process.env.SANDYARD_SHOTS === undefined) rmSync(folder, { recursive: true, force: true })
  })
  const chromium = ground.use(await startBrowser())
  assert.equal((await started.call('POST', '/admin/users', account)).status, 201)
  const signedIn = await started.call('POST', '/auth/login', { login: account.email, password: account.password })
  const { token } = signedIn.body as { token: string }
  const authorization = `Bearer ${token}`
  const listed = await fetch(`${started.apiUrl}/organizations`, { headers: { authorization } })
  const [organization] = (await listed.json()) as { id: string }[]
  const by = { authorization, 'X-Daytona-Organization-ID': organization?.id ?? '' }
  const sandbox = await createInside(started, { autoWake: true }, by)
  await sandbox.write('/tmp/stream.cjs', streamServer)
  await sandbox.run('mkdir -p /tmp/www/below && seq 200000 > /tmp/www/big.txt && echo "<p>inside" > /tmp/www/page.html')
  await sandbox.serve('cd /tmp/www && python3 -m http.server 8000', 8000)
  await sandbox.serve('node /tmp/stream.cjs', 4000)
  const order = async (verb: string): Promise<void> => {
    const answer = await fetch(`${started.apiUrl}/sandbox/${sandbox.id}/${verb}`, { method: 'POST', headers: by })
    assert.ok(answer.ok, await answer.text())
  }
  return { platform: started, browser: chromium, inside: sandbox, shots: folder, order }
})

const trusting = { extraHTTPHeaders: { 'X-Daytona-Skip-Preview-Warning': 'true' } }
const titleOf = (page: Page): Promise<string | null> => page.textContent('h1')
const show = (page: Page, name: string): Promise<unknown> => page.screenshot({ path: join(shots, `${name}.png`) })

test('the server of Python: listing, folders, pages and a download', async () => {
  const page = await browser.open(trusting)
  const url = await inside.signed(8000)
  await page.goto(url)
  await page.click('text=below/')
  assert.equal(page.url(), `${url}/below/`)
  await page.goto(`${url}/below`)
  assert.equal(page.url(), `${url}/below/`, 'it redirects within the preview')
  await page.goBack()
  await page.goto(url)
  await page.click('text=page.html')
  assert.equal(await page.textContent('p'), 'inside\n')
  const coming = page.waitForEvent('download')
  await page.evaluate("Object.assign(document.createElement('a'), { href: '/big.txt', download: '' }).click()")
  const path = await (await coming).path()
  assert.equal(readFileSync(path).length, 1_288_895)
  await page.context().close()
})

test('a stream of events: each at once, on after a cut, closed with its page', async () => {
  const page = await browser.open(trusting)
  const url = await inside.signed(4000)
  const heard = (text: string) => page.waitForFunction(`document.querySelector('#heard').innerText === '${text}'`)
  const ask = (path: string) => inside.run(`curl -s localhost:4000${path}`)
  await page.goto(url)
  await heard('after nothing')
  await ask('/tell')
  await heard('after nothing\\nword 1')
  await ask('/cut')
  await heard('after nothing\\nword 1\\nafter 1')
  await ask('/tell')
  await heard('after nothing\\nword 1\\nafter 1\\nword 2')
  assert.equal(await ask('/open'), '1')
  await page.close()
  await inside.run('for i in $(seq 100); do [ $(curl -s localhost:4000/open) = 0 ] && exit; sleep 0.05; done; exit 1')
})

test('a private preview: the warning, the sign-in with a wrong and a right password, and back', async () => {
  const page = await browser.open()
  const { url } = await inside.link(8000)
  await page.goto(`${url}/page.html`)
  assert.equal(await titleOf(page), 'Sign in to see this preview')
  assert.equal(new URL(page.url()).host, new URL(platform.url).host, 'at the platform’s own address')
  await show(page, 'sign-in')
  await page.fill('input[name=login]', account.email)
  await page.fill('input[name=password]', 'not the password')
  await page.click('button')
  assert.match((await page.textContent('.fault')) ?? '', /\w/)
  await show(page, 'sign-in-wrong')
  await page.fill('input[name=login]', account.email)
  await page.fill('input[name=password]', account.password)
  await page.click('button')
  assert.equal(await titleOf(page), 'You are about to see a preview')
  await show(page, 'warning')
  await page.click('button')
  assert.equal(page.url(), `${url}/page.html`)
  assert.equal(await page.textContent('p'), 'inside\n')
  assert.equal(await page.evaluate('document.cookie'), '', 'no script reads cookies of ours')
  const other = await inside.link(4000)
  await page.goto(`${other.url}/open`)
  assert.equal(await titleOf(page), 'You are about to see a preview', 'no second sign-in, and a warning of its own')
  await page.click('button')
  assert.equal(page.url(), `${other.url}/open`)
  await page.context().close()
})

test('nothing listens: a page with the ports that do, as links', async () => {
  const page = await browser.open(trusting)
  const { url, token } = await inside.link(8000)
  await page.goto(`${url.replace('8000-', '9-')}/?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  assert.equal(await titleOf(page), 'Nothing answers on this port')
  assert.deepEqual(await page.locator('nav a').allTextContents(), ['4000', '8000'])
  await show(page, 'nothing-listens')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 360, height: 640 })
  await show(page, 'nothing-listens-dark-small')
  assert.equal(await page.locator('nav a >> text=8000').getAttribute('href'), `//${new URL(url).host}/`)
  await page.context().close()
})

test('links that are over and sandboxes that nobody knows have a page', async () => {
  const page = await browser.open(trusting)
  const { url } = await inside.link(8000)
  for (const [name, where] of [
    ['unknown', url.replace(inside.id, '00000000-0000-4000-8000-000000000000')],
    ['bad-token', url.replace(inside.id, 'x'.repeat(16))],
  ] as const) {
    await page.goto(where)
    assert.notEqual(await titleOf(page), null)
    await show(page, name)
  }
  await page.context().close()
})

test('a stopped sandbox wakes for its visitor, on a page that goes on by itself', async () => {
  const page = await browser.open(trusting)
  const { url, token } = await inside.link(8000)
  await page.goto(`${url}/page.html?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  await order('stop')
  await page.goto(`${url}/page.html`)
  assert.match((await titleOf(page)) ?? '', /This sandbox is starting|Waiting for the program/)
  await show(page, 'waking')
  await page.locator('h1', { hasText: 'Waiting for the program' }).waitFor()
  await show(page, 'waiting')
  await inside.serve('cd /tmp/www && python3 -m http.server 8000', 8000)
  await page.locator('p', { hasText: 'inside' }).waitFor()
  assert.equal(page.url(), `${url}/page.html`)
  await page.context().close()
})

test('a sandbox that shall rest says so', async () => {
  await order('autowake/false')
  await order('stop')
  const page = await browser.open(trusting)
  const { url, token } = await inside.link(8000)
  await page.goto(`${url}/?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
  assert.equal(await titleOf(page), 'This sandbox is stopped')
  await show(page, 'stopped')
  await page.context().close()
  assert.deepEqual(browser.faults, [])
})
