import { PlatformError } from '@sandyard/protocol'
import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { readSandbox } from './find.ts'
import { giveUp, giveUpInError } from './give-up.ts'
import type { SandboxParts } from './parts.ts'
import { isEphemeral, requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Packs a stopped sandbox away and waits until that is done, or as long as a call may take. Throws BAD_REQUEST from
 * any other state and for an ephemeral one; when it fails, the sandbox is stopped as before. Archived by the clock, it
 * rests for the reason that it was stopped for.
 */
export async function archiveSandbox(
  parts: SandboxParts,
  { id }: SandboxSummary,
  isByClock = false,
): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, 'archived', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['stopped'], 'Sandbox is not stopped')
    if (isEphemeral(sandbox)) throw new PlatformError('BAD_REQUEST', 'Ephemeral sandboxes cannot be archived')
    const isIdle = sandbox.isIdle && isByClock
    const archiving = await parts.changes.move(sandbox, 'archiving', { desiredState: 'archived', isIdle })
    accept()
    await finishArchive(parts, archiving)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `archiving`; also of one that a crash left there. A start may have been asked for. */
export async function finishArchive(parts: SandboxParts, { id }: SandboxRecord): Promise<void> {
  const { engine, sandboxes, changes, log } = parts
  try {
    await engine.archive(id)
  } catch (error) {
    const failed = await readSandbox(sandboxes, id)
    if (failed.desiredState !== 'started') return giveUp(parts, failed, error)
    log.warn({ error, sandboxId: id }, 'a sandbox that is to start could not be archived before')
  }
  // A change that keeps the wish as it is now: a start that comes at this moment is seen.
  const archived = await changes.move(await readSandbox(sandboxes, id), 'archived')
  if (archived.desiredState !== 'started') return
  await finishRestore(parts, await changes.move(archived, 'restoring'))
}

/**
 * Does the work of a sandbox in `restoring`; also of one that a crash left there. It starts if that is wanted. Its
 * caller has long been answered, so a failure shows in the state.
 */
export async function finishRestore(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { engine, changes, clock } = parts
  const isStart = sandbox.desiredState === 'started'
  try {
    const { state } = await engine.inspect(sandbox.id)
    if (state === 'archived') await engine.restore(sandbox.id)
    if (isStart) await engine.start(sandbox.id)
  } catch (error) {
    await giveUpInError(parts, sandbox, error)
  }
  await changes.move(sandbox, isStart ? 'started' : 'stopped', { lastActivityAtMs: clock(), isIdle: false })
}
