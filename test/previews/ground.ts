import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EnvironmentStatus, StepName, StepState } from '@sandyard/protocol'
import type { Page } from 'playwright-core'
import { type AppName, filesOfApp } from '../fixtures/apps.ts'
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts'
import type { GitServerRepository } from '../fixtures/git-server.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { type OutsidePackages, startPackagesOutside } from '../fixtures/outside-packages.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

/** A preview environment, as far as tests look at it. */
export interface PreviewState {
  readonly id: string
  readonly projectId: string
  readonly status: EnvironmentStatus
  readonly error: string | null
  readonly commit: string | null
  readonly framework: string | null
  readonly packageManager: string | null
  readonly sandboxId: string | null
  readonly port: number | null
  readonly url: string | null
  readonly notes: readonly string[]
  readonly run: number
  readonly steps: readonly {
    readonly name: StepName
    readonly state: StepState
    readonly attempts: number
    readonly startedAt: string | null
    readonly endedAt: string | null
    readonly reason: string | null
  }[]
}

/** Where previews are made: a platform, and outside of it repositories and a registry of packages. */
export interface PreviewGround {
  readonly platform: TestPlatform
  readonly browser: TestBrowser
  readonly packages: OutsidePackages
  /** base of the repositories' URLs, which their names are appended to */
  readonly git: string
  /** URL of the repository of an application */
  repository(app: AppName): string
  /** Asks for a preview of a branch; the answer is there at once. */
  preview(app: AppName, branch?: string, more?: object): Promise<PreviewState>
  read(id: string): Promise<PreviewState>
  /** What the steps of the last run have told. */
  log(id: string): Promise<string>
  /** Polls until it is as wanted; fails at once when it has come to another end. */
  until(id: string, isWanted: (preview: PreviewState) => boolean, timeoutMs?: number): Promise<PreviewState>
  /** Waits until it is ready. */
  ready(id: string, timeoutMs?: number): Promise<PreviewState>
  /** Opens it in the browser, in a profile of its own. */
  open(preview: PreviewState): Promise<Page>
}

/** How long a preview may take, unless a test says otherwise, ms. */
const patienceMs = 120_000

/** Lays the ground with a repository for each of these applications, and more that are none. */
export function layPreviewGround(
  apps: readonly AppName[],
  more: readonly GitServerRepository[] = [],
): Promise<PreviewGround> {
  return layGround(async (ground) => {
    const outside = await openOutside()
    ground.defer(() => outside.close())
    const packages = await startPackagesOutside(outside)
    const repositories = apps.map((app) => ({ name: `acme/${app}.git`, files: filesOfApp(app) }))
    const git = await startGitOutside(outside, [...repositories, ...more], ['--allow-anonymous-push'])
    const platform = await startTestPlatform()
    ground.defer(() => platform.remove())
    const browser = ground.use(await startBrowser())
    return previewGround(platform, browser, packages, git)
  })
}

function previewGround(
  platform: TestPlatform,
  browser: TestBrowser,
  packages: OutsidePackages,
  git: string,
): PreviewGround {
  const read = (id: string): Promise<PreviewState> => ask<PreviewState>(platform, 'GET', `/previews/${id}`)
  const log = async (id: string): Promise<string> => {
    const url = `${platform.apiUrl}/previews/${id}/log`
    return await (await fetch(url, { headers: { authorization: `Bearer ${platform.apiKey}` } })).text()
  }
  const repository = (app: AppName): string => `${git}acme/${app}.git`
  const until: PreviewGround['until'] = async (id, isWanted, timeoutMs = patienceMs) => {
    for (const deadline = Date.now() + timeoutMs; ; await sleep(100)) {
      const preview = await read(id)
      if (isWanted(preview)) return preview
      const isOver = preview.status === 'failed' || Date.now() > deadline
      if (isOver) assert.fail(`${JSON.stringify(preview, null, 1)}\n${(await log(id)).slice(-4000)}`)
    }
  }
  return {
    platform,
    browser,
    packages,
    git,
    repository,
    preview: (app, branch = 'main', more = {}) =>
      ask(platform, 'POST', '/previews', { repository: repository(app), branch, env: packages.env, ...more }),
    read,
    log,
    until,
    ready: (id, timeoutMs) => until(id, ({ status }) => status === 'ready', timeoutMs),
    async open({ url }) {
      const page = await browser.open()
      await page.goto(url ?? 'none', { waitUntil: 'domcontentloaded' })
      return page
    },
  }
}

/** Calls the API; throws unless it is content. */
export async function ask<Body>(platform: TestPlatform, method: string, path: string, body?: object): Promise<Body> {
  const answer = await platform.call(method, path, body)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body as Body
}

/** What a shell command in a sandbox says. */
export async function runIn(platform: TestPlatform, sandboxId: string, command: string): Promise<string> {
  const response = await fetch(`${platform.url}/toolbox/${sandboxId}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command, timeout: 60 }),
  })
  assert.equal(response.status, 200)
  return ((await response.json()) as { result: string }).result
}

/** Waits until the page shows the word: as served, and as its scripts have it. */
export async function says(page: Page, word: string, title: string): Promise<void> {
  const text = (selector: string): string => `document.querySelector('${selector}')?.textContent`
  await page.waitForFunction(`${text('#word')} === '${word}' && ${text('#alive')} === 'scripted ${word}'`)
  assert.equal(await page.title(), `${title} ${word}`)
}

/** State of a step of the last run. */
export function stepOf(preview: PreviewState, name: StepName): StepState | undefined {
  return preview.steps.find((step) => step.name === name)?.state
}

/** Ids of the sandboxes that are there. */
export async function sandboxes(platform: TestPlatform): Promise<string[]> {
  const { items } = await ask<{ items: { id: string; state: string }[] }>(platform, 'GET', '/sandbox')
  return items.filter(({ state }) => !/^destroy/.test(state)).map(({ id }) => id)
}
