import { isPlatformError, PlatformError } from '@sandyard/protocol'
import { randomText } from '../random.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { previewTokenLength } from './create.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { failureReason } from './reason.ts'
import { waitForOrder } from './wait.ts'

/**
 * Starts a stopped sandbox and waits until it is started, or as long as a call may take; a started one stays as it
 * is. Throws BAD_REQUEST from any other state and when it failed to start: it is stopped then, and can be tried again.
 */
export async function startSandbox(parts: SandboxParts, found: SandboxRecord): Promise<SandboxRecord> {
  if (found.state === 'started') return found
  const { id } = found
  const order = parts.orders.begin(id, 'started', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state === 'started') return
    checkStartable(sandbox)
    const starting = await parts.changes.move(sandbox, 'starting', {
      desiredState: 'started',
      errorReason: null,
      previewToken: randomText(previewTokenLength),
      lastActivityAtMs: parts.clock(),
    })
    accept()
    await finishStart(parts, starting)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `starting`; also of one that a crash left there. */
export async function finishStart(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { engine, changes, clock } = parts
  try {
    await engine.start(sandbox.id)
  } catch (error) {
    const errorReason = failureReason(error)
    await changes.move(sandbox, 'stopped', { desiredState: 'stopped', errorReason, lastActivityAtMs: clock() })
    if (isPlatformError(error) && error.code === 'INSUFFICIENT_CAPACITY') throw error
    throw new PlatformError('BAD_REQUEST', `Sandbox failed to start: ${errorReason}`, { cause: error })
  }
  await changes.move(sandbox, 'started', { lastActivityAtMs: clock() })
}

function checkStartable(sandbox: SandboxRecord): void {
  switch (sandbox.state) {
    case 'stopped':
      return
    case 'error':
      throw new PlatformError('BAD_REQUEST', 'Sandbox is in an errored state')
    case 'destroyed':
      throw new PlatformError('NOT_FOUND', `Sandbox with ID or name ${sandbox.id} not found`)
    default:
      throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
  }
}
