import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts'
import { layGround } from '../fixtures/ground.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const root = resolve(import.meta.dirname, '../..')
const wide = { width: 1440, height: 900 }
const narrow = { width: 390, height: 844 }

/** A real platform with the dashboard of these sources, and a browser. */
export interface DashboardGround {
  readonly platform: TestPlatform
  readonly browser: TestBrowser
  /** The link that the platform has printed at its last start. */
  link(): string
  /** Opens a page below `/dashboard` for somebody who is signed in: the admin, or the user of the id. */
  open(path: string, userId?: string): Promise<Page>
}

/** Builds the dashboard and starts both; `flags` are those of `npm start`. */
export function layDashboard(flags: readonly string[] = []) {
  return layGround(async (ground): Promise<DashboardGround> => {
    execFileSync(process.execPath, [join(root, 'scripts/dashboard.mjs')])
    const platform = await startTestPlatform(flags)
    ground.defer(() => platform.remove())
    const browser = await startBrowser()
    ground.defer(() => browser[Symbol.asyncDispose]())
    return {
      platform,
      browser,
      link: () => /Dashboard +(http\S+)/.exec(platform.output())?.[1] ?? '',
      async open(path, userId = 'sandyard-admin') {
        const { body } = await platform.call('POST', `/admin/users/${userId}/login-token`)
        const page = await browser.open({ viewport: wide })
        await page.goto(`${platform.url}/dashboard/#login-token=${(body as { token: string }).token}`)
        const frame = page.getByRole('navigation', { name: 'Pages' }).first()
        await frame.waitFor({ state: 'attached' }).catch(async (error: Error) => {
          throw new Error(`Nobody is signed in. The page shows: ${await page.locator('body').textContent()}`, {
            cause: error,
          })
        })
        await page.goto(`${platform.url}/dashboard${path}`)
        return page
      },
    }
  })
}

/** What is wrong with how pages look: gathered, so that all of it is told at once. */
export interface Looks {
  /** a line for each thing that is wrong */
  readonly barriers: readonly string[]
  /**
   * Looks at the page as it is, by axe, and whether something is wider than it. Where `SANDYARD_SHOTS` names a folder, a
   * picture of it is put there: light and dark, 1440 and 390 wide; without, half of these are looked at.
   */
  look(page: Page, name: string): Promise<void>
}

/** Looks at pages for one test file. */
export function openLooks(): Looks {
  const shots = process.env.SANDYARD_SHOTS ?? null
  const barriers: string[] = []
  const all = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [wide, narrow].map((viewport) => ({ colorScheme, viewport })),
  )
  const looks = shots === null ? [all[0], all[3]].filter((one) => one !== undefined) : all
  return {
    barriers,
    async look(page, name) {
      for (const { colorScheme, viewport } of looks) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize(viewport)
        // Charts, terminals and editors draw again when their size has changed.
        await page.waitForTimeout(150)
        const where = `${name}-${colorScheme}-${viewport.width}`
        if (shots !== null) {
          mkdirSync(shots, { recursive: true })
          await page.screenshot({ path: join(shots, `${where}.png`) })
        }
        barriers.push(...(await findBarriers(page)).map((found) => `${where}: ${found}`))
        const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
        if (width > viewport.width) barriers.push(`${where}: it is ${width} wide`)
      }
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize(wide)
    },
  }
}

/** What axe finds wrong with the page as it is, a line for each element. */
async function findBarriers(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy lets no script in.
  if ((await page.evaluate('typeof axe')) === 'undefined')
    await page.evaluate(readFileSync(join(root, 'dashboard/node_modules/axe-core/axe.min.js'), 'utf8'))
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${impact}): ${html.slice(0, 200)} ${failureSummary}`),
  )
}
