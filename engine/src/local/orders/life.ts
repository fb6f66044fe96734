import { PlatformError, type SandboxReport, type StopOptions } from '@sandyard/protocol'
import { openLifeline } from '../agent.ts'
import { thaw } from '../cgroup/freezer.ts'
import type { Context } from '../context.ts'
import { deleteDisk, unmountDisk } from '../disk/disks.ts'
import { isAlive, signal, waitForEnd } from '../host/processes.ts'
import { sandboxPaths } from '../layout.ts'
import { releaseRange } from '../records/id-ranges.ts'
import { archiveNames, isLive, removeRecord, type SandboxRecord, writeRecord } from '../records/record.ts'
import { removeContainer, sandboxCgroup, wasOutOfMemory } from '../runtime/runc.ts'
import { discardSlot } from '../spares/slots.ts'

/** How long killed processes may take to be gone, ms. */
const killTimeoutMs = 10_000

/** Time until an end that could not be cleared is tried again, ms. */
const retryMs = 5000

/** The record of a promised sandbox; NOT_FOUND when there is none. */
export function requireRecord(context: Context, sandboxId: string): SandboxRecord {
  const record = context.records.get(sandboxId)
  if (record === undefined) throw new PlatformError('NOT_FOUND', `There is no sandbox ${sandboxId} on this machine`)
  return record
}

/** Throws CONFLICT unless the sandbox is in one of these phases. */
export function refuseUnless({ spec, phase }: SandboxRecord, phases: readonly SandboxRecord['phase'][]): void {
  if (!phases.includes(phase)) throw new PlatformError('CONFLICT', `Sandbox ${spec.id} is ${phase}`)
}

/** Writes down what holds of a sandbox from now on. */
export async function keepRecord(context: Context, record: SandboxRecord): Promise<void> {
  await writeRecord(context.layout, record)
  context.records.set(record.spec.id, record)
}

/** The state of a sandbox, promised or not. */
export function inspectSandbox(context: Context, sandboxId: string): SandboxReport {
  const record = context.records.get(sandboxId)
  if (record === undefined) return { sandboxId, state: 'absent' }
  const state = record.phase === 'running' ? 'started' : record.phase
  return { sandboxId, state, ...(record.reason === undefined ? {} : { reason: record.reason }) }
}

/** Tells the state of a sandbox. */
export function reportState(context: Context, sandboxId: string): void {
  context.report(inspectSandbox(context, sandboxId))
}

/** Takes a live sandbox in: remembers it, watches for its end, tells that it is there. */
export function attach(context: Context, record: SandboxRecord): void {
  const { id } = record.spec
  context.records.set(id, record)
  const onEnd = (): void => {
    context.locks
      .run(id, () => noticeEnd(context, record))
      .catch((fault: unknown) => {
        context.log.warn({ sandboxId: id, fault: String(fault) }, 'an ended sandbox could not be cleared')
        setTimeout(onEnd, retryMs).unref()
      })
  }
  context.lifelines.set(id, openLifeline(sandboxPaths(context.layout, id).agentSocket, onEnd))
  reportState(context, id)
}

/** Ends all processes of a sandbox; its disk stays. Does nothing when it is stopped. */
export async function stopSandbox(context: Context, sandboxId: string, options: StopOptions): Promise<void> {
  const record = requireRecord(context, sandboxId)
  if (!isLive(record)) return
  await endProcesses(context, record, options)
  await settle(context, record, undefined)
}

/** Ends all processes and gives the sandbox up; what is left of it is removed soon after. */
export async function destroySandbox(context: Context, sandboxId: string): Promise<void> {
  const record = context.records.get(sandboxId)
  if (record === undefined) return
  await endProcesses(context, record, { graceMs: 0 })
  // From here on everything of it is litter, also for a start after a crash.
  removeRecord(context.layout, sandboxId)
  context.records.delete(sandboxId)
  if (record.slot !== null) discardSlot(context, record.slot)
  context.trash.add(`sandbox ${sandboxId}`, async () => {
    await removeContainer(context.layout, sandboxId)
    await deleteDisk(context.layout, record.diskId)
    if (record.base !== undefined) await deleteDisk(context.layout, record.base.diskId)
    for (const name of archiveNames(record, context.archives.place)) await context.archives.remove(name)
    releaseRange(context, record.idRange)
  })
  context.report({ sandboxId, state: 'absent' })
}

/** Clears up after a sandbox whose processes are gone, and tells why. Does nothing when it was stopped or started anew. */
async function noticeEnd(context: Context, record: SandboxRecord): Promise<void> {
  const { id } = record.spec
  const current = context.records.get(id)
  if (
    current === undefined ||
    current.init?.pid !== record.init?.pid ||
    current.init?.startTime !== record.init?.startTime
  )
    return
  // The agent is gone, but its init may be on its way out still; whatever stays has no way to be reached.
  await endProcesses(context, current, { graceMs: 1000 })
  await settle(context, current, describeEnd(context, current))
}

/**
 * Takes down what is only needed while a sandbox runs and then writes down that it is stopped. When it fails, it can be
 * called again; a crash in its midst leaves a record of a sandbox whose processes are gone, which is settled at the start.
 */
export async function settle(context: Context, record: SandboxRecord, reason: string | undefined): Promise<void> {
  const { layout } = context
  const { id } = record.spec
  const { reason: _, ...rest } = record
  const stopped: SandboxRecord = {
    ...rest,
    phase: 'stopped',
    slot: null,
    idRange: null,
    init: null,
    ...(reason === undefined ? {} : { reason }),
  }
  await removeContainer(layout, id)
  await unmountDisk(layout, record.diskId)
  await keepRecord(context, stopped)
  releaseRange(context, record.idRange)
  if (record.slot !== null) discardSlot(context, record.slot)
  context.log.info({ sandboxId: id, reason }, 'sandbox stopped')
  reportState(context, id)
}

/** Why a sandbox ended that nobody stopped, as one sentence for people. */
export function describeEnd(context: Context, record: SandboxRecord): string {
  if (wasOutOfMemory(context.layout, record.spec.id)) {
    return `Out of memory: its processes ended after they had used up its ${record.spec.memoryGib} GiB.`
  }
  return 'The processes of the sandbox ended by themselves.'
}

/** The first process ends every other one with it, as they live in its pid namespace. */
async function endProcesses(context: Context, record: SandboxRecord, { graceMs }: StopOptions): Promise<void> {
  context.lifelines.get(record.spec.id)?.close()
  context.lifelines.delete(record.spec.id)
  const { init } = record
  if (init === null || !isAlive(init)) return
  const cgroup = sandboxCgroup(context.layout, record.spec.id)
  // A paused one first gets the signal: a kill, so, is the last thing that reaches it.
  if (graceMs > 0) {
    signal(init, 'SIGTERM')
    thaw(cgroup)
    if (await waitForEnd(init, graceMs)) return
  }
  signal(init, 'SIGKILL')
  thaw(cgroup)
  if (!(await waitForEnd(init, killTimeoutMs))) throw new Error(`Process ${init.pid} does not end`)
}
