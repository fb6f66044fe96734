import { isPlatformError } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxParts } from './parts.ts'
import { failureReason } from './reason.ts'

/** What a sandbox says whose disk nobody has. */
export const diskGone = 'Its disk is gone'

/**
 * Ends an order that failed: the sandbox comes to rest where the engine says it is. Its `errorReason` says why, unless
 * the engine has refused the order, which changes nothing and is told to the caller. Throws the failure.
 */
export async function giveUp(parts: SandboxParts, sandbox: SandboxRecord, error: unknown): Promise<never> {
  const { state } = await parts.engine.inspect(sandbox.id)
  if (state === 'absent') return giveUpInError(parts, sandbox, error)
  const errorReason = isRefusal(error) ? sandbox.errorReason : failureReason(error)
  await parts.changes.move(sandbox, state, { desiredState: state, errorReason, wanted: null })
  throw error
}

/** The same, but nobody may be waiting any more: the sandbox is in `error`, from which it can be recovered. */
export async function giveUpInError(parts: SandboxParts, sandbox: SandboxRecord, error: unknown): Promise<never> {
  const { state } = await parts.engine.inspect(sandbox.id)
  const isRecoverable = state !== 'absent'
  const errorReason = isRecoverable ? failureReason(error) : diskGone
  const desiredState = state === 'absent' ? 'stopped' : state
  await parts.changes.move(sandbox, 'error', { desiredState, errorReason, isRecoverable, wanted: null })
  throw error
}

/** True for what the engine will not do, in contrast to what has gone wrong while it did it. */
export function isRefusal(error: unknown): boolean {
  if (!isPlatformError(error)) return false
  return error.status < 500 || error.code === 'NOT_IMPLEMENTED' || error.code === 'INSUFFICIENT_CAPACITY'
}
