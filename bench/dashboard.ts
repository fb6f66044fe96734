import type { Page } from 'playwright-core'
import { startBrowser } from '../test/fixtures/browser.ts'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'
import { inTurn, printFigures } from './figures.ts'

const rounds = 10
const few = 20

/** What is used of a page's own world. */
interface PageWorld {
  readonly document: { querySelectorAll(selector: string): Iterable<{ readonly textContent: string | null }> }
}

/** Waits for an element, or for one that holds a text, to the picture; a locator would look only now and then. */
async function shown(page: Page, selector: string, text = ''): Promise<void> {
  const isThere = ([wanted = '', part = '']: readonly string[]): boolean => {
    const { document } = globalThis as unknown as PageWorld
    return [...document.querySelectorAll(wanted)].some((element) => element.textContent?.includes(part))
  }
  await page.waitForFunction(isThere, [selector, text], { polling: 'raf' })
}

/** What somebody at the dashboard waits for, with 20 sandboxes in the list. */
export async function benchDashboard(platform: TestPlatform, client: Client): Promise<void> {
  const made = await Promise.all(Array.from({ length: few }, () => client.create()))
  await using browser = await startBrowser()
  const viewport = { width: 1440, height: 900 }
  const signIn = async (): Promise<Page> => {
    const { body } = await platform.call('POST', '/admin/users/sandyard-admin/login-token')
    const page = await browser.open({ viewport })
    await page.goto(`${platform.url}/dashboard/#login-token=${(body as { token: string }).token}`)
    await shown(page, '[data-row="0"]')
    return page
  }
  const page = await signIn()
  const list = async (): Promise<void> => {
    await page.getByRole('link', { name: 'Sandboxes', exact: true }).click()
    await shown(page, '[data-row="0"]')
  }
  try {
    const figures = await inTurn(rounds, {
      'loaded anew, to the list': async () => {
        await page.goto(`${platform.url}/dashboard/sandboxes`)
        await shown(page, '[data-row="0"]')
      },
      'new browser profile, signed in': async () => {
        const other = await signIn()
        await other.context().close()
      },
      'from the list to a sandbox': async () => {
        await list()
        await page.locator('[data-row="0"] .name').click()
        await shown(page, 'h2', 'When nobody uses it')
      },
      'Create pressed, to a prompt': async () => {
        await list()
        await page.keyboard.press('c')
        await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click()
        await shown(page, '.xterm-rows', '$')
        const id = new URL(page.url()).pathname.split('/')[3]
        if (id !== undefined) made.push(id)
      },
    })
    printFigures('dashboard, in Chromium', figures)
  } finally {
    for (const id of made) await platform.call('DELETE', `/sandbox/${id}`)
  }
}
