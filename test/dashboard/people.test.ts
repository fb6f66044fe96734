import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Daytona } from '@daytonaio/sdk'
import type { Page } from 'playwright-core'
import { openIssuer } from '../../server/src/testing/oidc-issuer.ts'
import { layGround } from '../fixtures/ground.ts'
import { layDashboard, openLooks } from './ground.ts'

const issuer = await layGround(async (ground) => ground.use(await openIssuer()))
const { platform, browser, open } = await layDashboard(['--oidc-issuer', issuer.url, '--oidc-client-id', 'dashboard'])
const { look, barriers } = openLooks()
/** Of dialogs that are made of the same parts as others pictures are enough, when somebody wants them. */
const glance: typeof look = process.env.SANDYARD_SHOTS === undefined ? async () => undefined : look
const page = await open('/keys')
/** What the API answers to a key or a session. */
const statusOf = async (bearer: string, method: string, path: string, body?: unknown): Promise<number> => {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  return (await fetch(platform.apiUrl + path, { method, headers, ...init })).status
}
const press = (name: string, where: Page = page): Promise<void> =>
  where.getByRole('button', { name, exact: true }).last().click()
const dialog = (where: Page = page) =>
  where.getByRole('dialog', { includeHidden: false }).filter({ has: where.locator('h2') })
const row = (name: string, where: Page = page) => where.getByRole('row').filter({ hasText: name })

