import { PlatformError, type SandboxSpec } from '@sandyard/protocol'
import { type BroughtUp, bringUpSteps } from './bring-up.ts'
import type { Context } from './context.ts'
import { deleteDisk, limitDisk } from './disk/disks.ts'
import { attach } from './life.ts'
import { removeRecord, type SandboxRecord, writeRecord } from './record.ts'
import { findUser } from './snapshot.ts'
import { runSteps } from './steps.ts'

/** Makes and starts a sandbox. Until its record is written nothing is promised, and a crash leaves only litter. */
export async function createSandbox(context: Context, spec: SandboxSpec): Promise<void> {
  const { layout } = context
  if (context.records.has(spec.id)) return
  const snapshot = context.snapshots.get(spec.snapshot)
  if (snapshot === undefined) throw new PlatformError('BAD_REQUEST', `There is no snapshot ${spec.snapshot}`)
  findUser(snapshot, spec.user)
  const found: BroughtUp = { slot: null, init: null }
  const diskId = await context.disks.take()
  const record: SandboxRecord = { spec, phase: 'running', diskId, slot: null, init: null }
  const limit = limitIfOther(context, spec, diskId)
  const times = await runSteps(
    [
      {
        name: 'disk',
        run: async () => {},
        undo: async () => {
          await limit.catch(() => {}) // Its failure is the one that brought us here, or does not matter any more.
          await deleteDisk(layout, diskId)
        },
      },
      ...bringUpSteps(context, record, found),
      { name: 'limit', run: () => limit, undo: async () => {} },
      {
        name: 'record',
        run: () => writeRecord(layout, { ...record, ...found }),
        undo: async () => removeRecord(layout, spec.id),
      },
    ],
    (step, fault) => context.log.warn({ sandboxId: spec.id, step, fault: String(fault) }, 'a step could not be undone'),
  )
  attach(context, { ...record, ...found })
  context.log.info(
    { sandboxId: spec.id, steps: Object.fromEntries(times.map(({ name, ms }) => [name, ms])) },
    'sandbox created',
  )
}

/** Most disks are of the size that is made ahead; another size is set while the container starts. */
function limitIfOther(context: Context, spec: SandboxSpec, diskId: string): Promise<void> {
  if (spec.diskGib === context.spareDiskGib) return Promise.resolve()
  const limit = limitDisk(context.layout, diskId, spec.diskGib)
  limit.catch(() => {}) // Awaited as a step of its own, later.
  return limit
}
