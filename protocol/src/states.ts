/** Sandbox states on the wire, and which may follow which (api.md 2.1 and 2.5). */

export const sandboxStates = [
  'creating',
  'restoring',
  'destroyed',
  'destroying',
  'started',
  'stopped',
  'starting',
  'stopping',
  'error',
  'build_failed',
  'pending_build',
  'building_snapshot',
  'unknown',
  'pulling_snapshot',
  'archived',
  'archiving',
  'resizing',
  'snapshotting',
  'forking',
  'pausing',
  'paused',
  'resuming',
] as const

export type SandboxState = (typeof sandboxStates)[number]

export const desiredStates = ['destroyed', 'started', 'stopped', 'resized', 'archived', 'paused'] as const

export type DesiredState = (typeof desiredStates)[number]

/** What this version moves between. A state that is not a key is known on the wire but never entered yet. */
const transitions: Partial<Record<SandboxState, readonly SandboxState[]>> = {
  creating: ['started', 'error', 'destroying'],
  started: ['stopping', 'stopped', 'destroying', 'error'],
  stopping: ['stopped', 'error', 'destroying'],
  stopped: ['starting', 'started', 'destroying', 'error'],
  starting: ['started', 'stopped', 'error', 'destroying'],
  error: ['stopped', 'started', 'destroying'],
  destroying: ['destroyed', 'error'],
  destroyed: [],
}

/** True when a sandbox may go from one state to the other. Staying is always legal. */
export function canFollow(from: SandboxState, to: SandboxState): boolean {
  return from === to || (transitions[from]?.includes(to) ?? false)
}

/** States in which nothing is under way; every other one is left by itself. */
export const restingStates: ReadonlySet<SandboxState> = new Set(['started', 'stopped', 'error', 'destroyed'])
