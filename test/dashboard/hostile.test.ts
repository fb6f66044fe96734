import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startBrowser } from '../fixtures/browser.ts'
import { createInside } from '../fixtures/inside.ts'
import { layDashboard } from './ground.ts'

const domain = 'yard.test'
const { platform, browser, open } = await layDashboard(['--preview-domain', domain])
const inside = await createInside(platform, { name: 'hostile', public: true })
const page = await open(`/sandboxes/${inside.id}/terminal`)
const home = `http://${domain}:${new URL(platform.url).port}`

/** Standing still for longer is what a program must not make the page do; machines of tests are slow. */
const longestMs = 4000

/** Fails when the page does not answer. */
async function answers(what: string): Promise<void> {
  const answered = page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0, true)))')
  assert.equal(await Promise.race([answered, delay(longestMs, false)]), true, `the page stands still: ${what}`)
}

async function openPreview(of: Page): Promise<Page> {
  const preview = await of.context().newPage()
  await preview.goto(`http://8000-${inside.id}.${domain}:${new URL(platform.url).port}/`)
  await preview.getByRole('heading', { name: 'from inside' }).waitFor()
  return preview
}

test('no order of a program makes a terminal stand still', async () => {
  const screen = page.locator('.xterm-rows')
  await screen
    .getByText(/[$#] *$/)
    .first()
    .waitFor()
  for (const order of ['2147483647b', '2147483647S', '2147483647L', '999999999I']) {
    await page.keyboard.type(`printf 'a\\033[${order}'; echo af''ter ${order}\n`)
    await delay(200)
    await answers(order)
    await screen.getByText(`after ${order}`).waitFor()
  }
  await page.keyboard.type("timeout 2 yes 'a flood of lines'; echo the e''nd\n")
  for (let at = 0; at < 4; at++) {
    await delay(500)
    await answers('a flood')
  }
  await screen.getByText('the end').waitFor()
})

test('no log makes the page stand still', async () => {
  await inside.write(
    '/tmp/log.py',
    `import sys
print('begins', flush=True); sys.stdin.readline()
for text in ('\\x1b]' * 200000, '\\x1b[1ma\\x1b[mb' * 500000, 'x' * 5000000): sys.stdout.write(text)
print('\\nends')`,
  )
  await page.goto(`${platform.url}/dashboard/sandboxes/${inside.id}/processes`)
  await page.getByRole('heading', { name: 'Running now' }).waitFor()
  await page.keyboard.press('c')
  await page.getByLabel('Name').fill('flood')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  const field = page.getByRole('textbox', { name: 'Run a command in this session', exact: true })
  await field.fill('python3 /tmp/log.py')
  await field.press('Enter')
  await page.getByRole('log').getByText('begins').waitFor()
  const input = page.getByRole('textbox', { name: 'Input for it', exact: true })
  await input.fill('go on')
  await input.press('Enter')
  for (let at = 0; at < 4; at++) {
    await delay(500)
    await answers('a log')
  }
  await page.getByRole('log').getByText('ends', { exact: true }).waitFor()
})

test('a program that listens everywhere does not make the page ask for thousands of links', async () => {
  await inside.write(
    '/tmp/listen.py',
    `import socket, time
held = [socket.create_server(('', port)) for port in range(10000, 11000)]
time.sleep(600)`,
  )
  await inside.serve('ulimit -n 4000; python3 /tmp/listen.py', 10_999)
  let asked = 0
  page.on('request', (request) => {
    if (/\/ports\/\d+\//.test(request.url())) asked += 1
  })
  await page.getByRole('link', { name: 'Ports' }).click()
  await page.getByRole('button', { name: 'Show more: 975 are left' }).waitFor()
  await answers('a thousand ports')
  assert.ok(asked <= 25, `${asked} links are asked for`)
})

test('a small file that holds a giant picture is not drawn', async () => {
  await inside.write(
    '/tmp/picture.py',
    `import os, struct, zlib
def part(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
wide, packed = 20000, zlib.compressobj()
dots = b''.join([packed.compress(b'\\0' * (wide // 8 + 1)) for _ in range(wide)] + [packed.flush()])
head = struct.pack('>IIBBBBB', wide, wide, 1, 0, 0, 0, 0)
with open(os.path.expanduser('~/giant.png'), 'wb') as file:
    file.write(b'\\x89PNG\\r\\n\\x1a\\n' + part(b'IHDR', head) + part(b'IDAT', dots) + part(b'IEND', b''))`,
  )
  await inside.run('python3 /tmp/picture.py')
  await page.getByRole('link', { name: 'Files' }).click()
  await page.getByText('giant.png').first().click()
  await page.getByRole('heading', { name: 'This picture is too large for this page' }).waitFor()
  await answers('a giant picture')
})

test('a preview in the domain of the platform reads no session, shows no page of it, and puts no other session there', async () => {
  await inside.write('/tmp/www/index.html', '<h1>from inside</h1>')
  await inside.serve('cd /tmp/www && python3 -m http.server 8000', 8000)
  const { body } = await platform.call('POST', '/admin/users/sandyard-admin/login-token')
  await using neighbour = await startBrowser([
    `--host-resolver-rules=MAP *.${domain} 127.0.0.1,MAP ${domain} 127.0.0.1,MAP * ~NOTFOUND`,
  ])
  const own = await neighbour.open()
  await own.goto(`${home}/dashboard/#login-token=${(body as { token: string }).token}`)
  await own.getByRole('navigation', { name: 'Pages' }).first().waitFor({ state: 'attached' })
  const cookie = (await own.context().cookies()).find(({ name }) => name === 'sandyard-session')
  assert.ok(cookie !== undefined)
  const preview = await openPreview(own)
  const tried = await preview.evaluate(`(async () => {
    const asked = { method: 'POST', credentials: 'include', body: '{}', headers: { 'content-type': 'application/json' } }
    const read = (path, init) => fetch('${home}' + path, { credentials: 'include', ...init }).then(() => 'read', () => 'refused')
    return [await read('/dashboard/session/resume', asked), await read('/api/users/me'), await read('/preview-sign-in')]
  })()`)
  assert.deepEqual(tried, ['refused', 'refused', 'refused'])
  await preview.evaluate(
    `document.body.append(Object.assign(document.createElement('iframe'), { src: '${home}/dashboard/' }))`,
  )
  await preview.waitForEvent('framenavigated', { predicate: (frame) => frame.url().startsWith('chrome-error:') })

  // A session beside that of the person changes nothing, and instead of it signs nobody in.
  const toss = (value: string) =>
    preview.evaluate(`void (document.cookie = 'sandyard-session=${value}; domain=${domain}; path=/dashboard/session')`)
  await toss(cookie.value.replace(/[0-9a-f]{32}$/, '0'.repeat(32)))
  await own.reload()
  await own.getByRole('navigation', { name: 'Pages' }).first().waitFor({ state: 'attached' })
  await own.context().clearCookies({ name: 'sandyard-session', domain })
  assert.equal((await own.context().cookies()).filter(({ name }) => name === 'sandyard-session').length, 1)
  await own.reload()
  await own.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('no script has failed', () => {
  assert.deepEqual(browser.faults, [])
})
