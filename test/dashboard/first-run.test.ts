import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, link } = await layDashboard()
const dist = resolve(import.meta.dirname, '../../dashboard/dist')
const password = 'a long enough password'
const { look, barriers } = openLooks()

/** All text that the shown terminal has on its screen. */
// biome-ignore lint/performance/useDomNodeTextContent: lines are told apart
const screenText = (page: Page): Promise<string> => page.locator('.screen-slot:not([hidden]) .xterm-rows').innerText()

async function untilScreen(page: Page, pattern: RegExp): Promise<void> {
  for (const deadline = Date.now() + 20_000; !pattern.test(await screenText(page)); await page.waitForTimeout(50)) {
    assert.ok(Date.now() < deadline, `not on the screen: ${pattern}\n${await screenText(page)}`)
  }
}

const opened = await browser.open({ viewport: { width: 1440, height: 900 } })
const foreign: string[] = []
const refused: string[] = []
opened.on('request', (request) => {
  const { origin, protocol } = new URL(request.url())
  if (origin !== new URL(platform.url).origin && protocol !== 'data:') foreign.push(request.url())
})
opened.on('console', (message) => {
  if (/Content Security Policy|Content-Security-Policy/.test(message.text())) refused.push(message.text())
})

test('from the printed link to the first command in a terminal', async () => {
  const page = opened
  await page.goto(link())
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor()
  assert.equal(new URL(page.url()).hash, '', 'the token is out of the address')
  await look(page, 'choose-password')
  await page.getByLabel('New password').fill(password)
  await page.getByRole('button', { name: 'Save and go on' }).click()

  await page.getByRole('heading', { name: 'No sandboxes yet' }).waitFor()
  await look(page, 'sandboxes-none')
  await page.keyboard.press('c')
  await page.getByRole('dialog').waitFor()
  await look(page, 'create')
  await page.getByLabel('Name').fill('first')
  await page.getByRole('button', { name: 'Create', exact: true }).last().click()

  await page.locator('.xterm-rows').waitFor()
  await untilScreen(page, /\$/)
  await page.keyboard.type('echo $((6 * 7)) > answer; cat answer; whoami\n')
  await untilScreen(page, /^42\s*$/m)
  await look(page, 'terminal')
})

test('a terminal goes on when the page is loaded anew, and when the platform was away', async () => {
  const page = opened
  await page.keyboard.type('sleep 1000 & echo started-$!-end\n')
  await untilScreen(page, /started-\d+-end/)
  await page.reload()
  await untilScreen(page, /started-\d+-end/)
  await page.keyboard.type('jobs\n')
  await untilScreen(page, /Running +sleep 1000/)
  const fixed = ['--port', new URL(platform.url).port]
  await platform.end('SIGKILL')
  await page.getByText('The platform cannot be reached').waitFor()
  await look(page, 'away')
  await platform.start(fixed)
  await page.getByText('The platform cannot be reached').waitFor({ state: 'detached', timeout: 30_000 })
  await page.locator('.screen-note').waitFor({ state: 'detached', timeout: 30_000 })
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('clear; echo again-$((40 + 2))\n')
  await untilScreen(page, /again-42/)
})

test('the list lives: made, stopped and deleted elsewhere, and here by choice', async () => {
  const page = opened
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
  await row('first').waitFor()
  for (const name of ['worker-1', 'worker-2']) {
    const { status } = await platform.call('POST', '/sandbox', { name, labels: { team: 'data' } })
    assert.ok(status < 300)
    await row(name).getByText('started').waitFor()
  }
  await platform.call('POST', '/sandbox/worker-1/stop')
  await row('worker-1').getByText('stopped').waitFor()
  await look(page, 'sandboxes')

  await page.keyboard.press('/')
  await page.keyboard.type('team=data')
  await row('first').waitFor({ state: 'detached' })
  await page.getByRole('checkbox', { name: 'Choose all' }).check()
  await page.getByText('2 chosen').waitFor()
  await look(page, 'chosen')
  await page.getByRole('button', { name: 'Start' }).click()
  await row('worker-1').getByText('started').waitFor()
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete…' }).click()
  await page.getByRole('dialog').getByText('are lost for ever').waitFor()
  await look(page, 'delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No sandbox fits the filter').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await row('first').waitFor()
})

test('by keys alone: rows, commands, pages', async () => {
  const page = opened
  await page.locator('[data-row="0"]').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'first', exact: true }).waitFor()
  await page.getByRole('heading', { name: 'When nobody uses it' }).waitFor()
  await look(page, 'overview')
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.getByRole('heading', { name: 'Sandboxes', exact: true }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('first')
  await look(page, 'palette')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'first', exact: true }).waitFor()
})

