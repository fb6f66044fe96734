import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { readSandbox } from './find.ts'
import { giveUp } from './give-up.ts'
import type { SandboxParts } from './parts.ts'
import { requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Freezes a started sandbox and waits until it is, or as long as a call may take. Throws BAD_REQUEST from any other
 * state; when the engine cannot, the sandbox goes on as it was. `isIdle` says that it is for lack of use.
 */
export async function pauseSandbox(
  parts: SandboxParts,
  { id }: SandboxSummary,
  isIdle = false,
): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, 'paused', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['started'], 'Sandbox is not started')
    const pausing = await parts.changes.move(sandbox, 'pausing', { desiredState: 'paused', errorReason: null, isIdle })
    accept()
    await finishPause(parts, pausing)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `pausing`; also of one that a crash left there. */
export async function finishPause(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  try {
    await parts.engine.pause(sandbox.id)
  } catch (error) {
    await giveUp(parts, sandbox, error)
  }
  await parts.changes.move(sandbox, 'paused')
}

/** Does the work of a sandbox in `resuming`; also of one that a crash left there. */
export async function finishResume(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  try {
    await parts.engine.resume(sandbox.id)
  } catch (error) {
    await giveUp(parts, sandbox, error)
  }
  await parts.changes.move(sandbox, 'started', { lastActivityAtMs: parts.clock(), isIdle: false })
  // What changed while it was frozen.
  await parts.secretWork.tellAll([sandbox.id])
}
