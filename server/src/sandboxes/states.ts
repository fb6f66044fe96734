import { changingStates, PlatformError, restingStates, type SandboxState } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'

/** Checks that a verb may start from the state. Throws BAD_REQUEST with the refusal, CONFLICT or NOT_FOUND. */
export function requireState(sandbox: SandboxRecord, allowed: readonly SandboxState[], refusal: string): void {
  const { id, state } = sandbox
  if (allowed.includes(state)) return
  if (state === 'destroyed') throw notFound('Sandbox with ID or name', id)
  if (!restingStates.has(state)) throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
  const isErrored = state === 'error' || state === 'build_failed'
  throw new PlatformError('BAD_REQUEST', isErrored ? 'Sandbox is in an errored state' : refusal)
}

/** Where a sandbox goes back to that is resized, saved or forked. */
export function homeState({ desiredState }: Pick<SandboxRecord, 'desiredState'>): 'started' | 'stopped' {
  return desiredState === 'started' ? 'started' : 'stopped'
}

/** The state as far as those outside are concerned who want to reach it: a change that it runs through does not show. */
export function reachableState(sandbox: Pick<SandboxRecord, 'state' | 'desiredState'>): SandboxState {
  return changingStates.has(sandbox.state) ? homeState(sandbox) : sandbox.state
}

/** True for a sandbox that goes away when it stops. */
export function isEphemeral({ autoDeleteMinutes }: Pick<SandboxRecord, 'autoDeleteMinutes'>): boolean {
  return autoDeleteMinutes === 0
}
