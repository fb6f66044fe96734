import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../../fixtures/host-state.ts'
import type { TestPlatform } from '../../fixtures/platform.ts'

/** Network slots, and mounted disks with what they lie on, that the engine keeps ready at most. */
const spares = 3
/** What is removed in the background is gone by then, ms. */
const patienceMs = 30_000

interface Found {
  /** what the store has and the engine has not, or the other way round */
  readonly strays: readonly string[]
  /** ids that two have: an owner and a pool */
  readonly shared: readonly string[]
  /** rows of the store that are half-way */
  readonly halfway: readonly string[]
  /** what lies on the disk of the machine and no record names */
  readonly litter: readonly string[]
  /** more of it than sandboxes that run, and a few made ahead */
  readonly excess: readonly string[]
}

/** Waits until the host has nothing that no record speaks for, and the store and the engine have the same. */
export async function assertNoLitter(platform: TestPlatform): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(100)) {
    const found = search(platform)
    if (Object.values(found).flat().length === 0) return
    if (Date.now() > deadline) assert.fail(`left over: ${JSON.stringify(found, null, 2)}`)
  }
}

function search({ data, index }: TestPlatform): Found {
  const { sandboxes, warm, halfway, builds } = readStore(join(data, 'sandyard.db'))
  const owned = new Set([...sandboxes, ...warm])
  const recorded = new Set(names(data, 'sandboxes'))
  const runtime = `/run/sandyard/${index}`
  const records = readRecords(data)
  const named = (text: string): boolean => records.text.includes(text)
  const state = hostState(index)
  const unnamedDisks = names(data, 'disks').filter((name) => name !== 'volumes' && !named(name))
  const running = records.running.size
  const counts: readonly (readonly [what: string, count: number, room: number])[] = [
    ['disks that no record names', unnamedDisks.length, spares],
    ['mounts', state.mounts.length, running + spares],
    ['namespaces', state.namespaces.length, running + spares],
    ['interfaces', state.interfaces.length, running + spares],
    ['tables', state.tables.length, 1],
  ]
  const isRunning = (id: string): boolean => records.running.has(id)
  return {
    strays: [...owned, ...recorded].filter((id) => owned.has(id) !== recorded.has(id)),
    shared: sandboxes.filter((id) => warm.includes(id)),
    halfway,
    litter: [
      ...names(data, 'archives').filter((name) => !named(name)),
      ...names(data, 'objects/.new'),
      ...names(data, 'objects/.uploads'),
      ...names(data, 'build-logs').filter((name) => !builds.has(name.replace(/\.\w+$/, ''))),
      ...names(data, 'snapshots').filter((name) => !names(data, 'snapshots').includes(`${name.slice(0, 36)}.json`)),
      ...state.cgroups.filter((name) => !name.startsWith('sandyard-') && !isRunning(name)),
      ...names(runtime, 'sandboxes').filter((name) => !isRunning(name)),
      ...names(runtime, 'runc').filter((name) => !isRunning(name)),
      ...names(runtime, 'volumes'),
    ],
    excess: counts
      .filter(([, count, room]) => count > room)
      .map(([what, count, room]) => `${count} ${what}, ${room} at most`),
  }
}

/** What the engine has written down, as one text, and which of its sandboxes ought to run. */
function readRecords(data: string): { text: string; running: ReadonlySet<string> } {
  const running = new Set<string>()
  const texts: string[] = []
  for (const id of names(data, 'sandboxes')) {
    const text = read(join(data, 'sandboxes', id, 'sandbox.json'))
    texts.push(text)
    if (/"phase":"(running|paused)"/.test(text)) running.add(id)
  }
  for (const folder of ['snapshots', 'layers', 'build-cache']) {
    for (const name of names(data, folder)) if (name.endsWith('.json')) texts.push(read(join(data, folder, name)))
  }
  return { text: texts.join('\n'), running }
}

interface Stored {
  readonly sandboxes: readonly string[]
  readonly warm: readonly string[]
  readonly halfway: readonly string[]
  readonly builds: ReadonlySet<string>
}

function readStore(file: string): Stored {
  const store = new DatabaseSync(file, { readOnly: true })
  const rows = (query: string): { id: string; state: string }[] =>
    store.prepare(query).all() as { id: string; state: string }[]
  try {
    const sandboxes = rows(`select id, state from sandboxes where state <> 'destroyed'`)
    const warm = rows('select id, state from warmSandboxes')
    const builds = rows('select id, state from builds')
    return {
      sandboxes: sandboxes.map(({ id }) => id),
      warm: warm.map(({ id }) => id),
      builds: new Set(builds.map(({ id }) => id)),
      halfway: [
        ...warm.filter(({ state }) => state !== 'ready').map(({ id, state }) => `warm ${id} ${state}`),
        ...builds.filter(({ state }) => state !== 'ready').map(({ id, state }) => `build ${id} ${state}`),
      ],
    }
  } finally {
    store.close()
  }
}

function names(...path: readonly string[]): string[] {
  try {
    return readdirSync(join(...path))
  } catch {
    return [] // Not made yet.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // Gone meanwhile.
  }
}
