import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { layDashboard } from './ground.ts'

const { platform, browser, open } = await layDashboard()

/** An answer of the API to somebody. */
async function call(bearer: string, method: string, path: string, { organization, body }: Ask = {}) {
  const headers: Record<string, string> = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  if (organization !== undefined) headers['x-daytona-organization-id'] = organization
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(platform.apiUrl + path, { method, headers, ...init })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as { [name: string]: string } }
}

interface Ask {
  readonly organization?: string
  readonly body?: unknown
}

/** An organization of the admin with a sandbox, and a member of it who was given nothing. */
async function makeMember() {
  const key = platform.apiKey
  const { body: team } = await call(key, 'POST', '/organizations', { body: { name: 'Team' } })
  const organization = team.id ?? ''
  const user = { id: 'bob', name: 'Bob', email: 'bob@example.com', emailVerified: true }
  await call(key, 'POST', '/admin/users', { body: user })
  const { body: link } = await call(key, 'POST', '/admin/users/bob/login-token')
  const { body: session } = await call('', 'POST', '/auth/token-login', { body: { token: link.token } })
  const { body: admin } = await call(key, 'POST', '/admin/users/sandyard-admin/login-token')
  const { body: owner } = await call('', 'POST', '/auth/token-login', { body: { token: admin.token } })
  const [bob, ofOwner] = [session.token ?? '', owner.token ?? '']
  const invitation = { email: user.email, role: 'member', assignedRoleIds: [] }
  const path = `/organizations/${organization}/invitations`
  const { body: invited } = await call(ofOwner, 'POST', path, { body: invitation })
  assert.equal((await call(bob, 'POST', `/organizations/invitations/${invited.id}/accept`)).status, 200)
  const sandbox = await call(ofOwner, 'POST', '/sandbox', { organization, body: { name: 'shared' } })
  assert.equal(sandbox.status, 200)
  return { organization, bob, ofOwner, sandboxId: sandbox.body.id ?? '' }
}

const { organization, bob, ofOwner, sandboxId } = await makeMember()
const page = await open('/account', 'bob')

/** What is offered: names of all buttons and menu items that can be pressed, and of links that look like buttons. */
async function offered(where: Page): Promise<string[]> {
  const names = await where.locator('main').locator('button:enabled, a.button').allInnerTexts()
  return names.map((name) => name.trim()).filter(Boolean)
}

/** What creates, changes or takes away; `Leave…`, a copy and a filter are open to all. */
const changing =
  /\b(create|invite|delete|remove|revoke|suspend|switch on|switch off|edit|add|rotate|upload|stop|archive|fork)\b|^new (?!organization)/i

const places = [
  ...['sandboxes', 'previews', 'playground', 'snapshots', 'registries', 'volumes', 'secrets', 'warm-pools', 'keys'],
  ...['members', 'members/invitations', 'members/roles', 'limits', 'webhooks', 'audit', 'regions', 'settings'],
  ...['settings/platform', 'settings/users', 'settings/organizations', 'account', 'onboarding'],
]
/** Where it is the member's own: keys that can do no more than their maker, calls to look at, files and processes. */
const own = /^(keys|playground|sandboxes\/[^/]+\/(?!overview).+)$/

const tabs = ['overview', 'terminal', 'files', 'processes', 'ports', 'metrics', 'network', 'activity']

/** What is wrong with a page for somebody without a right. */
async function faultsOf(tab: Page, place: string): Promise<string[]> {
  await tab.goto(`${platform.url}/dashboard/${place}`)
  await tab.locator('main h1, main h2').first().waitFor()
  if (place.startsWith('sandboxes/')) await tab.getByRole('heading', { name: 'shared', exact: true }).waitFor()
  await tab.locator('main .waiting-rows').first().waitFor({ state: 'detached' })
  const failures = await tab.locator('main .empty[role="alert"]').allInnerTexts()
  const look = async () => (own.test(place) ? [] : (await offered(tab)).filter((name) => changing.test(name)))
  // Until the rights are known a page offers all.
  let changes = await look()
  for (const deadline = Date.now() + 5000; changes.length > 0 && Date.now() < deadline; changes = await look())
    await tab.waitForTimeout(50)
  return [
    ...failures.map((failure) => `${place}: ${failure}`),
    ...(changes.length > 0 ? [`${place} offers ${changes.join(', ')}`] : []),
  ]
}

