import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { filesOfApp } from '../fixtures/apps.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { layDashboard, openLooks } from './ground.ts'

const git = await layGround(async (ground) => {
  const outside = await openOutside()
  ground.defer(() => outside.close())
  return await startGitOutside(outside, [{ name: 'acme/static.git', files: filesOfApp('static') }])
})
const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const repository = `${git}acme/static.git`

const page = await open('/previews')
const dialog = page.getByRole('dialog')

test('from the URL of a repository to its page: steps and their log as they go on', { timeout: 120_000 }, async () => {
  await page.getByRole('heading', { name: 'No previews yet' }).waitFor()
  await look(page, 'previews-none')
  await page.keyboard.press('c')
  await dialog.getByLabel('Repository').fill(repository)
  await dialog.getByLabel('Branch').fill('main')
  await dialog.getByText('Commands and port').click()
  await dialog
    .getByLabel('Build', { exact: true })
    .fill('echo "<b>first-$((20 + 1))</b>"; sleep 4; echo last-$((40 + 2))')
  await dialog.getByLabel('Start', { exact: true }).fill('exec python3 -m http.server "$PORT"')
  await dialog.getByLabel('Port', { exact: true }).fill('8000')
  await look(page, 'preview-start')
  await dialog.getByRole('button', { name: 'Build', exact: true }).click()

  const build = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: /^Build (running|done)/ }) })
  await build.getByText('<b>first-21</b>').waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: /^Build running/ }).waitFor()
  assert.equal(await build.getByText('last-42').count(), 0, 'it is told while it goes on')
  await look(page, 'preview-building')
  await page.getByRole('button', { name: /^Wait until it answers done/ }).waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: /^Build done/ }).click()
  await build.getByText('last-42').waitFor()
  await page.getByText('yes', { exact: true }).waitFor()
  await look(page, 'preview')

  const href = (await page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')) ?? ''
  const served = await browser.open()
  await served.goto(href)
  assert.match(await served.title(), /^Static/)
  await served.context().close()
})

test('the sandbox of a preview leads to it', async () => {
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  await page.getByRole('link', { name: 'of a preview' }).click()
  await page.waitForURL(/\/dashboard\/previews\/[\w-]+$/)
  await page.getByRole('button', { name: /^Build done/ }).waitFor()
})

test('its project: the secret of its webhooks is new, and a webhook signed with it is taken', async () => {
  await page.goto(`${platform.url}/dashboard/previews`)
  await page.getByRole('row').filter({ hasText: 'acme/static' }).getByText('ready').waitFor()
  await look(page, 'previews')
  await page.getByRole('navigation', { name: 'Previews' }).getByRole('link', { name: 'Projects' }).click()
  const actions = page.getByRole('button', { name: /^Actions of/ })
  await actions.click()
  await page.getByRole('menuitem', { name: 'Change…' }).click()
  await dialog.getByText('Git host', { exact: true }).click()
  await dialog.getByLabel('Host', { exact: true }).selectOption('gitea')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await look(page, 'projects')
  await actions.click()
  await page.getByRole('menuitem', { name: 'Webhook and its secret' }).click()
  await dialog.getByText('None has come yet').waitFor()
  await dialog.getByRole('button', { name: 'Create a new secret' }).click()
  await dialog.getByRole('button', { name: 'Yes: the old secret ends now' }).click()
  const secret = await dialog.getByLabel('The secret', { exact: true }).inputValue()
  const address = await dialog.getByLabel('The address', { exact: true }).inputValue()
  await look(page, 'project-webhook')
  await dialog.getByRole('button', { name: 'Done' }).click()

  const body = JSON.stringify({
    ref: 'refs/heads/none',
    before: 'a'.repeat(40),
    after: 'b'.repeat(40),
    repository: { clone_url: repository, html_url: repository },
  })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const { status } = await fetch(`${platform.url}${new URL(address).pathname}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-gitea-event': 'push',
      'x-gitea-delivery': 'one',
      'x-gitea-signature': signature,
    },
    body,
  })
  assert.equal(status, 200)
  await page.reload()
  await page.getByText('none has come').waitFor({ state: 'detached' })
})

test('a preview is deleted, and gone from the list', async () => {
  await page.goto(`${platform.url}/dashboard/previews`)
  await page.getByRole('button', { name: /^Actions of/ }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog.getByText('all files there are lost').waitFor()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No previews yet' }).waitFor({ timeout: 30_000 })
})

test('nothing that axe finds, nothing wider than the page, no script that failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