test('signs out, and in again by password', async () => {
  const page = opened
  await page.getByRole('button', { name: 'You and your organization' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Name').fill('sandyard-admin')
  await page.getByLabel('Password').fill('not this one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Invalid credentials').waitFor()
  await look(page, 'sign-in')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'first', exact: true }).waitFor()
})

test('a link that the OIDC sign-in ends with signs in at once, and only once', async () => {
  const { body } = await platform.call('POST', '/admin/users/sandyard-admin/login-token')
  const address = `${platform.url}/#login-token=${(body as { token: string }).token}`
  const page = await browser.open()
  await page.goto(address)
  await page.getByRole('heading', { name: 'Sandboxes', exact: true }).waitFor()
  assert.equal(page.url(), `${platform.url}/dashboard/sandboxes`)
  const late = await browser.open()
  await late.goto(address)
  await late.getByRole('alert').getByText('has been used').waitFor()
})

test('on no page axe finds a barrier, or something is wider than the page', () => {
  assert.deepEqual(barriers, [])
})

test('nothing left the platform, nothing was stopped by the policy, no script failed', () => {
  assert.deepEqual(foreign, [])
  assert.deepEqual(refused, [])
  assert.deepEqual(browser.faults, [])
})

test('the session is given to the page alone', async () => {
  const browserName = await opened.evaluate("localStorage.getItem('sandyard.browser')")
  const body = JSON.stringify({ browser: browserName })
  const ask = (headers: Record<string, string>) =>
    fetch(`${platform.url}/dashboard/session/resume`, { method: 'POST', headers, body })
  const json = { 'content-type': 'application/json' }
  const own = { ...json, origin: platform.url }
  assert.equal((await ask(json)).status, 403)
  assert.equal((await ask({ ...json, origin: 'http://elsewhere.example' })).status, 403)
  assert.equal((await ask({ origin: platform.url, 'content-type': 'text/plain' })).status, 403)
  assert.equal((await ask({ ...own, 'sec-fetch-site': 'same-site' })).status, 403)
  assert.equal((await ask(own)).status, 401)
  const [cookie] = await opened.context().cookies(`${platform.url}/dashboard/session`)
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Strict', '/dashboard/session'])
  assert.equal((await opened.context().cookies(`${platform.url}/api/sandbox`)).length, 0)
  const held = `${cookie?.name}=${cookie?.value}`
  assert.equal((await ask({ ...own, cookie: held })).status, 200)
  const tossed = `${held.slice(0, -32)}${'0'.repeat(32)}`
  assert.equal((await ask({ ...own, cookie: tossed })).status, 401, 'a session that others have put there')
  assert.equal((await fetch(`${platform.url}/api/sandbox`, { headers: { cookie: held } })).status, 401)
})

test('files of the build are kept for a year, the page is not, and it is small', async (t) => {
  const page = await fetch(`${platform.url}/dashboard/any/path`)
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /script-src 'self';/)
  const text = await page.text()
  assert.doesNotMatch(text, /<script(?![^>]*src=)/)
  const script = /src="(\/dashboard\/assets\/[^"]+\.js)"/.exec(text)?.[1]
  assert.ok(script)
  const file = await fetch(platform.url + script, { headers: { 'accept-encoding': 'gzip' } })
  assert.match(file.headers.get('cache-control') ?? '', /immutable/)
  assert.equal(file.headers.get('content-encoding'), 'gzip')
  for (const path of ['/dashboard/assets/none.js', '/dashboard/assets/..%2findex.html', '/dashboard/assets/../x.js']) {
    assert.notEqual((await fetch(platform.url + path)).headers.get('content-type'), 'text/javascript; charset=utf-8')
  }
  interface Part {
    readonly file: string
    readonly isEntry?: boolean
    readonly imports?: readonly string[]
  }
  const parts = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Record<string, Part>
  const first = new Set<string>()
  const add = (name: string): void => {
    if (first.has(name)) return
    first.add(name)
    for (const other of parts[name]?.imports ?? []) add(other)
  }
  for (const [name, part] of Object.entries(parts)) if (part.isEntry === true) add(name)
  const bytes = [...first].map((name) => gzipSync(readFileSync(join(dist, parts[name]?.file ?? ''))).length)
  const total = bytes.reduce((sum, one) => sum + one, 0)
  assert.ok(total < 300_000, `${total} bytes`)
  t.diagnostic(`first load of the sandboxes page: ${total} bytes of script, compressed`)
})
