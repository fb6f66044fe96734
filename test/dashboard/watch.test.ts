import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { openReceiver } from '../../server/src/testing/receiver.ts'
import { layGround } from '../fixtures/ground.ts'
import { openDoor, until } from '../fixtures/ssh.ts'
import { layDashboard, openLooks } from './ground.ts'

const receiver = await layGround(async (ground) => ground.use(await openReceiver()))
const { platform, browser, open } = await layDashboard(['--webhook-allow', '127.0.0.1'])
const { look, barriers } = openLooks()
const folder = mkdtempSync(join(tmpdir(), 'sandyard-watch-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const page = await open('/webhooks')
const dialog = page.getByRole('dialog')

async function make(path: string, body: object): Promise<{ id: string }> {
  const answer = await platform.call('POST', path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
  return answer.body as { id: string }
}

test('a webhook: added, tested, refused and tried again, sent once more', async () => {
  await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor()
  await page.keyboard.press('c')
  await dialog.getByLabel('URL').fill(`${receiver.url}/hook`)
  await dialog.getByLabel('Description').fill('the <b>billing</b> server')
  await dialog.getByRole('checkbox', { name: 'snapshot.created' }).check()
  await look(page, 'webhook-create')
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  const secret = await dialog.getByLabel('The secret', { exact: true }).inputValue()
  assert.match(secret, /^whsec_/)
  await look(page, 'webhook-secret')
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page.getByRole('heading', { name: 'Nothing was sent yet' }).waitFor()
  await page.getByRole('button', { name: 'Send a test' }).click()
  const row = page.getByRole('row').filter({ hasText: 'webhook.test' })
  await row.getByText('delivered', { exact: true }).waitFor()
  const [first] = receiver.received
  assert.ok(first !== undefined)
  const message = new Webhook(secret).verify(first.body, first.headers as Record<string, string>)
  assert.equal((message as { event: string }).event, 'webhook.test')

  // Gone for good: the platform turns it off, and the message has failed.
  receiver.answer = (_, response) => void response.writeHead(410).end('<i>moved away</i>')
  await page.getByRole('button', { name: 'Send a test' }).click()
  await row.getByText('failed', { exact: true }).waitFor()
  await page.getByText('turned it off: The endpoint answered 410 Gone').waitFor()
  await page.getByRole('button', { name: 'Failed', exact: true }).click()
  await row.filter({ hasText: 'failed' }).getByRole('button', { name: 'webhook.test', exact: true }).click()
  await dialog.getByText('<i>moved away</i>').waitFor()
  await look(page, 'webhook-delivery')
  await page.keyboard.press('Escape')

  receiver.answer = (_, response) => void response.writeHead(204).end()
  await page.getByRole('button', { name: 'Actions of this webhook' }).click()
  await page.getByRole('menuitem', { name: 'Turn on' }).click()
  await page.getByText('turned it off').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Send failed ones again…' }).click()
  await dialog.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('1 is sent again').waitFor()
  await page.getByRole('heading', { name: 'There is none of these' }).waitFor()
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await row.getByText('delivered', { exact: true }).nth(1).waitFor()
  await look(page, 'webhook')
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  assert.deepEqual([ids.length, ids[2]], [3, ids[1]], 'the same message, under its own id')
})

test('a secret is kept, given to a sandbox, taken and given back', async () => {
  await make('/sandbox', { name: 'box', labels: { team: 'data' } })
  await page.goto(`${platform.url}/dashboard/secrets`)
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor()
  await page.keyboard.press('c')
  await dialog.getByLabel('Name').fill('openai-prod')
  await dialog.getByLabel('Value', { exact: true }).fill('sk-quite-secret')
  await dialog.getByLabel('Hosts that get the value').fill('*')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByRole('alert').getByText('too wide').waitFor()
  await dialog.getByLabel('Hosts that get the value').fill('api.openai.com\n*.example.com')
  await look(page, 'secret-create')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('row').filter({ hasText: 'openai-prod' }).getByText('api.openai.com').waitFor()

  await page.goto(`${platform.url}/dashboard/sandboxes/box/access`)
  await page.getByRole('button', { name: 'Give a secret' }).click()
  await dialog.getByLabel('Variable').fill('OPENAI_API_KEY')
  await dialog.getByRole('combobox', { name: 'Secret' }).selectOption('openai-prod')
  await dialog.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByRole('listitem').getByText('OPENAI_API_KEY').waitFor()
  const held = async () => ((await platform.call('GET', '/sandbox/box')).body as { secrets?: object[] }).secrets
  assert.deepEqual(await held(), [{ OPENAI_API_KEY: 'openai-prod' }])
  await page.getByRole('button', { name: 'Take openai-prod from OPENAI_API_KEY' }).click()
  await page.getByText('This sandbox has none').waitFor()
  assert.equal(await held(), undefined)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('listitem').getByText('OPENAI_API_KEY').waitFor()
  assert.deepEqual(await held(), [{ OPENAI_API_KEY: 'openai-prod' }])
})

test('the command for SSH logs in, until the access is ended', async () => {
  await page.getByRole('button', { name: 'Create access' }).click()
  await dialog.getByLabel('Good for').selectOption({ label: '15 min' })
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  const sshCommand = await dialog.getByLabel('The command', { exact: true }).inputValue()
  await look(page, 'ssh')
  const token = /(\w+)@/.exec(sshCommand)?.[1] ?? ''
  const door = openDoor({ token, sshCommand, expiresAt: '' }, folder)
  const { code, stdout, stderr } = await door.ssh(['whoami'])
  assert.deepEqual([code, stdout.toString(), stderr], [0, 'daytona\n', ''])
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByText('ends in 14 min').waitFor()
  await look(page, 'access')
  await page.getByRole('button', { name: 'End', exact: true }).click()
  await page.getByText('Nobody has access by SSH now').waitFor()
  await until(async () => (await door.ssh(['true'])).code !== 0)
})

test('who loses a secret is said before it is deleted', async () => {
  await page.goto(`${platform.url}/dashboard/secrets`)
  await page.getByRole('row').filter({ hasText: 'openai-prod' }).waitFor()
  await look(page, 'secrets')
  await page.getByRole('button', { name: 'Actions of openai-prod' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog.getByRole('link', { name: 'box' }).waitFor()
  await look(page, 'secret-delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor()
})

test('what was just done is in the audit log, filtered by the address, and in the activity of the sandbox', async () => {
  await platform.call('POST', '/sandbox/box/stop')
  await platform.call('POST', '/sandbox/box/autostop/not-a-number')
  await page.goto(`${platform.url}/dashboard/audit`)
  await page.getByRole('row').filter({ hasText: 'Changed its secrets' }).first().waitFor()
  await look(page, 'audit')
  await page.getByLabel('Action').selectOption('create_ssh_access')
  await page.getByRole('row').filter({ hasText: 'Changed its secrets' }).first().waitFor({ state: 'detached' })
  const row = page.getByRole('row').filter({ hasText: 'Made an SSH token' })
  await row.waitFor()
  assert.equal(await row.count(), 1)
  assert.match(page.url(), /[?]action=create_ssh_access$/)
  await page.reload()
  await row.getByRole('button', { name: 'Made an SSH token' }).click()
  await dialog.getByText('expiresInMinutes').or(dialog.getByText('sandboxIdOrName')).first().waitFor()
  await look(page, 'audit-entry')
  await page.keyboard.press('Escape')
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const csv = readFileSync(await (await downloading).path(), 'utf8').split('\r\n')
  assert.equal(csv.length, 2)
  assert.match(csv[1] ?? '', /,create_ssh_access,sandbox,/)

  await page.goto(`${platform.url}/dashboard/sandboxes/box/activity`)
  await page.getByText('State changed from stopping to stopped').waitFor()
  await page.getByRole('button', { name: 'Made an SSH token' }).waitFor()
  await look(page, 'activity')
  await page.getByRole('button', { name: 'What happened' }).click()
  await page.getByRole('button', { name: 'Made an SSH token' }).waitFor({ state: 'detached' })
  // It goes on while somebody looks.
  await platform.call('POST', '/sandbox/box/start')
  await page.getByText('State changed from starting to started').waitFor()
})

test('nothing that axe finds, nothing wider than the page, no script that failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
