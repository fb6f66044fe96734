import { existsSync } from 'node:fs'
import { PlatformError, type SandboxSpec } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { copyDisk, deleteDisk, limitDisk, makeDisk } from '../disk/disks.ts'
import { sandboxPaths } from '../layout.ts'
import { type MountedDisk, releaseRange } from '../records/id-ranges.ts'
import type { Turn } from '../records/locks.ts'
import { removeRecord, type SandboxRecord, writeRecord } from '../records/record.ts'
import { findUser } from '../snapshots/snapshot.ts'
import { type BroughtUp, bringUpSteps } from './bring-up.ts'
import { attach, refuseUnless, requireRecord } from './life.ts'
import { runSteps, type Step } from './steps.ts'

/** A disk that a sandbox begins with. */
interface FirstDisk extends MountedDisk {
  readonly isMounted: boolean
  /** `null` is without a limit: it may be full, and must have room to start */
  readonly sizeGib: number | null
}

/** Makes and starts a sandbox. Until its record is written nothing is promised, and a crash leaves only litter. */
export async function createSandbox(context: Context, spec: SandboxSpec): Promise<void> {
  if (context.records.has(spec.id)) return
  await make(context, spec, () => takeDisk(context, spec))
}

/** A sandbox to copy from, and our place among those who wait for it. */
export interface ForkSource {
  readonly id: string
  readonly turn: Turn
}

/** Makes and starts a sandbox on a copy of the disk of another, which is free again as soon as that is made. */
export async function forkSandbox(context: Context, { id, turn }: ForkSource, spec: SandboxSpec): Promise<void> {
  if (context.records.has(spec.id)) return
  await make(context, spec, async () => {
    await turn.come
    const source = requireRecord(context, id)
    refuseUnless(source, ['running', 'paused', 'stopped'])
    refuseOtherBeginning(source.spec, spec)
    const diskId = await copyDisk(context.layout, source.diskId)
    turn.end()
    return { diskId, idRange: null, isMounted: false, sizeGib: null }
  })
}

function refuseOtherBeginning(source: SandboxSpec, spec: SandboxSpec): void {
  if (spec.snapshot !== source.snapshot) {
    throw new PlatformError(
      'BAD_REQUEST',
      `Sandbox ${source.id} is of the snapshot ${source.snapshot}, not ${spec.snapshot}`,
    )
  }
  if (spec.diskGib < source.diskGib) {
    throw new PlatformError(
      'BAD_REQUEST',
      `The disk of sandbox ${source.id} has ${source.diskGib} GiB; a copy of it cannot be smaller`,
    )
  }
}

/** Makes and starts a sandbox on the disk that it is given. */
async function make(context: Context, spec: SandboxSpec, getDisk: () => Promise<FirstDisk>): Promise<void> {
  const { layout } = context
  const snapshot = context.snapshots.get(spec.snapshot)
  if (snapshot === undefined) throw new PlatformError('BAD_REQUEST', `There is no snapshot ${spec.snapshot}`)
  findUser(snapshot, spec.user)
  context.making.add(spec)
  try {
    // One of this id that was destroyed just now may still be on its way out.
    if (existsSync(sandboxPaths(layout, spec.id).bundle)) await context.trash.empty()
    await bringUp(context, spec, await getDisk())
  } finally {
    context.making.delete(spec)
  }
}

async function bringUp(
  context: Context,
  spec: SandboxSpec,
  { diskId, idRange, isMounted, sizeGib }: FirstDisk,
): Promise<void> {
  const { layout } = context
  const found: BroughtUp = { slot: null, idRange, init: null }
  const record: SandboxRecord = { spec, phase: 'running', diskId, ...found }
  // Most disks are of the size that is made ahead; another size is set while the container starts.
  const early = sizeGib === null || sizeGib === spec.diskGib ? null : limitDisk(layout, diskId, spec.diskGib)
  early?.catch(() => {}) // Awaited below.
  const disk: Step = {
    name: 'disk',
    run: async () => {},
    undo: async () => {
      await early?.catch(() => {}) // Its failure is the one that brought us here, or does not matter any more.
      await deleteDisk(layout, diskId)
      releaseRange(context, idRange)
    },
  }
  const promise = {
    run: async () => {
      await writeRecord(layout, { ...record, ...found })
      await early
    },
    undo: async () => removeRecord(layout, spec.id),
  }
  const late: Step = { name: 'size', run: () => limitDisk(layout, diskId, spec.diskGib), undo: async () => {} }
  const steps = [
    disk,
    ...bringUpSteps(context, record, { found, isMounted, promise }),
    ...(sizeGib === null ? [late] : []),
  ]
  const times = await runSteps(steps, (step, fault) =>
    context.log.warn({ sandboxId: spec.id, step, fault: String(fault) }, 'a step could not be undone'),
  )
  attach(context, { ...record, ...found })
  context.log.info(
    { sandboxId: spec.id, steps: Object.fromEntries(times.map(({ name, ms }) => [name, ms])) },
    'sandbox created',
  )
}

/** Disks that are made ahead are mounted over the default snapshot already. */
async function takeDisk(context: Context, spec: SandboxSpec): Promise<FirstDisk> {
  const { snapshot, sizeGib } = context.spareDisk
  if (spec.snapshot === snapshot) return { ...(await context.disks.take()), isMounted: true, sizeGib }
  return { diskId: await makeDisk(context.layout, sizeGib), idRange: null, isMounted: false, sizeGib }
}
