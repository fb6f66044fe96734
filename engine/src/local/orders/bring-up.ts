import { join } from 'node:path'
import { waitForAgent } from '../agent.ts'
import { snapshotOf, writeBundle } from '../bundle.ts'
import type { Context } from '../context.ts'
import { diskPaths, unmountDisk } from '../disk/disks.ts'
import type { ProcessIdentity } from '../host/processes.ts'
import { sandboxPaths } from '../layout.ts'
import { mountInRange, releaseRange } from '../records/id-ranges.ts'
import { rangeRootId } from '../records/ids.ts'
import type { SandboxRecord } from '../records/record.ts'
import { requireReadable } from '../runtime/read-inside.ts'
import { removeContainer, runContainer } from '../runtime/runc.ts'
import { discardSlot } from '../spares/slots.ts'
import { placeVolumes } from '../volumes/place.ts'
import { stageVolumes } from '../volumes/stage.ts'
import type { Step } from './steps.ts'

/** Time for init and agent to come up on a busy machine, ms. */
const agentTimeoutMs = 20_000

/** How it is written down that a sandbox runs. */
type Promised = Pick<Step, 'run' | 'undo'>

/** What the steps find out. */
export interface BroughtUp {
  slot: number | null
  /** set already when the disk comes mounted */
  idRange: number | null
  init: ProcessIdentity | null
}

/** What a bring-up begins with. */
export interface BringUp {
  readonly found: BroughtUp
  /** the disk is mounted over its snapshot already, in the range that was found */
  readonly isMounted: boolean
  /** writes down that the sandbox runs */
  readonly promise: Promised
}

/**
 * The steps from a disk to an agent that answers, and how each is taken back. The promise may be written while the
 * agent comes up, because after a crash a record and a process are all that is needed.
 */
export function bringUpSteps(context: Context, record: SandboxRecord, { found, isMounted, promise }: BringUp): Step[] {
  const { layout } = context
  const { spec, diskId } = record
  const slot = (): number => {
    if (found.slot === null) throw new Error('No network slot was taken')
    return found.slot
  }
  return [
    {
      // The rules are in place before anything of the sandbox runs.
      name: 'network',
      run: async () => {
        found.slot = await context.slots.take()
        await context.places.enter({ slot: slot(), spec })
      },
      undo: async () => {
        if (found.slot !== null) discardSlot(context, found.slot)
      },
    },
    {
      name: 'mount',
      run: async () => {
        if (isMounted) return
        found.idRange = await mountInRange(context, diskId, snapshotOf(context, spec).layers)
      },
      undo: async () => {
        await unmountDisk(layout, diskId)
        if (!isMounted) releaseRange(context, found.idRange)
      },
    },
    {
      name: 'container',
      run: async () => {
        const { root, subvolume } = diskPaths(layout, diskId)
        requireReadable(root)
        const places = placeVolumes(
          root,
          spec.volumes.map(({ mountPath }) => mountPath),
        )
        const staged = await stageVolumes(layout, spec.volumes, rangeRootId(layout.index, found.idRange))
        try {
          const volumes = staged.sources.map((source, index) => ({ source, destination: places[index] ?? '' }))
          writeBundle(context, record, { slot: slot(), idRange: found.idRange, volumes })
          found.init = await runContainer(layout, spec.id, join(subvolume, 'agent.log'))
        } finally {
          // The container has mounts of its own: nobody waits until these are gone.
          if (spec.volumes.length > 0) context.trash.add(`mounts of volumes for ${spec.id}`, staged.unstage)
        }
      },
      undo: () => removeContainer(layout, spec.id),
    },
    {
      name: 'agent',
      run: async () => {
        const answered = waitForAgent(sandboxPaths(layout, spec.id).agentSocket, agentTimeoutMs)
        // Both to their end: a record that is still being written must not come after its own removal.
        for (const outcome of await Promise.allSettled([promise.run(), answered])) {
          if (outcome.status === 'rejected') throw outcome.reason
        }
      },
      undo: promise.undo,
    },
  ]
}
