import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { layDashboard, openLooks } from './ground.ts'

const run = promisify(execFile)
const packages = resolve(import.meta.dirname, '../../node_modules')
const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
let page: Page

/** Runs what the page shows as a person would, in a folder of its own. */
async function runShown(file: string, text: string, variables: string, command: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-first-steps-'))
  try {
    symlinkSync(packages, join(folder, 'node_modules'))
    writeFileSync(join(folder, file), text)
    const env = Object.fromEntries(
      [...variables.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    )
    const [program = '', ...args] = command
    const { stdout } = await run(program, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      timeout: 60_000,
    })
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function shown(label: string): Promise<string> {
  return (await page.getByRole('region', { name: label }).locator('pre').textContent()) ?? ''
}

test('first steps: a key, the shown programs as they stand, and the page sees their sandboxes', async () => {
  page = await open('/sandboxes')
  await page.getByRole('heading', { name: 'No sandboxes yet' }).waitFor()
  await page.getByRole('link', { name: /First steps/ }).click()
  await page.getByText('Waiting for a sandbox…').waitFor()
  await page.getByRole('button', { name: 'Create a key' }).click()
  await page.getByText('the key is shown this once').waitFor()
  const variables = await shown('The setting of your terminal')
  assert.ok(variables.includes(`DAYTONA_API_URL=${platform.apiUrl}`))
  await page.getByRole('button', { name: 'Copy: The setting of your terminal' }).click()
  await page.getByText('The setting of your terminal is in the clipboard').waitFor()

  const program = await shown('The program')
  const printed = await runShown('first.mjs', program, variables, [process.execPath, 'first.mjs'])
  assert.match(printed, /^Hello from /)
  const terminals = page.getByRole('link', { name: 'Open its terminal' })
  await terminals.waitFor()
  await look(page, 'first-steps')

  await page.getByRole('button', { name: 'curl' }).click()
  const script = `${await shown('The call that makes a sandbox')}\n${await shown('The call that runs a command')}`
  assert.match(await runShown('first.sh', script, variables, ['bash', 'first.sh']), /Linux/)
  await terminals.nth(1).waitFor()
  await page.getByRole('button', { name: 'Create another' }).click()
  await terminals.nth(2).waitFor()
  await terminals.first().click()
  await page.locator('.xterm-rows').waitFor()
})

test('the palette finds pages and commands and shows their keys; ? shows all keys', async () => {
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  await page.getByRole('row').nth(1).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('api key')
  await page.getByRole('option', { name: 'Create an API key' }).waitFor()
  await look(page, 'palette')
  await page.getByRole('option', { name: 'Create an API key' }).click()
  await page.getByRole('dialog', { name: 'Create an API key' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/dashboard/keys')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await look(page, 'keys')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('g')
  await page.keyboard.press('v')
  await page.waitForURL('**/dashboard/volumes')
})

test('a browser without the internet shows the platform that it reaches', async () => {
  await page.evaluate(`dispatchEvent(new Event('offline'))`)
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  await page.getByText('of the platform, for everybody').first().waitFor()
  await page.evaluate(`dispatchEvent(new Event('online'))`)
})

test('on a phone four places stand below, and a sheet has the rest', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  const bar = page.getByRole('navigation', { name: 'Pages' })
  assert.equal(await bar.getByRole('link').count(), 4)
  const more = bar.getByRole('button', { name: 'More' })
  await more.click()
  const sheet = page.getByRole('dialog', { name: 'All pages' })
  await sheet.waitFor()
  await look(page, 'more')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })
  assert.equal(await more.evaluate('document.activeElement.textContent.trim()'), 'More')
  await more.click()
  await sheet.getByRole('button', { name: /your organization/ }).click()
  await page.getByRole('menuitem', { name: 'Your account' }).waitFor()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await page.keyboard.press('Escape')
  await sheet.getByRole('link', { name: 'Audit log' }).click()
  await sheet.waitFor({ state: 'detached' })
  await page.waitForURL('**/dashboard/audit')
  await page.evaluate("localStorage.removeItem('sandyard.theme')")
  await page.setViewportSize({ width: 800, height: 900 })
  const rail = page.getByRole('link', { name: 'Webhooks' })
  assert.ok(((await rail.boundingBox())?.width ?? 1000) < 60)
  await page.setViewportSize({ width: 1440, height: 900 })
})

test('a suspended organization says so, and opens again by itself', async () => {
  const long = 'An organization with a name that is much longer than any side bar has room for'
  const { body } = await platform.call('POST', '/organizations', { name: long, defaultRegionId: 'us' })
  const { id } = body as { id: string }
  await page.evaluate(`localStorage.setItem('sandyard.organization', ${JSON.stringify(id)})`)
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  await page.getByRole('heading', { name: 'No sandboxes yet' }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  const { status } = await platform.call('POST', `/organizations/${id}/suspend`, { reason: 'unpaid since spring' })
  assert.ok(status < 300)
  await page.getByRole('alert').getByText('unpaid since spring').waitFor()
  await look(page, 'suspended')
  await platform.call('POST', `/organizations/${id}/unsuspend`)
  await page.getByRole('alert').waitFor({ state: 'detached' })
})

test('a session that has ended asks for the password, and the page is where it was', async () => {
  await page.keyboard.press('Escape')
  await page.goto(`${platform.url}/dashboard/volumes`)
  await page.getByRole('heading', { name: 'Volumes', exact: true }).waitFor()
  // As from another browser: this page is not asked.
  const bearer = (await page.evaluate(
    "fetch('/dashboard/session/resume', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ browser: localStorage.getItem('sandyard.browser') }) }).then((answer) => answer.json())",
  )) as { token: string }
  const headers = { authorization: `Bearer ${bearer.token}`, 'content-type': 'application/json' }
  const ended = await fetch(`${platform.apiUrl}/auth/logout`, { method: 'POST', headers, body: '{"everywhere":true}' })
  assert.ok(ended.ok)
  await page.getByText('Your session has ended').waitFor()
  assert.equal(new URL(page.url()).pathname, '/dashboard/volumes')
  await look(page, 'session-ended')
})

test('no page has a barrier, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
