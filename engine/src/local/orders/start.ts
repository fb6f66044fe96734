import { existsSync } from 'node:fs'
import type { Context } from '../context.ts'
import { diskPaths, limitDisk } from '../disk/disks.ts'
import { sandboxPaths } from '../layout.ts'
import { writeRecord } from '../records/record.ts'
import { type BroughtUp, bringUpSteps } from './bring-up.ts'
import { resumeSandbox } from './change.ts'
import { attach, refuseUnless, requireRecord } from './life.ts'
import { runSteps, type Step } from './steps.ts'

/** What a start writes to the sandbox's disk, with much to spare: a full one must start too, or nobody could clear it. */
const roomToStartBytes = 64 * 1024 ** 2

/** Starts a stopped sandbox on the disk it had; a paused one goes on. Does nothing when it runs. */
export async function startSandbox(context: Context, sandboxId: string): Promise<void> {
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'running') return
  if (record.phase === 'paused') {
    await resumeSandbox(context, sandboxId)
    return
  }
  refuseUnless(record, ['stopped'])
  // What a crash has left of an earlier start may still be on its way out, and would take this one along.
  const places = [sandboxPaths(context.layout, sandboxId).bundle, diskPaths(context.layout, record.diskId).root]
  if (places.some((path) => existsSync(path))) await context.trash.empty()
  const { reason: _, ...stopped } = record
  const found: BroughtUp = { slot: null, idRange: null, init: null }
  const limit = (extraBytes: number) => limitDisk(context.layout, record.diskId, record.spec.diskGib, extraBytes)
  const room: Step = { name: 'room', run: () => limit(roomToStartBytes), undo: () => limit(0) }
  const promise = {
    run: () => writeRecord(context.layout, { ...stopped, ...found, phase: 'running' }),
    undo: () => writeRecord(context.layout, record),
  }
  const bringUp = bringUpSteps(context, record, { found, isMounted: false, promise })
  const size: Step = { name: 'size', run: () => limit(0), undo: async () => {} }
  const times = await runSteps([room, ...bringUp, size], (step, fault) =>
    context.log.warn({ sandboxId, step, fault: String(fault) }, 'a step could not be undone'),
  )
  attach(context, { ...stopped, ...found, phase: 'running' })
  context.log.info({ sandboxId, steps: Object.fromEntries(times.map(({ name, ms }) => [name, ms])) }, 'sandbox started')
}
