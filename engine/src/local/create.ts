import { existsSync } from 'node:fs'
import { PlatformError, type SandboxSpec } from '@sandyard/protocol'
import { type BroughtUp, bringUpSteps } from './bring-up.ts'
import type { Context } from './context.ts'
import { deleteDisk, limitDisk, makeDisk } from './disk/disks.ts'
import { type MountedDisk, releaseRange } from './id-ranges.ts'
import { sandboxPaths } from './layout.ts'
import { attach } from './life.ts'
import { removeRecord, type SandboxRecord, writeRecord } from './record.ts'
import { findUser } from './snapshot.ts'
import { runSteps, type Step } from './steps.ts'

/** Makes and starts a sandbox. Until its record is written nothing is promised, and a crash leaves only litter. */
export async function createSandbox(context: Context, spec: SandboxSpec): Promise<void> {
  const { layout } = context
  if (context.records.has(spec.id)) return
  const snapshot = context.snapshots.get(spec.snapshot)
  if (snapshot === undefined) throw new PlatformError('BAD_REQUEST', `There is no snapshot ${spec.snapshot}`)
  findUser(snapshot, spec.user)
  // One of this id that was destroyed just now may still be on its way out.
  if (existsSync(sandboxPaths(layout, spec.id).bundle)) await context.trash.empty()
  const { diskId, idRange, isMounted } = await takeDisk(context, spec)
  const found: BroughtUp = { slot: null, idRange, init: null }
  const record: SandboxRecord = { spec, phase: 'running', diskId, ...found }
  const limit = limitIfOther(context, spec, diskId)
  const disk: Step = {
    name: 'disk',
    run: async () => {},
    undo: async () => {
      await limit.catch(() => {}) // Its failure is the one that brought us here, or does not matter any more.
      await deleteDisk(layout, diskId)
      releaseRange(context, idRange)
    },
  }
  const promise = {
    run: async () => {
      await writeRecord(layout, { ...record, ...found })
      await limit
    },
    undo: async () => removeRecord(layout, spec.id),
  }
  const times = await runSteps([disk, ...bringUpSteps(context, record, { found, isMounted, promise })], (step, fault) =>
    context.log.warn({ sandboxId: spec.id, step, fault: String(fault) }, 'a step could not be undone'),
  )
  attach(context, { ...record, ...found })
  context.log.info(
    { sandboxId: spec.id, steps: Object.fromEntries(times.map(({ name, ms }) => [name, ms])) },
    'sandbox created',
  )
}

/** Disks that are made ahead are mounted over the default snapshot already. */
async function takeDisk(context: Context, spec: SandboxSpec): Promise<MountedDisk & { isMounted: boolean }> {
  if (spec.snapshot === context.spareDisk.snapshot) return { ...(await context.disks.take()), isMounted: true }
  return { diskId: await makeDisk(context.layout, context.spareDisk.sizeGib), idRange: null, isMounted: false }
}

/** Most disks are of the size that is made ahead; another size is set while the container starts. */
function limitIfOther(context: Context, spec: SandboxSpec, diskId: string): Promise<void> {
  if (spec.diskGib === context.spareDisk.sizeGib) return Promise.resolve()
  const limit = limitDisk(context.layout, diskId, spec.diskGib)
  limit.catch(() => {}) // Awaited as a step of its own, later.
  return limit
}