test('a member without a right finds every page whole, and is offered nothing that the API refuses', async () => {
  await page.getByRole('listitem').filter({ hasText: 'Team' }).getByText('here').waitFor()
  const waiting = [...places, ...tabs.map((tab) => `sandboxes/${sandboxId}/${tab}`)]
  const wrong: string[] = []
  const work = async (): Promise<void> => {
    const tab = await page.context().newPage()
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift())
      wrong.push(...(await faultsOf(tab, place)))
    await tab.close()
  }
  // Several at once, as somebody with many tabs does: a page waits for answers more than it works.
  await Promise.all([work(), work(), work()])
  assert.deepEqual(wrong, [])
})

test('keys do nothing there either, and a key of the own gives no more than the member may', async () => {
  for (const place of ['members', 'members/invitations?invite', 'members/roles']) {
    await page.goto(`${platform.url}/dashboard/${place}`)
    await page.locator('main h1').first().waitFor()
    await page.locator('main .waiting-rows').first().waitFor({ state: 'detached' })
    await page.keyboard.press('c')
    assert.equal(await page.locator('.dialog').count(), 0, place)
  }
  await page.goto(`${platform.url}/dashboard/keys`)
  await page.getByRole('heading', { name: 'No API keys yet' }).waitFor()
  await page.keyboard.press('c')
  await page.getByRole('radio', { name: 'See and use' }).waitFor()
  assert.equal(await page.getByRole('radio', { name: 'Run sandboxes' }).count(), 0)
  await page.getByRole('radio', { name: 'Something else' }).check()
  assert.equal(await page.getByRole('checkbox', { name: 'Delete' }).first().isDisabled(), true)
  await page.goto(`${platform.url}/dashboard/settings/users`)
  await page.waitForURL(`${platform.url}/dashboard/settings`)
})

test('what is not offered is refused by the platform too', async () => {
  const of = `/organizations/${organization}`
  const all: [string, string, unknown?][] = [
    ['POST', '/sandbox', {}],
    ['DELETE', `/sandbox/${sandboxId}`],
    ['POST', `/sandbox/${sandboxId}/stop`],
    ['POST', '/api-keys', { name: 'mine', permissions: ['write:sandboxes'] }],
    ['POST', '/snapshots', { name: 'mine', imageName: 'debian:12' }],
    ['POST', '/volumes', { name: 'mine' }],
    ['GET', '/volumes'],
    ['GET', `/audit/organizations/${organization}`],
    ['POST', `${of}/invitations`, { email: 'eve@example.com', role: 'member', assignedRoleIds: [] }],
    ['POST', `${of}/users/bob/access`, { role: 'owner', assignedRoleIds: [] }],
    ['DELETE', `${of}/users/sandyard-admin`],
    ['POST', `${of}/roles`, { name: 'Mine', permissions: [] }],
    ['DELETE', of],
    ['GET', '/admin/users'],
    ['GET', '/admin/organizations'],
    ['POST', '/admin/users/sandyard-admin/login-token'],
    ['POST', `${of}/preview-warning`, { previewWarningEnabled: false }],
    ['POST', `${of}/suspend`, { reason: 'mine' }],
  ]
  const answers: string[] = []
  for (const [method, path, body] of all) {
    const { status } = await call(bob, method, path, { organization, body })
    if (status !== 403) answers.push(`${method} ${path}: ${status}`)
  }
  assert.deepEqual(answers, [])
  assert.equal((await call(bob, 'GET', '/sandbox', { organization })).status, 200, 'what membership gives is there')
})

test('a right that is given, or taken, is there at once; who is removed is where they still are somebody', async () => {
  const member = `/organizations/${organization}/users/bob`
  const developer = '00000000-0000-0000-0000-000000000001'
  const create = page.locator('main').getByRole('button', { name: 'Create', exact: true })
  const give = async (...assignedRoleIds: string[]): Promise<void> => {
    const { status } = await call(ofOwner, 'POST', `${member}/access`, { body: { role: 'member', assignedRoleIds } })
    assert.equal(status, 200)
  }
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  await page.getByRole('link', { name: 'shared' }).waitFor()
  await create.waitFor({ state: 'detached' })
  await give(developer)
  await create.waitFor()
  await page.getByText('What you may do in Team has changed').waitFor()
  await give()
  await create.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'shared' }).click()
  await page.getByRole('heading', { name: 'shared' }).waitFor()
  assert.equal((await call(ofOwner, 'DELETE', member)).status, 204)
  await page.getByRole('heading', { name: 'This sandbox is not there' }).waitFor()
  await page.getByText(/^You are in Team no more, and work in .+ now$/).waitFor()
})

test('no script failed', () => {
  assert.deepEqual(browser.faults, [])
})
