import { type NetworkRules, PlatformError, type Resources } from '@sandyard/protocol'
import { freeze, thaw } from '../cgroup/freezer.ts'
import { applyLimits } from '../cgroup/limits.ts'
import type { Context } from '../context.ts'
import { limitDisk } from '../disk/disks.ts'
import { isLive, type SandboxRecord } from '../records/record.ts'
import { sandboxCgroup } from '../runtime/runc.ts'
import { keepRecord, refuseUnless, reportState, requireRecord } from './life.ts'

/*
 * Changes of a sandbox that exists: first of what runs, then of the record. When a crash comes in between, the next
 * start brings what runs back in line with the record, see recover.ts.
 */

/** Freezes the processes of a running sandbox. Does nothing when they are. */
export async function pauseSandbox(context: Context, sandboxId: string): Promise<void> {
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'paused') return
  refuseUnless(record, ['running'])
  const cgroup = sandboxCgroup(context.layout, sandboxId)
  await freeze(cgroup)
  try {
    await keepRecord(context, { ...record, phase: 'paused' })
  } catch (error) {
    thaw(cgroup)
    throw error
  }
  reportState(context, sandboxId)
}

/** Lets a paused sandbox go on. Does nothing when it runs. */
export async function resumeSandbox(context: Context, sandboxId: string): Promise<void> {
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'running') return
  refuseUnless(record, ['paused'])
  await keepRecord(context, { ...record, phase: 'running' })
  thaw(sandboxCgroup(context.layout, sandboxId))
  reportState(context, sandboxId)
}

/**
 * Changes what a sandbox may use; a stopped one has it from its next start. Throws BAD_REQUEST when its disk would
 * shrink, CONFLICT when its processes hold more memory than it is to have.
 */
export async function resizeSandbox(context: Context, sandboxId: string, resources: Resources): Promise<void> {
  const record = requireRecord(context, sandboxId)
  refuseUnless(record, ['running', 'paused', 'stopped'])
  const { spec } = record
  const { cpu, memoryGib, diskGib } = resources
  if (diskGib < spec.diskGib) {
    throw new PlatformError('BAD_REQUEST', `The disk of the sandbox has ${spec.diskGib} GiB and cannot be made smaller`)
  }
  await changeLive(context, record, { ...spec, cpu, memoryGib, diskGib }, applyResources)
}

/** Changes where a sandbox may connect to; what is open and no longer allowed is cut. */
export async function setSandboxNetwork(context: Context, sandboxId: string, network: NetworkRules): Promise<void> {
  const record = requireRecord(context, sandboxId)
  await changeLive(context, record, { ...record.spec, network }, applyNetwork)
}

/** Has the processes and the disk of a live sandbox limited as the record says. */
export async function applyResources(context: Context, { spec, diskId }: SandboxRecord): Promise<void> {
  await applyLimits(sandboxCgroup(context.layout, spec.id), spec)
  await limitDisk(context.layout, diskId, spec.diskGib)
}

async function applyNetwork({ places }: Context, { spec, slot }: SandboxRecord): Promise<void> {
  if (slot !== null) await places.change(slot, spec.network)
}

/** Changes what runs, if it does, and then the record. When one of them fails, what runs is changed back. */
async function changeLive(
  context: Context,
  record: SandboxRecord,
  spec: SandboxRecord['spec'],
  apply: (context: Context, record: SandboxRecord) => Promise<void>,
): Promise<void> {
  const changed = { ...record, spec }
  try {
    if (isLive(record)) await apply(context, changed)
    await keepRecord(context, changed)
  } catch (error) {
    if (isLive(record)) {
      await apply(context, record).catch((fault: unknown) =>
        context.log.warn({ sandboxId: spec.id, fault: String(fault) }, 'a change could not be undone'),
      )
    }
    throw error
  }
}
