import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { openDnsServer } from '../../server/src/testing/dns-server.ts'
import { layGround } from '../fixtures/ground.ts'
import { createInside } from '../fixtures/inside.ts'
import { layDashboard, openLooks } from './ground.ts'

/** An address of loopback that no other name server has. */
const dnsAddress = '127.77.53.2'
const dns = await layGround(async (ground) => ground.use(await openDnsServer(dnsAddress, 53)))
const { platform, browser, open } = await layDashboard(['--dns-servers', dnsAddress])
const { look, barriers } = openLooks()
const inside = await createInside(platform, { name: 'busy' })

/** Writes a word as often as it gets a line, in colours, and at last to standard error. */
const asker = `printf 'count: \\033[32mgreen\\033[0m\\n'
read -r line; echo "heard $line"; read -r line; echo "again $line" >&2; exit 7`

const page = await open(`/sandboxes/${inside.id}/processes`)
const port = page.getByRole('list', { name: 'Ports' }).getByRole('listitem').filter({ hasText: '8000' })
const field = (name: string) => page.getByRole('textbox', { name, exact: true })

const { encode } = (await import(resolve(import.meta.dirname, '../../dashboard/node_modules/uqr/dist/index.mjs'))) as {
  encode: (text: string, options: object) => { data: boolean[][] }
}

/** Which modules of the QR code are dark, by the middle of each as it is drawn. */
async function drawnModules(size: number): Promise<boolean[][]> {
  const found = await page.evaluate(`(() => {
    const path = document.querySelector('.qr-code path')
    const isDark = (x, y) => path.isPointInFill(new DOMPoint(x + 0.5, y + 0.5))
    const places = Array.from({ length: ${size} }, (_, at) => at)
    return places.map((y) => places.map((x) => isDark(x, y)))
  })()`)
  return found as boolean[][]
}

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
  await page.locator('.dialog').waitFor({ state: 'detached' })
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

test('a server is noticed, and its private preview opens without another sign-in', async () => {
  const asking = page.waitForRequest(/\/port$/)
  await page.getByRole('link', { name: 'Ports' }).click()
  const headers = (await asking).headers()
  assert.equal(headers['x-daytona-skip-last-activity-update'], 'true', 'looking keeps no sandbox awake')
  await page.getByText('Nothing listens yet').waitFor()
  await page.getByLabel('Another port').fill('8000')
  await page.getByLabel('Another port').press('Enter')
  await port.getByText('nothing answers yet').waitFor()
  await inside.write('/tmp/www/index.html', '<h1>from inside</h1>')
  await inside.serve('cd /tmp/www && python3 -m http.server 8000', 8000)
  await page.getByText('Port 8000 answers now').waitFor()
  await port.getByText('answers', { exact: true }).waitFor()
  const opening = page.context().waitForEvent('page')
  await port.getByRole('link', { name: 'Open port 8000' }).click()
  const preview = await opening
  await preview.getByRole('heading', { name: 'from inside' }).waitFor()
  assert.match(preview.url(), /^http:\/\/8000-[0-9a-f-]+\.localhost:\d+\/$/, 'nothing secret is in the address')
  await preview.close()
})

test('a shared link opens for a stranger until it is ended, and its QR code says the same', async () => {
  await port.getByRole('button', { name: 'Share port 8000' }).click()
  await page.getByRole('button', { name: 'Create the link' }).click()
  const link = await page.getByLabel('The shared link', { exact: true }).inputValue()
  const { data } = encode(link, { ecc: 'M', border: 4 })
  assert.deepEqual(await drawnModules(data.length), data)
  await look(page, 'share')
  const stranger = await browser.open()
  await stranger.goto(link)
  await stranger.getByRole('heading', { name: 'from inside' }).waitFor()
  await page.keyboard.press('Escape')
  await look(page, 'ports')
  await page.getByRole('button', { name: 'End the shared link of port 8000' }).click()
  await page.getByText('opens nothing any more').waitFor()
  const refused = await stranger.goto(link)
  assert.ok([401, 403, 404, 410].includes(refused?.status() ?? 0), `${refused?.status()}`)
  assert.equal(await stranger.getByRole('heading', { name: 'from inside' }).count(), 0)
  await stranger.close()
})

test('public and private again by undo; a domain shows the record that proves it, and is served when it is there', async () => {
  await page.getByRole('button', { name: 'Make public…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make public' }).click()
  await page.getByRole('heading', { name: 'Open to everybody' }).waitFor()
  const stranger = await browser.open()
  await stranger.goto((await inside.link(8000)).url)
  await stranger.getByRole('heading', { name: 'from inside' }).waitFor()
  await stranger.close()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Open to members alone' }).waitFor()

  await page.getByRole('button', { name: 'Attach a domain…' }).click()
  await page.getByLabel('Domain', { exact: true }).fill('app.customer.test')
  await page.getByLabel('Port', { exact: true }).fill('8000')
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  const value = await page.getByLabel('Its value', { exact: true }).inputValue()
  const { body } = await platform.call('GET', `/sandbox/${inside.id}/domains`)
  const [{ proof }] = body as [{ proof: { name: string; value: string } }]
  assert.equal(value, proof.value)
  const attached = page.getByRole('region', { name: 'app.customer.test' })
  await look(page, 'domains')
  dns.records.set(`TXT ${proof.name}`, [value])
  await attached.getByRole('button', { name: 'Check now' }).click()
  await attached.getByText('is served', { exact: true }).waitFor()
  await attached.getByRole('link', { name: 'Open' }).waitFor()
  await look(page, 'domain-served')
  await page.getByRole('button', { name: 'Detach…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Detach' }).click()
  await page.locator('.dialog').waitFor({ state: 'detached' })
  await page.getByRole('region', { name: 'app.customer.test' }).waitFor({ state: 'detached' })
})

test('on no page axe finds a barrier, or something is wider than the page, and no script failed', () => {
  assert.deepEqual(barriers, [])
  assert.deepEqual(browser.faults, [])
})
