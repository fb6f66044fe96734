import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestPlatform } from '../../fixtures/platform.ts'

/** What is read of a sandbox on the wire. */
export interface Sandbox {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly errorReason?: string | null
  readonly labels: Readonly<Record<string, string>>
}

/** What is read of a snapshot or a volume. */
export interface Named {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly errorReason?: string | null
}

/** All that a platform answers when it is asked what it has. */
export interface World {
  readonly sandboxes: readonly Sandbox[]
  /** without those that everybody has */
  readonly snapshots: readonly Named[]
  /** those that are not deleted */
  readonly volumes: readonly Named[]
  /** how many warm sandboxes are lacking */
  readonly lacking: number
}

/** States in which nothing is under way. */
const resting = new Set(['started', 'stopped', 'paused', 'archived', 'error', 'build_failed', 'active', 'ready'])
/** Time for all that goes on after a start, such as builds, ms. */
const patienceMs = 60_000

/** Calls the API; the answer must be good. */
export async function ask<Answer>(
  platform: TestPlatform,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const answer = await platform.call(method, path, body)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body as Answer
}

/** Runs a command and gives what it printed; it must have gone well. */
export async function execute(platform: TestPlatform, id: string, command: string): Promise<string> {
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command, timeout: 60 }),
  })
  const text = await response.text()
  assert.equal(response.status, 200, `${command}: ${text}`)
  const { exitCode, result } = JSON.parse(text) as { exitCode: number; result: string }
  assert.equal(exitCode, 0, `${command}: ${result}`)
  return result.trim()
}

/** Asks for everything. */
export async function look(platform: TestPlatform): Promise<World> {
  const { items: sandboxes } = await ask<{ items: Sandbox[] }>(
    platform,
    'GET',
    '/sandbox?limit=200&includeErroredDeleted=true',
  )
  const snapshots = await ask<{ items: (Named & { general: boolean })[] }>(platform, 'GET', '/snapshots?limit=200')
  const volumes = await ask<Named[]>(platform, 'GET', '/volumes')
  const pools = await ask<{ pool: number; currentSize: number }[]>(platform, 'GET', '/warm-pools')
  return {
    sandboxes,
    snapshots: snapshots.items.filter(({ general }) => !general),
    volumes,
    lacking: pools.reduce((sum, { pool, currentSize }) => sum + pool - currentSize, 0),
  }
}

/** Waits until nothing is under way. */
export async function quiet(platform: TestPlatform): Promise<World> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(100)) {
    const world = await look(platform)
    const all = [...world.sandboxes, ...world.snapshots, ...world.volumes]
    const moving = all.filter(({ state }) => !resting.has(state))
    if (moving.length === 0 && world.lacking === 0) return world
    assert.ok(Date.now() < deadline, `still moving: ${JSON.stringify(moving)}, ${world.lacking} warm ones lacking`)
  }
}
