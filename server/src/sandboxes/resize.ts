import { PlatformError, type Resources } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { readSandbox } from './find.ts'
import { giveUp } from './give-up.ts'
import type { SandboxParts } from './parts.ts'
import { homeState, requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Changes what a sandbox may use and waits until it has it, or as long as a call may take; what is not given stays.
 * Throws BAD_REQUEST against the rules of api.md 2.6; when it fails, the sandbox has what it had.
 */
export async function resizeSandbox(
  parts: SandboxParts,
  { id }: SandboxRecord,
  wish: Partial<Resources>,
): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, 'changed', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['started', 'stopped'], 'Sandbox must be started or stopped to be resized')
    const { cpu, memoryGib, diskGib } = sandbox
    const resources = { cpu, memoryGib, diskGib, ...wish }
    checkResize(sandbox, resources)
    const wanted = { kind: 'resources', ...resources } as const
    const resizing = await parts.changes.moveWithin(sandbox, 'resizing', { wanted })
    accept()
    await finishResize(parts, resizing)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `resizing`; also of one that a crash left there. */
export async function finishResize(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { wanted } = sandbox
  if (wanted?.kind !== 'resources') throw new Error(`Sandbox ${sandbox.id} is resizing, and nobody knows to what`)
  const { kind: _, ...resources } = wanted
  try {
    await parts.engine.resize(sandbox.id, resources)
  } catch (error) {
    await giveUp(parts, sandbox, error)
  }
  await parts.changes.move(sandbox, homeState(sandbox), { ...resources, wanted: null })
}

function checkResize(sandbox: SandboxRecord, wanted: Resources): void {
  const refuse = (message: string): never => {
    throw new PlatformError('BAD_REQUEST', message)
  }
  const names = ['cpu', 'memoryGib', 'diskGib'] as const
  if (names.every((name) => wanted[name] === sandbox[name])) refuse('The resize changes neither cpu, memory nor disk')
  if (wanted.diskGib < sandbox.diskGib) refuse(`Disk cannot shrink from ${sandbox.diskGib}GB to ${wanted.diskGib}GB`)
  if (sandbox.state === 'stopped') return
  if (wanted.diskGib !== sandbox.diskGib) refuse('Disk can be resized only while the sandbox is stopped')
  if (wanted.cpu < sandbox.cpu || wanted.memoryGib < sandbox.memoryGib) {
    refuse('CPU and memory can be reduced only while the sandbox is stopped')
  }
}
