import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInside } from '../fixtures/inside.ts'
import { layDashboard, openLooks } from './ground.ts'

const { platform, browser, open } = await layDashboard()
const { look, barriers } = openLooks()
const inside = await createInside(platform, { name: 'busy' })

/** Writes a word as often as it gets a line, in colours, and at last to standard error. */
const asker = `printf 'count: \\033[32mgreen\\033[0m\\n'
read -r line; echo "heard $line"; read -r line; echo "again $line" >&2; exit 7`

const page = await open(`/sandboxes/${inside.id}/processes`)
const field = (name: string) => page.getByRole('textbox', { name, exact: true })

test('a session: a live log that goes on, input, exit code, and it is found again', async () => {
  await page.getByRole('heading', { name: 'Running now' }).waitFor()
  await page.keyboard.press('c')
  await page.getByLabel('Name').fill('work')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('heading', { name: 'work', exact: true }).waitFor()
  await field('Run a command in this session').fill(asker)
  await field('Run a command in this session').press('Enter')
  const log = page.getByRole('log')
  await log.getByText('green').waitFor()
  assert.equal(await log.locator('.ansi-2').textContent(), 'green')
  await field('Input for it').fill('one')
  await field('Input for it').press('Enter')
  await log.getByText('heard one').waitFor()
  await page.reload()
  await log.getByText('heard one').waitFor()
  await look(page, 'session')
  await field('Input for it').fill('two')
  await field('Input for it').press('Enter')
  await log.getByText('again two').waitFor()
  assert.equal(await log.locator('[data-stream="stderr"]').textContent(), 'again two')
  await page.getByText('exit 7', { exact: true }).waitFor()
})

test('what runs now is listed, and ended after a question', async () => {
  await inside.run('setsid sleep 4242 > /dev/null 2>&1 < /dev/null &')
  await page.getByRole('button', { name: 'Running now' }).click()
  const row = page.getByRole('row').filter({ hasText: 'sleep 4242' })
  await row.waitFor()
  await row.getByText(/\d %/).waitFor()
  await look(page, 'processes')
  await row.getByRole('button', { name: /Actions of/ }).click()
  await page.getByRole('menuitem', { name: 'Ask to end' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Ask to end' }).click()
  await row.waitFor({ state: 'detached' })
})

test('commands one by one, with those from before; Python keeps its variables', async () => {
  await page.getByRole('button', { name: 'Run a command' }).click()
  await field('Run a command').fill('echo $((6 * 7)); exit 3')
  await field('Run a command').press('Enter')
  await page.getByText('exit 3', { exact: true }).waitFor()
  assert.equal(await page.getByRole('log').textContent(), '42')
  await field('Run a command').press('ArrowUp')
  assert.equal(await field('Run a command').inputValue(), 'echo $((6 * 7)); exit 3')
  await page.getByRole('button', { name: 'Python' }).click()
  for (const code of ['answer = 41', 'print(answer + 1)', 'nothing']) {
    await field('Run Python').fill(code)
    await field('Run Python').press('Enter')
    await page.getByRole('region', { name: code, exact: true }).locator('.state').waitFor()
  }
  await page.getByRole('log').getByText('42', { exact: true }).waitFor()
  await page.getByText('NameError', { exact: true }).waitFor()
  await look(page, 'python')
})

test('on no page axe finds a barrier, or something is wider than the page, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