async function choose(of: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions of ${of}`, exact: true }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function goTo(path: string, heading: string, where: Page = page): Promise<void> {
  await where.goto(`${platform.url}/dashboard${path}`)
  await where.getByRole('heading', { name: heading, exact: true }).first().waitFor()
}

async function createKey(name: string, what: string): Promise<string> {
  await page.getByRole('heading', { name: 'API keys' }).waitFor()
  await page.keyboard.press('c')
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('radio', { name: what }).check()
  await press('Create')
  return await page.getByLabel('The key', { exact: true }).inputValue()
}

test('a key is shown once, works in calls and in a published client, and is refused when revoked', async () => {
  await row('Last used').waitFor()
  await page.keyboard.press('c')
  await page.getByRole('radio', { name: 'Something else' }).check()
  await look(page, 'key-create')
  await page.keyboard.press('Escape')
  const key = await createKey('laptop', 'Run sandboxes')
  await look(page, 'key-shown')
  assert.match(key, /^dtn_/)
  const client = new Daytona({ apiKey: key, apiUrl: platform.apiUrl })
  const sandbox = await client.create({ name: 'by-key' })
  assert.equal((await sandbox.process.executeCommand('echo $((6 * 7))')).result.trim(), '42')
  await sandbox.delete()
  await press('Done')
  await page.reload()
  await row('laptop').getByText('Sandboxes, volumes (see)').waitFor()
  await row('laptop')
    .getByText(/now|\d+ s ago/)
    .first()
    .waitFor()
  const body = (await page.locator('body').textContent()) ?? ''
  assert.ok(!body.includes(key), 'the value is shown no more')

  const weak = await createKey('look only', 'See and use')
  assert.deepEqual([await statusOf(weak, 'GET', '/sandbox'), await statusOf(weak, 'POST', '/sandbox', {})], [200, 403])
  await press('Done')
  await look(page, 'keys')
  await choose('laptop', 'Revoke…')
  await dialog().getByText('is refused at once').waitFor()
  await glance(page, 'key-revoke')
  await press('Revoke')
  await page.getByText('The key laptop works no more').waitFor()
  await row('laptop').waitFor({ state: 'detached' })
  assert.equal(await statusOf(key, 'GET', '/sandbox'), 401)
})

test('an organization, an account by link, an invitation that is accepted, rights that change', async () => {
  await goTo('/members/invitations', 'Members')
  await page.getByRole('link', { name: 'Create another one' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Acme')
  await press('Create')
  await page.getByText('You are in Acme now').waitFor()
  await page.getByRole('definition').filter({ hasText: 'shared' }).waitFor()
  await look(page, 'settings')

  await goTo('/settings/users', 'Settings')
  await page.keyboard.press('c')
  await page.getByLabel('E-mail', { exact: true }).fill('ada@example.com')
  await page.getByLabel('Name', { exact: true }).fill('Ada')
  await glance(page, 'user-create')
  await press('Create')
  const link = await page.getByLabel('The link', { exact: true }).inputValue()
  await glance(page, 'user-link')
  await press('Done')
  await row('ada@example.com').waitFor()
  await glance(page, 'users')

  await goTo('/members', 'Members')
  await page.keyboard.press('c')
  await page.getByLabel('E-mail', { exact: true }).fill('ada@example.com')
  await look(page, 'invite')
  await press('Invite')
  await dialog().getByText('You are invited to Acme').waitFor()
  await glance(page, 'invited')
  await press('Done')
  await row('ada@example.com').getByText('Developer').waitFor()

  const ada = await browser.open()
  await ada.goto(link)
  await ada.getByText('Next time you sign in as ada@example.com').waitFor()
  await ada.getByLabel('New password').fill('a long enough password')
  await press('Save and go on', ada)
  await ada.getByRole('navigation', { name: 'Pages' }).waitFor({ state: 'attached' })
  const choices = ada.getByRole('button', { name: 'you and your organization, 1 invitation' })
  await choices.waitFor()
  await glance(ada, 'invitation-told')
  await choices.click()
  await ada.getByRole('menuitem', { name: 'Your account 1 invitation' }).click()
  await ada.getByRole('heading', { name: 'Invitations for you' }).waitFor()
  await look(ada, 'account')
  await press('Accept', ada)
  await ada.getByText('work in it now').waitFor()
  await ada.getByRole('button', { name: /you and your organization$/ }).waitFor()
  await ada.getByRole('listitem').filter({ hasText: 'Acme' }).getByText('here').waitFor()

  await goTo('/members', 'Members')
  await row('Ada').getByText('Developer').waitFor()
  await choose('Ada', 'Change access…')
  await page.getByRole('radio', { name: 'Owner' }).check()
  await glance(page, 'access')
  await press('Save')
  await row('Ada').getByText('Owner').waitFor()
  await press('Undo')
  await row('Ada').getByText('Developer').waitFor()
  await look(page, 'members')
})

test('a role of the own, an invitation taken back and given again, a member removed', async () => {
  await goTo('/members/roles', 'Members')
  await page.keyboard.press('c')
  await page.getByLabel('Name', { exact: true }).fill('Reviewer')
  await page.getByRole('checkbox', { name: 'Read the audit log' }).check()
  await glance(page, 'role-create')
  await press('Create')
  await row('Reviewer').getByText('Audit log').waitFor()
  await look(page, 'roles')
  await choose('Reviewer', 'Delete…')
  await press('Delete')
  await page.getByText('The role Reviewer is deleted').waitFor()
  await row('Reviewer').waitFor({ state: 'detached' })

  await goTo('/members/invitations', 'Members')
  await page.keyboard.press('c')
  await page.getByLabel('E-mail', { exact: true }).fill('bob@example.com')
  await press('Invite')
  await press('Done')
  await glance(page, 'invitations')
  await choose('bob@example.com', 'Take back')
  await row('bob@example.com').waitFor({ state: 'detached' })
  await press('Undo')
  await row('bob@example.com').waitFor()

  await goTo('/members', 'Members')
  await choose('Ada', 'Remove…')
  await dialog().getByText('can do nothing in Acme any more').waitFor()
  await press('Remove')
  await page.getByText('Ada is no member any more').waitFor()
  await row('Ada').waitFor({ state: 'detached' })
})

test('an administrator suspends and opens; an empty organization is deleted by its name', async () => {
  await goTo('/settings/organizations', 'Settings')
  await choose('Acme', 'Suspend…')
  await page.getByLabel('Reason').fill('not paid')
  await glance(page, 'suspend')
  await press('Suspend')
  await row('Acme').getByText('not paid').waitFor()
  await look(page, 'organizations')
  await press('Undo')
  await row('Acme').getByText('open', { exact: true }).waitFor()

  await goTo('/settings', 'Settings')
  await press('Delete…')
  await glance(page, 'organization-delete')
  await page.getByLabel('Type Acme').fill('Amce')
  await press('Delete for ever')
  await dialog().getByText('to say that you mean it').waitFor()
  await page.getByLabel('Type Acme').fill('Acme')
  await press('Delete for ever')
  await page.getByText('Acme is deleted').waitFor()
  await page.getByRole('definition').filter({ hasText: 'yours alone' }).waitFor()
})

test('facts of the platform and its region', async () => {
  await goTo('/settings/platform', 'Settings')
  await page.getByText('ready', { exact: true }).waitFor()
  await look(page, 'platform')
  await goTo('/regions', 'Regions')
  await page.getByText('default', { exact: true }).waitFor()
  await glance(page, 'regions')
})

test('signs out everywhere', async () => {
  const other = await open('/account')
  await goTo('/account', 'Your account')
  await press('Sign out everywhere…')
  await press('Sign out')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await other.reload()
  await other.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('somebody signs in at the issuer and is where they wanted to be; who turns back there is told', async () => {
  const grace = await browser.open({ viewport: { width: 1440, height: 900 } })
  await goTo('/account', 'Sign in', grace)
  const atIssuer = grace.getByRole('link', { name: 'Sign in with your organization' })
  await atIssuer.click()
  await grace.getByRole('link', { name: 'Cancel' }).click()
  await grace.getByRole('alert').getByText('was not completed').waitFor()
  await look(grace, 'sign-in-issuer')
  await atIssuer.click()
  await grace.getByPlaceholder('Enter any login').fill('grace')
  await grace.getByPlaceholder('and password').fill('any')
  await press('Sign-in', grace)
  await press('Continue', grace)
  await grace.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.equal(grace.url(), `${platform.url}/dashboard/account`)
  await grace.getByText('grace@example.com').first().waitFor()
  assert.equal(await grace.getByRole('heading', { name: 'Password' }).count(), 0, 'the issuer has it')
  await glance(grace, 'account-issuer')
  await grace.goto(`${platform.url}/dashboard/sandboxes?create`)
  await dialog(grace).waitFor()
  await press('Create', grace)
  await grace.waitForURL(/\/sandboxes\/[0-9a-f-]{36}/)
  const [id = ''] = /[0-9a-f-]{36}/.exec(grace.url()) ?? []

  await grace.getByRole('button', { name: 'You and your organization' }).click()
  await grace.getByRole('menuitem', { name: 'Sign out' }).click()
  await atIssuer.waitFor()
  assert.equal((await grace.context().cookies(`${platform.url}/dashboard/session`)).length, 0)

  const preview = `http://8000-${id}.localhost:${new URL(platform.url).port}/a?b=c`
  await grace.goto(preview)
  await grace.getByRole('heading', { name: 'Sign in to see this preview' }).waitFor()
  await grace.goto(`${platform.url}/dashboard/account`)
  await atIssuer.click()
  await press('Continue', grace)
  await grace.getByRole('heading', { name: 'Your account' }).waitFor()
  await grace.context().clearCookies({ name: /preview-session/ })
  await grace.goto(preview)
  await atIssuer.click()
  await press('Continue', grace)
  await grace.getByRole('heading', { name: 'Nothing answers on this port' }).waitFor()
  assert.equal(grace.url(), preview)
})

test('axe finds no barrier, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
