import { isPlatformError, PlatformError } from '@sandyard/protocol'
import { newPreviewToken } from '../previews/token.ts'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import { finishRestore } from './archive.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { finishResume } from './pause.ts'
import { failureReason } from './reason.ts'
import { requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Starts a stopped or paused sandbox and waits until it is started, or as long as a call may take; a started one stays
 * as it is. An archived one is brought back without waiting for it (api.md 2.6). Throws BAD_REQUEST from any other
 * state, past a limit of the organization, and when it failed to start: a stopped one is stopped then, and can be tried again.
 * @param patch what else changes with the start
 */
export async function startSandbox(
  parts: SandboxParts,
  found: SandboxRecord,
  patch: SandboxPatch = startPatch(parts),
): Promise<SandboxRecord> {
  if (found.state === 'started') return found
  if (found.state === 'archiving') return startAfterArchive(parts, found, patch)
  const { id } = found
  const order = parts.orders.begin(id, 'started', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state === 'started') return
    requireState(sandbox, ['stopped', 'paused', 'archived'], 'Sandbox is not in valid state')
    await startFrom(parts, sandbox, { patch, accept })
  })
  const isLong = found.state === 'archived' || found.state === 'restoring'
  await (isLong ? order.accepted : waitForOrder(order.done))
  return readSandbox(parts.sandboxes, id)
}

async function startFrom(
  parts: SandboxParts,
  sandbox: SandboxRecord,
  { patch, accept }: { readonly patch: SandboxPatch; accept(): void },
): Promise<void> {
  if (sandbox.state === 'paused') {
    const { previewToken: _, ...rest } = patch
    const resuming = await parts.changes.moveWithin(sandbox, 'resuming', rest)
    accept()
    return finishResume(parts, resuming)
  }
  const next = sandbox.state === 'archived' ? 'restoring' : 'starting'
  const starting = await parts.changes.moveWithin(sandbox, next, patch)
  accept()
  await (next === 'restoring' ? finishRestore(parts, starting) : finishStart(parts, starting))
}

/** One that is being packed away starts when that is done: whoever packs it looks at what is wanted then. */
async function startAfterArchive(
  parts: SandboxParts,
  found: SandboxRecord,
  patch: SandboxPatch,
): Promise<SandboxRecord> {
  return parts.changes.moveWithin(found, 'archiving', patch)
}

/** What a row says of a sandbox that is on its way up. Another preview token ends the links from before. */
export function startPatch({ clock }: Pick<SandboxParts, 'clock'>): SandboxPatch {
  return {
    desiredState: 'started',
    errorReason: null,
    isRecoverable: false,
    previewToken: newPreviewToken(),
    lastActivityAtMs: clock(),
  }
}

/** Does the work of a sandbox in `starting`; also of one that a crash left there. */
export async function finishStart(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { engine, changes, clock } = parts
  // What changed while it was frozen or away, for whatever it runs from its start on.
  await parts.secretWork.tellAll([sandbox.id])
  try {
    await engine.start(sandbox.id)
  } catch (error) {
    const errorReason = failureReason(error)
    await changes.move(sandbox, 'stopped', { desiredState: 'stopped', errorReason, lastActivityAtMs: clock() })
    if (isPlatformError(error) && error.code === 'INSUFFICIENT_CAPACITY') throw error
    throw new PlatformError('BAD_REQUEST', `Sandbox failed to start: ${errorReason}`, { cause: error })
  }
  await changes.move(sandbox, 'started', { lastActivityAtMs: clock(), isIdle: false })
}
