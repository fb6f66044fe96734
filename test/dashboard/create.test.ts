import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const page = await open('/sandboxes')
const dialog = page.getByRole('dialog')
const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
const act = async (name: string, action: string): Promise<void> => {
  await page.getByRole('button', { name: `Actions of ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

interface Known {
  readonly id: string
  readonly state: string
  readonly labels: Record<string, string>
  readonly env: Record<string, string>
  readonly cpu: number
  readonly autoStopInterval: number
  readonly autoDeleteInterval: number
  readonly domainAllowList?: string
  readonly autoDestroyAt?: string
}
const read = async (name: string): Promise<Known> => (await platform.call('GET', `/sandbox/${name}`)).body as Known

test('a Dockerfile is built with its log as it comes; one that fails says why, and is made again', async () => {
  await page.getByRole('heading', { name: 'No sandboxes yet' }).waitFor()
  await page.keyboard.press('c')
  await dialog.getByLabel('Name').fill('built')
  await dialog.getByText('A Dockerfile').click()
  await dialog.getByLabel('Dockerfile', { exact: true }).fill('FROM sandyard/default\nCOPY src /srv')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByRole('alert').getByText('copies src').waitFor()
  const begin = 'FROM sandyard/default\nRUN echo first-$((40 + 2)); sleep 2; echo second-$((40 + 3))'
  await dialog.getByLabel('Dockerfile', { exact: true }).fill(`${begin}; exit 7`)
  await dialog.getByText('Variables and labels').click()
  await dialog.getByRole('button', { name: 'Add a variable' }).click()
  await dialog.getByLabel('VARIABLE 1').focus()
  await page.evaluate(`{
    const clipboardData = new DataTransfer()
    clipboardData.setData('text', '# of the team\\nexport MODE="fast and  calm"\\nPORT=8080\\n')
    const pasted = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    document.activeElement.dispatchEvent(pasted)
  }`)
  assert.equal(await dialog.getByLabel('Value 2').inputValue(), '8080')
  await dialog.getByText('Network', { exact: true }).click()
  await dialog.getByLabel('It may connect to').selectOption('Only those on a list')
  await dialog.getByLabel('Domains').fill('example.com\n*.example.org')
  await look(page, 'create-dockerfile')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()

  const log = dialog.getByRole('log')
  await log.getByText('first-42', { exact: true }).waitFor()
  assert.equal(await log.getByText('second-43', { exact: true }).count(), 0, 'it is told while it is built')
  await look(page, 'create-building')
  await dialog.getByText('build failed', { exact: true }).waitFor()
  await log.getByText('second-43', { exact: true }).first().waitFor()
  await look(page, 'create-failed')
  await dialog.getByRole('button', { name: 'Change and try again' }).click()
  await dialog.getByLabel('Dockerfile', { exact: true }).fill(`${begin}; echo made >$HOME/made`)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await log.getByText('first-42', { exact: true }).waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await row('built').getByText('building').waitFor()
  await row('built').getByText('started').waitFor({ timeout: 30_000 })
  const { env, domainAllowList } = await read('built')
  assert.deepEqual([env.MODE, env.PORT, domainAllowList], ['fast and  calm', '8080', 'example.com,*.example.org'])
})

test('labels and times are changed, and shown as they are', async () => {
  await row('built').getByRole('link', { name: 'built' }).click()
  await page.getByRole('button', { name: 'Edit labels' }).click()
  await dialog.getByRole('button', { name: 'Add a label' }).click()
  await dialog.getByLabel('label 1').fill('team')
  await dialog.getByLabel('Value 1').fill('<b>data</b>')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: 'team=<b>data</b>' }).waitFor()
  assert.equal((await read('built')).labels['code-toolbox-language'], 'python', 'what clients note stays')

  await page.getByRole('button', { name: 'Edit: When nobody uses it' }).click()
  await dialog.getByLabel('after', { exact: true }).selectOption('another time…')
  await dialog.getByLabel('after, minutes').fill('42')
  await dialog.getByLabel('Once stopped, it is deleted').selectOption('1 d')
  await dialog.getByLabel('Whatever happens').selectOption('4 h')
  await look(page, 'times')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/^stops in 4[123] min$/).waitFor()
  await page.getByText(/^is deleted in [34] h$/).waitFor()
  const { autoStopInterval, autoDeleteInterval, autoDestroyAt } = await read('built')
  assert.deepEqual([autoStopInterval, autoDeleteInterval, autoDestroyAt !== undefined], [42, 1440, true])
  await page.getByText('Dockerfile and log of its build').click()
  await page.getByRole('log').getByText('second-43', { exact: true }).waitFor()
  await look(page, 'overview-built')
})

test('forked, resized, saved as a snapshot, stopped and begun again by undo', async () => {
  await page.getByRole('button', { name: 'Fork…' }).click()
  await dialog.getByLabel('Name of the fork').fill('twin')
  await dialog.getByRole('button', { name: 'Fork' }).click()
  await page.getByRole('heading', { name: 'twin' }).waitFor()
  await act('twin', 'Resize…')
  await dialog.getByLabel('CPU').fill('2')
  await look(page, 'resize')
  await dialog.getByRole('button', { name: 'Resize' }).click()
  await page.getByText('twin has a new size').waitFor()
  assert.equal((await read('twin')).cpu, 2)
  await act('twin', 'Create a snapshot…')
  await dialog.getByLabel('Name of the snapshot').fill('of-twin')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByText(/^Snapshot of-twin is/).waitFor()
  await page.locator('.page-head').getByText('started').waitFor()

  await page.getByRole('button', { name: 'Stop' }).click()
  await page.locator('.page-head').getByText('stopped').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.locator('.page-head').getByText('started').waitFor()
})

test('the list is filtered by its address, shows chosen columns, and acts on many', async () => {
  const { status } = await platform.call('POST', '/sandbox', { name: 'other', labels: { team: 'web' } })
  assert.ok(status < 300)
  await page.goto(`${platform.url}/dashboard/sandboxes?label=team%3Dweb`)
  await row('other').waitFor()
  assert.equal(await row('twin').count(), 0)
  await page.getByRole('button', { name: 'Remove the filter Label' }).click()
  await row('twin').waitFor()
  await page.waitForURL(({ search }) => search === '')
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByLabel('Snapshot', { exact: true }).selectOption({ index: 1 })
  await row('twin').waitFor({ state: 'detached' })
  await page.waitForURL(/snapshot=/)
  await look(page, 'filter')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Remove the filter Snapshot' }).click()
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Previews' }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('columnheader', { name: 'Previews' }).waitFor()

  // A stop would lose it: it is only deleted, after a question.
  const asked = { name: 'fleeting', autoDeleteInterval: 0 }
  assert.equal((await platform.call('POST', '/sandbox', asked)).status, 200)
  await row('fleeting').getByText('started').waitFor()
  await row('fleeting').getByText('is deleted in').waitFor()
  await page.getByRole('checkbox', { name: 'Choose all' }).check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Pause' }).click()
  await page.getByText('4 sandboxes paused').waitFor()
  await row('fleeting').getByText('paused').waitFor()
  await page.getByRole('button', { name: 'Undo' }).first().click()
  await row('fleeting').getByText('started').waitFor()
  await page.getByRole('toolbar').getByRole('button', { name: 'Stop' }).click()
  await page.getByText('3 sandboxes stopped').waitFor()
  await act('fleeting', 'Stop and delete…')
  await dialog.getByText('are lost for ever').waitFor()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.locator('.dialog').waitFor({ state: 'detached' })
  await row('fleeting').waitFor({ state: 'detached' })
  await row('built').getByText('holds its disk').waitFor()
  await look(page, 'sandboxes-stopped')
  await page.getByRole('toolbar').getByRole('button', { name: 'Archive' }).click()
  await row('other').getByText('archived', { exact: true }).waitFor({ timeout: 30_000 })
  const archives = join(platform.data, 'archives')
  renameSync(archives, `${archives}-away`)
  await act('other', 'Start')
  await row('other').getByText('is missing or damaged').waitFor()
  renameSync(`${archives}-away`, archives)
  await row('other').getByRole('link', { name: 'other' }).click()
  await page.getByRole('link', { name: 'Terminal' }).click()
  await page.getByRole('heading', { name: 'The sandbox has failed' }).waitFor()
  await look(page, 'failed')
  await page.locator('.empty').getByRole('button', { name: 'Recover' }).click()
  await page.locator('.xterm-rows').waitFor()
  await page.goto(`${platform.url}/dashboard/sandboxes`)
  await act('other', 'Delete…')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.locator('.dialog').waitFor({ state: 'detached' })
  await row('other').waitFor({ state: 'detached' })
})

test('on no page axe finds a barrier, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
