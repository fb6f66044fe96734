import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@sandyard/sdk'

const pauseMs = 300
/** s that a start may take; what is archived comes back over the network */
const startTimeout = 600

/** A sandbox that does not come up by itself any more. */
export class BrokenSandboxError extends Error {}

/**
 * Waits until a sandbox is started: one that rests is started once, one with an error that can be mended is mended once.
 *
 * @throws BrokenSandboxError with its reason, when it will not start
 */
export async function bringUp(sandbox: Sandbox, timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs
  let isHelped = false
  for (;;) {
    const { id, state } = sandbox
    switch (state) {
      case 'started':
        return
      case 'stopped':
      case 'archived':
      case 'paused':
        if (isHelped) throw new BrokenSandboxError(`sandbox ${id} was started and is ${state} again`)
        isHelped = true
        await sandbox.start(startTimeout)
        break
      case 'error':
        if (isHelped || sandbox.recoverable !== true) throw broken(sandbox)
        isHelped = true
        await sandbox.recover(startTimeout)
        break
      case 'build_failed':
      case 'destroyed':
      case 'destroying':
        throw broken(sandbox)
      default:
        // On its way somewhere.
        if (Date.now() > endMs) throw new Error(`sandbox ${id} is still ${state}`)
        await sleep(pauseMs)
        await sandbox.refreshData()
    }
  }
}

function broken({ id, state, errorReason }: Sandbox): BrokenSandboxError {
  return new BrokenSandboxError(`sandbox ${id} is ${state}: ${errorReason ?? 'no reason is known'}`)
}
