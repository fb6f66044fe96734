import { setTimeout as sleep } from 'node:timers/promises'
import { Daytona, prepareOpenCodeSnapshot, setupOpenCodeServer } from '../sdk/src/index.ts'
import { type AppName, filesOfApp } from '../test/fixtures/apps.ts'
import { openOutside } from '../test/fixtures/outside.ts'
import { startGitOutside } from '../test/fixtures/outside-git.ts'
import { type OutsidePackages, startPackagesOutside } from '../test/fixtures/outside-packages.ts'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'

/** As far as is looked at here. */
interface Preview {
  readonly id: string
  readonly status: string
  readonly error: string | null
  readonly steps: readonly { name: string; state: string; startedAt: string | null; endedAt: string | null }[]
}

const apps: readonly AppName[] = ['static', 'express', 'vite-react', 'flask', 'next', 'dockerfile']
const branches = ['first', 'second']

/** Preview environments of real applications: of a branch when nothing of it is known, and then of another branch. */
export async function benchEnvironments(client: Client): Promise<void> {
  const outside = await openOutside()
  try {
    const packages = await startPackagesOutside(outside)
    const git = await startGitOutside(
      outside,
      apps.map((app) => ({ name: `bench/${app}.git`, files: filesOfApp(app), branches })),
    )
    console.log('\nPreview environments, from the call until the application answers')
    for (const app of apps) {
      for (const branch of branches) {
        const before = (await packages.counts()).bytes
        const preview = await serve(client, { repository: `${git}bench/${app}.git`, branch, env: packages.env })
        const mib = ((await packages.counts()).bytes - before) / 1024 / 1024
        const steps = preview.steps.filter(({ state }) => state === 'done').map(tellStep)
        const total = preview.steps.reduce((sum, step) => sum + secondsOf(step), 0)
        console.log(
          `  ${app.padEnd(10)} ${branch.padEnd(6)} ${total.toFixed(1)} s (${steps.join(', ')}), ${mib.toFixed(1)} MiB fetched`,
        )
      }
      for (const { id } of (await client.call('GET', '/api/previews')) as Preview[]) {
        await client.call('DELETE', `/api/previews/${id}`)
      }
    }
  } finally {
    await outside.close()
  }
}

async function serve(client: Client, body: object): Promise<Preview> {
  const { id } = (await client.call('POST', '/api/previews', body)) as Preview
  for (;;) {
    const preview = (await client.call('GET', `/api/previews/${id}`)) as Preview
    if (preview.status === 'ready') return preview
    if (preview.status === 'failed') throw new Error(preview.error ?? 'The preview failed')
    await sleep(50)
  }
}

function secondsOf({ startedAt, endedAt }: Preview['steps'][number]): number {
  return startedAt === null || endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
}

function tellStep(step: Preview['steps'][number]): string {
  return `${step.name} ${secondsOf(step).toFixed(1)}`
}

/** An OpenCode server, from the call until it answers through its preview. */
export async function benchOpenCode(platform: TestPlatform): Promise<void> {
  const outside = await openOutside()
  try {
    const { env }: OutsidePackages = await startPackagesOutside(outside)
    const client = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
    const times: string[] = []
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const beganMs = performance.now()
      const result = await work()
      times.push(`${name} ${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
      return result
    }
    const snapshot = await timed('the snapshot, once', () => prepareOpenCodeSnapshot({ client, env }))
    for (const name of ['a server', 'another']) {
      const settings = { OPENCODE_DISABLE_MODELS_FETCH: '1' }
      const server = await timed(name, () => setupOpenCodeServer({ client, snapshot, env: settings, cleanUp: false }))
      await server.close()
    }
    console.log(`\nOpenCode in a sandbox, until it answers\n  ${times.join(', ')}`)
  } finally {
    await outside.close()
  }
}
