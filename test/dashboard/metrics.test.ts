import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, open } = await layDashboard([
  ...['--sample-interval', '1'],
  ...['--quota-cpu', '2', '--quota-memory', '8', '--rate-limit-authenticated', '100000/60'],
])
const { look, barriers } = openLooks()

/** Made through the API; gives its id. */
async function create(body: object): Promise<string> {
  const { status, body: made } = await platform.call('POST', '/sandbox', body)
  assert.ok(status < 300, JSON.stringify(made))
  return (made as { id: string }).id
}

/** Runs a line of shell in a sandbox. */
async function run(id: string, line: string): Promise<void> {
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command: line, timeout: 30 }),
  })
  assert.equal(response.status, 200, await response.text())
}

const id = await create({ name: 'busy', autoStopInterval: 0 })

test('what programs use is seen in the charts, and in the table', async () => {
  await run(id, 'sleep 1.5; timeout 2.5 yes > /dev/null; head -c 30000000 /dev/urandom > big; sync; sleep 1')
  const page = await open(`/sandboxes/${id}/metrics`)
  const cpu = page.getByRole('slider', { name: 'CPU over time' })
  await cpu.waitFor()
  await page.getByText('Live, one value each 1 s').waitFor()
  await page.waitForTimeout(300)
  assert.equal(await page.locator('.time-chart canvas').count(), 4)
  await look(page, 'metrics')

  const told = async (): Promise<string> => (await cpu.getAttribute('aria-valuetext')) ?? ''
  const last = await told()
  await cpu.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  const early = await told()
  assert.notEqual(early, last)
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'As a table' }).click()
  const table = page.getByRole('region', { name: 'What was measured' })
  await table.waitFor()
  const column = async (name: string): Promise<number[]> => {
    const texts = await table.locator(`td[data-name="${name}"]`).allInnerTexts()
    return texts.map((text) => Number.parseFloat(text)).filter((value) => !Number.isNaN(value))
  }
  const used = await column('CPU')
  assert.ok(Math.max(...used) > 8, `the CPU was at work: ${used.join(' ')}`)
  assert.ok(Math.min(...used) < 3, `and it rested: ${used.join(' ')}`)
  const disks = await table.locator('td[data-name="Disk"]').allInnerTexts()
  assert.ok(
    disks.some((text) => /^(28|29|3\d)(\.\d)? MiB$/.test(text)),
    `the file is on the disk: ${disks.join(', ')}`,
  )
  await look(page, 'metrics-table')
  const before = await table.locator('tbody tr').count()
  for (const deadline = Date.now() + 15_000; (await table.locator('tbody tr').count()) <= before; ) {
    assert.ok(Date.now() < deadline, 'new values come by themselves')
    await page.waitForTimeout(100)
  }
  await page.close()
})

test('the network is closed, what was refused is told, and is let in', async () => {
  const page = await open(`/sandboxes/${id}/network`)
  await page.getByText('Everything public is open. Choose rules').waitFor()
  await page.getByRole('radio', { name: /^Only what is listed/ }).check()
  await page.getByText('List an address or a name, or choose Nothing.').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'an empty list would open everything')
  await page.getByRole('radio', { name: /^Nothing/ }).check()
  await page.getByText('All open connections to the outside are cut at once.').waitFor()
  await look(page, 'network-changed')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The network rules hold now').waitFor()
  await page.getByText('What its programs try and may not').waitFor()

  // Once, and before it is allowed: nothing is sent out of this machine.
  await run(id, 'timeout 0.5 bash -c "exec 3<>/dev/tcp/203.0.113.77/443" 2> /dev/null; true')
  const row = page.getByRole('row').filter({ hasText: '203.0.113.77:443' })
  await row.waitFor()
  await look(page, 'network-refused')
  await row.getByRole('button', { name: 'Allow this: 203.0.113.77' }).click()
  await row.getByText('allowed since').waitFor()
  assert.equal(await page.getByLabel('Addresses, 10 at most').inputValue(), '203.0.113.77/32')
  const settings = async () => {
    const { networkBlockAll, networkAllowList } = (await platform.call('GET', `/sandbox/${id}`)).body as Record<
      string,
      unknown
    >
    return { networkBlockAll, networkAllowList }
  }
  assert.deepEqual(await settings(), { networkBlockAll: false, networkAllowList: '203.0.113.77/32' })
  await page.locator('.toast', { hasText: '203.0.113.77' }).getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('radio', { name: /^Nothing/, checked: true }).waitFor()
  assert.deepEqual(await settings(), { networkBlockAll: true, networkAllowList: undefined })
  await page.close()
})

test('limits: what a sandbox takes, a limit that is reached, and one that is raised', async () => {
  const page = await open('/limits')
  await page.getByText('1 of 2 cores').waitFor()
  await page.getByRole('list').getByRole('link', { name: 'busy' }).waitFor()
  await page.getByText(/^Calls of the API: 99,\d{3} of 100,000 are left/).waitFor()
  const second = await create({ name: 'second' })
  await page.getByText('2 of 2 cores').waitFor()
  await page.getByText('CPU: nothing is left.').waitFor()
  await page.getByRole('slider', { name: 'CPU over time' }).waitFor()
  await page.waitForTimeout(300)
  await look(page, 'limits')

  await page.getByRole('button', { name: 'Change limits…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Limits of/ })
  assert.equal(await dialog.getByLabel('CPU of all, cores').inputValue(), '2')
  await look(page, 'limits-change')
  await dialog.getByLabel('CPU of all, cores').fill('8')
  await dialog.getByLabel('Volumes').fill('5')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('2 of 8 cores').waitFor()
  await page.getByText('0 of 5').waitFor()
  await platform.call('POST', `/sandbox/${second}/stop`)
  await page.getByText('1 of 8 cores').waitFor()

  await page.getByRole('button', { name: 'Table' }).click()
  const today = page.locator('.usage-days tbody tr').first()
  assert.equal(await page.locator('.usage-days tbody tr').count(), 7)
  const [, cpu, memory] = (await today.locator('td').allInnerTexts()).map(Number.parseFloat)
  assert.ok(cpu !== undefined && cpu > 0 && cpu < 1, `${cpu} core-hours`)
  assert.ok(memory !== undefined && memory > 0 && memory < 1, `${memory} GiB-hours`)
  await page.getByRole('list').getByRole('link', { name: 'busy' }).click()
  await page.getByRole('heading', { name: 'busy' }).waitFor()
  await page.close()
})

test('axe finds no barrier, nothing is wider than the page, no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
