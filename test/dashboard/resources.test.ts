import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const page = await open('/snapshots')
page.setDefaultTimeout(20_000)

const row = (name: string) => page.getByRole('row').filter({ hasText: name })
const dialog = page.getByRole('dialog')
const toast = (text: string) => page.locator('.toast').filter({ hasText: text })
const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
const goTo = (path: string) => page.goto(`${platform.url}/dashboard${path}`)

async function choose(of: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions of ${of}`, exact: true }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function stateOf(path: string): Promise<unknown> {
  const { status, body } = await platform.call('GET', path)
  return status === 200 ? (body as { state: string }).state : status
}

test('a snapshot of a Dockerfile: its log while it is built, what it is, how it is used', async () => {
  await row('for everybody').getByText('active').waitFor()
  await page.keyboard.press('c')
  await dialog.getByRole('button', { name: 'A Dockerfile' }).click()
  await dialog.getByLabel('Name').fill('tools:1')
  await dialog
    .getByLabel('Dockerfile', { exact: true })
    .fill('FROM sandyard/default\nRUN echo first-$((40 + 2)); sleep 3; echo second-$((50 + 2))\n')
  await look(page, 'snapshot-create')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const log = page.getByRole('log', { name: 'Log of the build' })
  await log.getByText('first-42').waitFor()
  assert.equal(await stateOf('/snapshots/tools:1'), 'building', 'the log came while it was built')
  await log.getByText('second-52').waitFor()
  await page.getByText(`snapshot: "tools:1"`).waitFor()
  await page.locator('.state').getByText('active').waitFor()
  assert.equal(
    await page.getByRole('link', { name: 'Create a sandbox' }).getAttribute('href'),
    '/dashboard/sandboxes?create&snapshot=tools%3A1',
  )
  await look(page, 'snapshot')
  await page.reload()
  await log.getByText('first-42').waitFor()
})

test('a build that fails says why and keeps its log; it is deleted', async () => {
  const buildInfo = { dockerfileContent: 'FROM sandyard/default\nRUN echo before the fall; exit 3\n' }
  await goTo('/snapshots')
  await row('tools:1').waitFor()
  await platform.call('POST', '/snapshots', { name: 'broken', buildInfo })
  await row('broken').getByText('build failed').waitFor()
  await page.getByRole('link', { name: 'broken' }).click()
  await page.getByRole('log').getByText('before the fall').waitFor()
  await page.getByRole('alert').waitFor()
  await look(page, 'snapshot-failed')
  await press('Delete…')
  await dialog.getByText('No sandbox can be made from it any more').waitFor()
  await look(page, 'snapshot-delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await row('tools:1').waitFor()
  await row('broken').waitFor({ state: 'detached' })
  assert.equal(await stateOf('/snapshots/broken'), 404)
})

test('snapshots are deactivated, and active again by undo; several at once', async () => {
  await platform.call('POST', '/snapshots', { name: 'other', imageName: 'sandyard/default' })
  await row('other').getByText('active').waitFor()
  await choose('tools:1', 'Deactivate')
  await row('tools:1').getByText('inactive').waitFor()
  await look(page, 'snapshots')
  await toast('tools:1 deactivated').getByRole('button', { name: 'Undo' }).click()
  await row('tools:1').getByText('active', { exact: true }).waitFor()
  await toast('tools:1 deactivated').waitFor({ state: 'detached' })
  assert.equal(await stateOf('/snapshots/tools:1'), 'active')

  await page.getByRole('checkbox', { name: 'Choose all' }).check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Deactivate' }).click()
  await row('other').getByText('inactive').waitFor()
  await look(page, 'snapshots-chosen')
  await page.getByRole('toolbar').getByRole('button', { name: 'Activate', exact: true }).click()
  await toast('2 snapshots activated').waitFor()
  assert.equal(await stateOf('/snapshots/other'), 'active')
})

test('a warm pool gets ready, changes its size, and comes back by undo', async () => {
  await goTo('/warm-pools')
  await page.getByRole('heading', { name: 'No warm pools yet' }).waitFor()
  await page.keyboard.press('c')
  await dialog.getByLabel('Snapshot').selectOption('tools:1')
  await dialog.getByLabel('How many').fill('1')
  await dialog.getByText('Holds up to 1 GiB').waitFor()
  await look(page, 'warm-pool-create')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await row('tools:1').getByText('1 of 1').waitFor()
  await row('tools:1').getByText('ready', { exact: true }).waitFor()
  await look(page, 'warm-pools')
  await choose('the pool of tools:1', 'Change size')
  await dialog.getByLabel('How many').fill('0')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row('tools:1').getByText('0 of 0').waitFor()
  await choose('the pool of tools:1', 'Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await toast('Warm pool of tools:1 deleted').getByRole('button', { name: 'Undo' }).click()
  await row('tools:1').waitFor()
  const pools = (await platform.call('GET', '/warm-pools')).body as { id: string }[]
  assert.equal(pools.length, 1)
  await platform.call('DELETE', `/warm-pools/${pools[0]?.id}`)
})

test('a volume: made, shown how to use, refused while it is mounted, deleted', async () => {
  await goTo('/volumes')
  await page.getByRole('heading', { name: 'No volumes yet' }).waitFor()
  await look(page, 'volumes-none')
  await page.keyboard.press('c')
  await dialog.getByLabel('Name').fill('models & "data"')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const volume = row('models & "data"')
  await volume.getByText('ready').waitFor()
  await choose('models & "data"', 'How to use it')
  await dialog.getByText(String.raw`volume.get("models & \"data\"")`).waitFor()
  await look(page, 'volume-use')
  await press('Close')
  const [{ id }] = (await platform.call('GET', '/volumes')).body as [{ id: string }]
  const { body } = await platform.call('POST', '/sandbox', {
    name: 'uses-it',
    volumes: [{ volumeId: id, mountPath: '/data' }],
  })
  assert.ok((body as { id?: string }).id)
  await volume.getByText('never').waitFor({ state: 'detached' })
  await look(page, 'volumes')
  await choose('models & "data"', 'Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await dialog.getByText('in use by').waitFor()
  await platform.call('DELETE', '/sandbox/uses-it')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No volumes yet' }).waitFor()
  assert.deepEqual((await platform.call('GET', '/volumes')).body, [])
})

test('a registry is added and edited; its password stays and is not shown', async () => {
  await goTo('/registries')
  await page.getByRole('heading', { name: 'No registries yet' }).waitFor()
  await page.keyboard.press('c')
  assert.equal(await dialog.getByLabel('Address').inputValue(), 'docker.io')
  await dialog.getByLabel('Provider').selectOption('Another one')
  await dialog.getByLabel('Name').fill('Ours')
  await dialog.getByLabel('Address').fill('registry.example:5000')
  await dialog.getByLabel('User').fill('puller')
  await dialog.getByLabel('Password').fill('not to be seen')
  await look(page, 'registry-add')
  await dialog.getByRole('button', { name: 'Add' }).click()
  await row('Ours').getByText('registry.example:5000').waitFor()
  await choose('Ours', 'Edit')
  assert.equal(await dialog.getByLabel('Password').inputValue(), '')
  await dialog.getByLabel('User').fill('reader')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row('Ours').getByText('reader').waitFor()
  await look(page, 'registries')
  await choose('Ours', 'Delete')
  await dialog.getByText('forgets the password').waitFor()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No registries yet' }).waitFor()
  assert.deepEqual((await platform.call('GET', '/docker-registry')).body, [])
})

test('forks are seen as a tree, as they come and change; a disk is saved', async () => {
  const { body } = await platform.call('POST', '/sandbox', { name: 'root' })
  const { id } = body as { id: string }
  await goTo(`/sandboxes/${id}/tree`)
  await page.getByText('It was not forked').waitFor()
  await press('Fork…')
  await dialog.getByLabel('Name').fill('branch')
  await dialog.getByRole('button', { name: 'Fork' }).click()
  const tree = page.getByRole('region', { name: 'Tree of forks' })
  await tree.getByRole('link', { name: 'branch' }).waitFor()
  await platform.call('POST', '/sandbox/branch/fork', { name: 'twig' })
  await tree.getByRole('link', { name: 'twig' }).waitFor()
  await platform.call('POST', '/sandbox/root/fork', { name: 'second' })
  await platform.call('POST', '/sandbox/branch/stop')
  await tree.locator('.relative').filter({ hasText: 'branch' }).getByText('stopped').waitFor()

  await press('Make a snapshot…')
  await dialog.getByLabel('Name').fill('saved')
  await dialog.getByRole('button', { name: 'Make it' }).click()
  const saved = page.getByRole('list', { name: 'Snapshots of this sandbox' })
  await saved.getByText('active').waitFor()
  await look(page, 'tree')
  await tree.getByRole('link', { name: 'twig' }).click()
  await page.getByRole('heading', { name: 'twig' }).waitFor()
  await tree.locator('.relative', { hasText: 'this one' }).getByText('twig').waitFor()
  const names = await tree.locator('.relative > :first-child').allTextContents()
  assert.deepEqual(names, ['root', 'branch', 'twig', 'second'])
})

test('on no page axe finds a barrier, or something is wider than the page; no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
