import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../../../test/fixtures/host-state.ts'
import type { EngineGround } from './engine.fixture.ts'
import { createLayout } from './layout.ts'
import { readRecord } from './records/record.ts'

/** What outlives a stop, beside records. */
interface Kept {
  readonly disks: number
  readonly archives: number
  readonly snapshots: number
  readonly volumes: number
  /** layers of images */
  readonly layers: number
}

/**
 * Waits until nothing is on the host but what the platform itself has, and what these sandboxes, which are stopped or
 * archived, and saved snapshots keep.
 */
export async function assertEmpty(
  ground: EngineGround,
  resting: readonly string[] = [],
  kept: Partial<Kept> = {},
): Promise<void> {
  const runtime = `/run/sandyard/${ground.index}`
  const left = () => {
    const { tables: _, loops: __, cgroups, ...state } = hostState(ground.index)
    return {
      ...state,
      cgroups: cgroups.filter((name) => !name.startsWith('sandyard-')),
      records: readFolder(join(ground.data, 'sandboxes')).filter((id) => !resting.includes(id)),
      disks: readFolder(join(ground.data, 'disks')).filter((name) => name !== 'volumes').length,
      volumes: readFolder(join(ground.data, 'disks/volumes')).length,
      archives: readFolder(join(ground.data, 'archives')).length,
      snapshots: readFolder(join(ground.data, 'snapshots')).length,
      layers: readFolder(join(ground.data, 'layers')).length,
      runtime: ['runc', 'sandboxes', 'roots', 'volumes'].flatMap((name) => readFolder(join(runtime, name))),
    }
  }
  const nothing = { mounts: [], namespaces: [], interfaces: [], processes: [], cgroups: [], records: [], runtime: [] }
  const expected = { ...nothing, disks: resting.length, archives: 0, snapshots: 0, volumes: 0, layers: 0, ...kept }
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline && !isSame(left(), expected)) await sleep(20)
  assert.deepEqual(left(), expected)
}

/** What one sandbox that is stopped or archived keeps, by its record. */
export function keptOf(ground: EngineGround, sandboxId: string): Pick<Kept, 'disks' | 'archives'> {
  const record = readRecord(createLayout(ground.data, ground.index), sandboxId)
  if (record === null) return { disks: 0, archives: 0 }
  const { phase, archive, base } = record
  const disks = (phase === 'archived' ? 0 : 1) + (base === undefined ? 0 : 1)
  return { disks, archives: (archive ?? base?.archive)?.parts.length ?? 0 }
}

/** Removes the ground, whose engine is closed, and checks that nothing is left, and that nothing went wrong unseen. */
export async function assertRemoved(ground: EngineGround): Promise<void> {
  const { index, warnings, data } = ground
  await ground.remove()
  const { loops, ...rest } = hostState(index)
  assert.deepEqual(Object.values(rest).flat(), [], 'nothing is left on the host')
  assert.ok(!loops.some((file) => file.startsWith(data)))
  // A test may run where the machine's limits cannot be changed.
  assert.deepEqual(
    warnings.filter((warning) => !warning.startsWith('a limit that all sandboxes share')),
    [],
  )
}

/** Waits until it is so. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, 'it did not come to that in time')
    await sleep(20)
  }
}

function isSame(first: unknown, second: unknown): boolean {
  try {
    assert.deepEqual(first, second)
    return true
  } catch {
    return false
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // Not made yet.
  }
}
