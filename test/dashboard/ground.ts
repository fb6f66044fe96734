import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts'
import { layGround } from '../fixtures/ground.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const root = resolve(import.meta.dirname, '../..')

/** A real platform with the dashboard of these sources, and a browser. */
export interface DashboardGround {
  readonly platform: TestPlatform
  readonly browser: TestBrowser
  /** The link that the platform has printed at its last start. */
  link(): string
}

/** Builds the dashboard and starts both. */
export function layDashboard() {
  return layGround(async (ground): Promise<DashboardGround> => {
    execFileSync(process.execPath, [join(root, 'scripts/dashboard.mjs')])
    const platform = await startTestPlatform()
    ground.defer(() => platform.remove())
    const browser = await startBrowser()
    ground.defer(() => browser[Symbol.asyncDispose]())
    return { platform, browser, link: () => /Dashboard +(http\S+)/.exec(platform.output())?.[1] ?? '' }
  })
}

/** What axe finds wrong with the page as it is, a line for each element. */
export async function findBarriers(page: Page): Promise<string[]> {
  const axeSource = readFileSync(join(root, 'dashboard/node_modules/axe-core/axe.min.js'), 'utf8')
  // By the debugger: the page's own policy lets no script in.
  await page.evaluate(axeSource)
  const { violations } = (await page.evaluate('axe.run(document)')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${impact}): ${html.slice(0, 200)} ${failureSummary}`),
  )
}
