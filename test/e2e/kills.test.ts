import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRegistry } from '../../engine/src/local/images/registry.fixture.ts'
import { hostState } from '../fixtures/host-state.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { createRandom } from '../fixtures/random.ts'
import { actsOf, assertSnapshotWhole, assertWhole, type Holds, layGround, putKeeping } from './kills/acts.ts'
import { assertNoLitter } from './kills/litter.ts'
import { ask, quiet, type Sandbox, type World } from './kills/world.ts'

/** How often everything is under way and the platform is killed; more to look for a fault. */
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 2)
/** No round begins after this time, unless their number was told, ms. */
const enoughMs = process.env.SANDYARD_CRASH_ROUNDS === undefined ? 90_000 : Number.POSITIVE_INFINITY
const seed = Number(process.env.SANDYARD_CRASH_SEED ?? Date.now() % 1_000_000)

const registry = await startRegistry()
after(() => registry.close())
const platform = await startTestPlatform(['--insecure-registries', registry.name, '--volume-size', '1'])
after(async () => {
  const { index } = platform
  await platform.remove()
  const { loops: _, ...rest } = hostState(index)
  assert.deepEqual(Object.values(rest).flat(), [], 'reset leaves nothing on the host')
})

/** Resolves when the sandbox has come to the state. */
async function until(id: string, state: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; await sleep(50)) {
    const sandbox = await ask<Sandbox>(platform, 'GET', `/sandbox/${id}`)
    if (sandbox.state === state) return
    assert.ok(Date.now() < deadline, `${id} is ${sandbox.state}, not ${state}`)
  }
}

async function kill(): Promise<void> {
  await platform.end('SIGKILL')
  await platform.start()
}

test(`kill -9 with everything under way, seed ${seed}: what was acknowledged is whole, and nothing is left half-made`, {
  timeout: 240_000 + rounds * 60_000,
}, async (context) => {
  const random = createRandom(seed)
  const began = performance.now()
  await ask(platform, 'POST', '/warm-pools', { snapshot: 'default', pool: 3 })
  for (let round = 0; round < rounds && performance.now() - began < enoughMs; round++) {
    const ground = await layGround(platform, round, until)
    const acts = actsOf(platform, ground, await putKeeping(registry, round))
    const done: { name: string; holds: Holds }[] = []
    const refused: string[] = []
    const isCut = new AbortController()
    const under = acts.map(async ({ name, run }) => {
      await sleep(random.below(700))
      if (isCut.signal.aborted) return
      const outcome = await run().catch((error: Error) => error)
      if (typeof outcome === 'function') done.push({ name, holds: outcome })
      // Of a platform that is gone nobody gets an answer.
      else if (!isCut.signal.aborted) refused.push(`${name}: ${outcome.message}`)
    })
    const [afterMs, againMs] = [random.below(4000), random.chance(0.3) ? random.below(1500) : null]
    await sleep(afterMs)
    isCut.abort()
    await kill()
    await Promise.all(under)
    if (againMs !== null) {
      await sleep(againMs)
      await kill()
    }
    const how = `round ${round}, killed after ${afterMs} ms${againMs === null ? '' : ` and ${againMs} ms after the start`}, with ${done.length} of ${acts.length} acknowledged`
    context.diagnostic(how)
    try {
      assert.deepEqual(refused, [], 'nothing is refused')
      await check(done)
    } catch (error) {
      throw new Error(`${how}: ${(error as Error).message}\n${complaints()}`, { cause: error })
    }
  }
})

function isFork({ name }: Sandbox): boolean {
  return name.startsWith('fork')
}

/** Everything with its state, and why. */
function brief({ sandboxes, snapshots, volumes }: World): string {
  const all = [...sandboxes, ...snapshots, ...volumes]
  return all.map(({ id, name, state, errorReason }) => `${id} ${name} ${state} ${errorReason ?? ''}`).join('\n')
}

/** The last of what the platform has logged as a fault. */
function complaints(): string {
  const lines = readFileSync(join(platform.data, 'sandyard.log'), 'utf8').split('\n')
  return lines
    .filter((line) => /"level":"?(warn|error|40|50)/.test(line))
    .slice(-15)
    .join('\n')
}

/** Looks at everything, uses it, and removes it. */
async function check(done: readonly { name: string; holds: Holds }[]): Promise<void> {
  const world = await quiet(platform)
  for (const { name, holds } of done) {
    try {
      await holds(world)
    } catch (error) {
      throw new Error(`${name} was acknowledged: ${(error as Error).message}; ${brief(world)}`)
    }
  }
  const failed = [...world.sandboxes, ...world.snapshots, ...world.volumes].filter(({ state }) =>
    /error|failed/.test(state),
  )
  assert.deepEqual(failed, [], 'nothing has failed')
  await assertNoLitter(platform)
  for (const { id, state } of world.sandboxes) {
    if (state !== 'started') await ask(platform, 'POST', `/sandbox/${id}/start`).then(() => until(id, 'started'))
  }
  await Promise.all(world.sandboxes.map((sandbox) => assertWhole(platform, sandbox)))
  await Promise.all(world.snapshots.map((snapshot) => assertSnapshotWhole(platform, snapshot)))
  // A sandbox with forks is not deleted before them.
  const [forks, others] = [isFork, (sandbox: Sandbox) => !isFork(sandbox)].map((part) => world.sandboxes.filter(part))
  for (const some of [forks, others])
    await Promise.all((some ?? []).map(({ id }) => ask(platform, 'DELETE', `/sandbox/${id}`)))
  await Promise.all(world.snapshots.map(({ id }) => ask(platform, 'DELETE', `/snapshots/${id}`)))
  await Promise.all(world.volumes.map(({ id }) => ask(platform, 'DELETE', `/volumes/${id}`)))
  const rest = await quiet(platform)
  assert.deepEqual([rest.sandboxes, rest.snapshots, rest.volumes], [[], [], []], 'everything could be deleted')
  await assertNoLitter(platform)
}
