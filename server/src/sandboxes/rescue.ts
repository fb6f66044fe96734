import { PlatformError, type SandboxReport } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { finishRestore } from './archive.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { finishResume } from './pause.ts'
import { finishStart, startPatch } from './start.ts'
import { waitForOrder } from './wait.ts'

/**
 * Brings a sandbox back from a recoverable error and waits until it is started, or as long as a call may take;
 * `skipStart` only brings its disk back. Throws BAD_REQUEST for any other sandbox and when it failed again.
 */
export async function rescueSandbox(
  parts: SandboxParts,
  { id }: SandboxRecord,
  skipStart: boolean,
): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, skipStart ? 'stopped' : 'started', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state !== 'error') refuse('Sandbox must be in error state to recover')
    if (!sandbox.isRecoverable) refuse('Sandbox is not in a recoverable state')
    const report = await parts.engine.inspect(id)
    await (skipStart ? rest(parts, sandbox, report, accept) : start(parts, sandbox, report, accept))
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

type Rescue = (parts: SandboxParts, sandbox: SandboxRecord, report: SandboxReport, accept: () => void) => Promise<void>

const start: Rescue = async (parts, sandbox, { state }, accept) => {
  if (state === 'absent') return lose(parts, sandbox)
  const { next, finish } = ways[state]
  const moved = await parts.changes.moveWithin(sandbox, next, startPatch(parts))
  accept()
  await finish(parts, moved)
}

const rest: Rescue = async (parts, sandbox, { state }, accept) => {
  if (state === 'absent') return lose(parts, sandbox)
  const patch = { errorReason: null, isRecoverable: false }
  if (state !== 'archived') {
    await parts.changes.moveWithin(sandbox, state, { ...patch, desiredState: state })
    return
  }
  const restoring = await parts.changes.moveWithin(sandbox, 'restoring', { ...patch, desiredState: 'stopped' })
  accept()
  await finishRestore(parts, restoring)
}

/** How a sandbox starts from each state that the engine can say it is in. */
const ways = {
  archived: { next: 'restoring', finish: finishRestore },
  stopped: { next: 'starting', finish: finishStart },
  paused: { next: 'resuming', finish: finishResume },
  started: { next: 'started', finish: async () => {} },
} as const

async function lose(parts: SandboxParts, sandbox: SandboxRecord): Promise<never> {
  await parts.changes.update(sandbox, { isRecoverable: false })
  return refuse('Sandbox is not in a recoverable state')
}

function refuse(message: string): never {
  throw new PlatformError('BAD_REQUEST', message)
}
