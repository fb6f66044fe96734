import type { SandboxState } from '@sandyard/protocol'
import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { deleteSandbox } from './delete.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { isEphemeral, requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/** Time between SIGTERM and SIGKILL, ms. */
const graceMs = 10_000

const stoppable: readonly SandboxState[] = ['started', 'paused']

/**
 * Stops a started or paused sandbox and waits until it is, or as long as a call may take; an ephemeral one is deleted
 * (api.md 2.6). `isForced` kills at once; `isIdle` says that it is for lack of use, so that a request may start it
 * again. Throws BAD_REQUEST from any other state.
 */
export async function stopSandbox(
  parts: SandboxParts,
  found: SandboxSummary,
  { isForced = false, isIdle = false }: { readonly isForced?: boolean; readonly isIdle?: boolean } = {},
): Promise<SandboxRecord> {
  if (stoppable.includes(found.state) && isEphemeral(found)) return deleteSandbox(parts, found)
  const { id } = found
  const order = parts.orders.begin(id, 'stopped', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, stoppable, 'Sandbox is not in a stoppable state')
    const stopping = await parts.changes.move(sandbox, 'stopping', {
      desiredState: 'stopped',
      errorReason: null,
      isIdle,
    })
    accept()
    await finishStop(parts, stopping, isForced ? 0 : graceMs)
  })
  // Once it is accepted it will be done: when this try fails, the next one follows by itself.
  await order.accepted
  await waitForOrder(order.done.catch(() => {}))
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `stopping`; also of one that a crash left there. */
export async function finishStop(parts: SandboxParts, sandbox: SandboxRecord, grace: number = graceMs): Promise<void> {
  await parts.engine.stop(sandbox.id, { graceMs: grace })
  await parts.changes.move(sandbox, 'stopped', { lastActivityAtMs: parts.clock() })
}
