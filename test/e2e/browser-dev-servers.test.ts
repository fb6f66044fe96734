import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser } from '../fixtures/browser.ts'
import { layGround } from '../fixtures/ground.ts'
import { createInside } from '../fixtures/inside.ts'
import { packPackage } from '../fixtures/packages.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

/** Chromium, and development servers as they are, without a setting for names of hosts. */
const { platform, browser, inside } = await layGround(async (ground) => {
  const started = await startTestPlatform()
  ground.defer(() => started.remove())
  const chromium = ground.use(await startBrowser())
  return { platform: started, browser: chromium, inside: await createInside(started) }
})

const app = '/home/daytona/app'
const main = (word: string): string => `
import { word } from './word.js'
import './style.css'
window.loads = (window.loads ?? 0) + 1
const show = (text) => { document.querySelector('#word').textContent = text }
show(word)
import.meta.hot.accept('./word.js', (changed) => show(changed === undefined ? 'failed' : changed.word + ' ${word}'))
`

const color = "getComputedStyle(document.querySelector('h1')).color"

const saysSoon = (page: Page, selector: string, text: string): Promise<unknown> =>
  page.waitForFunction(`document.querySelector('${selector}')?.textContent === ${JSON.stringify(text)}`)

test('Vite: a change of a file is on the page at once, which is not loaded anew', async () => {
  await inside.write('/tmp/vite.tar', packPackage('vite'))
  await inside.run(`mkdir -p ${app}/node_modules && tar -C ${app}/node_modules -xf /tmp/vite.tar`)
  await inside.write(`${app}/index.html`, '<h1 id="word">-</h1><script type="module" src="/main.js"></script>')
  await inside.write(`${app}/main.js`, main('hot'))
  await inside.write(`${app}/word.js`, "export const word = 'one'\n")
  await inside.write(`${app}/style.css`, 'h1 { color: rgb(1, 2, 3) }\n')
  await inside.serve(`cd ${app} && node node_modules/vite/bin/vite.js --port 5173 --strictPort`, 5173)
  const page = await browser.open()
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  const url = await inside.signed(5173)
  await page.goto(url)
  await saysSoon(page, '#word', 'one')
  await page.evaluate("window.mark = 'same page'")
  await inside.write(`${app}/word.js`, "export const word = 'two'\n")
  await saysSoon(page, '#word', 'two hot')
  await inside.write(`${app}/style.css`, 'h1 { color: rgb(9, 8, 7) }\n')
  await page.waitForFunction(`${color} === 'rgb(9, 8, 7)'`)
  assert.equal(await page.evaluate('window.mark'), 'same page')
  assert.equal(new URL(sockets[0] ?? '').host, new URL(url).host)
  // A file that is not taken hot loads the page anew, by the same connection.
  await inside.write(`${app}/main.js`, main('again'))
  await page.waitForFunction('window.mark === undefined')
  await saysSoon(page, '#word', 'two')
  await inside.write(`${app}/word.js`, "import './none.js'\nexport const word = 'none'\n")
  await page.waitForSelector('vite-error-overlay', { state: 'attached' })
  await inside.write(`${app}/word.js`, "export const word = 'three'\n")
  await saysSoon(page, '#word', 'three again')
  await page.context().close()
})

test('Vite: the page finds its server again when that starts anew', async () => {
  const page = await browser.open()
  await page.goto(await inside.signed(5173))
  await saysSoon(page, '#word', 'three')
  await inside.run("pkill -f '[v]ite.js'")
  await inside.write(`${app}/word.js`, "export const word = 'four'\n")
  await inside.serve(`cd ${app} && node node_modules/vite/bin/vite.js --port 5173 --strictPort`, 5173)
  await saysSoon(page, '#word', 'four')
  await page.context().close()
})

test('a framework that streams its pages, and takes writes from its own host only', async () => {
  await inside.write('/tmp/next-like.mjs', readFileSync(join(import.meta.dirname, '../fixtures/next-like.mjs')))
  await inside.serve('node /tmp/next-like.mjs 3000', 3000)
  const page = await browser.open()
  const url = await inside.signed(3000)
  await page.goto(url, { waitUntil: 'commit' })
  await saysSoon(page, '#list', 'loading')
  await saysSoon(page, '#hot', 'built')
  await page.evaluate("fetch('/release').then((answer) => answer.text())")
  await saysSoon(page, '#list', 'first')
  await page.fill('#name', 'second')
  await page.click('button')
  await saysSoon(page, '#list', '200 0:["first","second"]')
  const part = await page.evaluate('window.navigate()')
  const vary = 'rsc, next-router-state-tree, next-router-prefetch'
  assert.deepEqual(part, ['text/x-component', vary, '0:["/","%5B%22%22%5D"]', false])
  assert.equal(await page.evaluate(color), 'rgb(1, 2, 3)')
  await page.goto(`${url}/go`, { waitUntil: 'commit' })
  assert.equal(page.url(), `${url}/`)
  // The page of another preview of the same sandbox is another origin: its write is refused by the framework.
  const other = await browser.open()
  await other.goto(await inside.signed(5173))
  const body = '------x\\r\\nContent-Disposition: form-data; name="name"\\r\\n\\r\\nthird\\r\\n------x--\\r\\n'
  const sending = `fetch('${url}/', { method: 'POST', body: '${body}', mode: 'no-cors' }).then(({ type }) => type)`
  assert.equal(await other.evaluate(sending), 'opaque', 'it was sent')
  await page.goto(url, { waitUntil: 'commit' })
  await page.evaluate("fetch('/release').then((answer) => answer.text())")
  await saysSoon(page, '#list', 'first second')
  await Promise.all([page, other].map((each) => each.context().close()))
})

test('no script of these pages has failed', () => {
  assert.deepEqual(browser.faults, [])
  assert.doesNotMatch(platform.output(), /TypeError|ReferenceError/)
})
