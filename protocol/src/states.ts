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
  pending_build: ['building_snapshot', 'creating', 'build_failed', 'destroying'],
  building_snapshot: ['creating', 'build_failed', 'destroying'],
  build_failed: ['destroying'],
  creating: ['started', 'stopped', 'error', 'destroying'],
  started: [
    'stopping',
    'pausing',
    'resizing',
    'snapshotting',
    'forking',
    'stopped',
    'paused',
    'archived',
    'destroying',
    'error',
  ],
  stopping: ['stopped', 'error', 'destroying'],
  stopped: [
    'starting',
    'archiving',
    'resizing',
    'snapshotting',
    'started',
    'paused',
    'archived',
    'destroying',
    'error',
  ],
  starting: ['started', 'stopped', 'error', 'destroying'],
  pausing: ['paused', 'started', 'stopped', 'error'],
  paused: ['resuming', 'stopping', 'started', 'stopped', 'archived', 'destroying', 'error'],
  resuming: ['started', 'paused', 'stopped', 'error'],
  archiving: ['archived', 'restoring', 'stopped', 'error'],
  archived: ['restoring', 'started', 'stopped', 'paused', 'destroying', 'error'],
  restoring: ['starting', 'started', 'stopped', 'archived', 'error'],
  resizing: ['started', 'stopped', 'error'],
  snapshotting: ['started', 'stopped', 'error'],
  forking: ['started', 'stopped', 'error'],
  error: ['restoring', 'starting', 'resuming', 'started', 'stopped', 'paused', 'archived', 'destroying'],
  destroying: ['destroyed', 'error'],
  destroyed: [],
}

/** True when a sandbox may go from one state to the other. Staying is always legal. */
export function canFollow(from: SandboxState, to: SandboxState): boolean {
  return from === to || (transitions[from]?.includes(to) ?? false)
}

/** States in which nothing is under way; every other one is left by itself. */
export const restingStates: ReadonlySet<SandboxState> = new Set([
  'started',
  'paused',
  'stopped',
  'archived',
  'error',
  'build_failed',
  'destroyed',
])

/** States of a sandbox that is changed and goes back to where it was, which its desired state says. */
export const changingStates: ReadonlySet<SandboxState> = new Set(['resizing', 'snapshotting', 'forking'])

/** States of a sandbox that waits for its build: the engine has not heard of it yet. */
export const waitingStates: ReadonlySet<SandboxState> = new Set(['pending_build', 'building_snapshot'])
