import type { DesiredState, SandboxState } from '@sandyard/protocol'

/** Which states go with which wanted one (api.md 2.5, "Legal"). */
export const legalStates: Readonly<Record<Exclude<DesiredState, 'resized'>, readonly SandboxState[]>> = {
  started: [
    'started',
    'stopped',
    'starting',
    'archived',
    'creating',
    'unknown',
    'restoring',
    'pending_build',
    'building_snapshot',
    'pulling_snapshot',
    'archiving',
    'error',
    'build_failed',
    'resizing',
    'snapshotting',
    'forking',
    'paused',
    'resuming',
  ],
  stopped: [
    'started',
    'stopping',
    'stopped',
    'error',
    'build_failed',
    'resizing',
    'snapshotting',
    'forking',
    'paused',
    'pausing',
  ],
  archived: ['archived', 'archiving', 'stopped', 'error', 'build_failed'],
  destroyed: [
    'destroyed',
    'destroying',
    'stopped',
    'started',
    'archived',
    'error',
    'build_failed',
    'archiving',
    'pending_build',
    'paused',
  ],
  paused: ['started', 'pausing', 'paused'],
}

/**
 * What we have beside these: our `recover` can bring back the disk alone, and a sandbox in `error` keeps what it was before.
 */
const ours: readonly string[] = ['stopped restoring', 'paused error']

/** True when a sandbox may be in the state while it is to be in the other. */
export function isLegal(desired: DesiredState, state: SandboxState): boolean {
  return desired !== 'resized' && (legalStates[desired].includes(state) || ours.includes(`${desired} ${state}`))
}

/** One row of the table of operations: what each answers in each state at rest (api.md 2.6). */
export interface Operation {
  readonly request: string
  readonly body?: object
  /** states in which it is done, with the states that it goes through and ends in */
  readonly done: Partial<Record<RestingState, readonly SandboxState[]>>
  /** answer in every other state */
  readonly refused: { readonly status: number; readonly message: RegExp }
}

/** States that operations begin in. */
export const restingStates = ['started', 'stopped', 'paused', 'archived', 'error'] as const

export type RestingState = (typeof restingStates)[number]

const errored = /errored state|not in valid state|must be|not in a|is not/i

/** Every operation that leads a sandbox from one state to another. */
export const operations: readonly Operation[] = [
  {
    request: 'POST start',
    done: {
      started: [],
      stopped: ['starting', 'started'],
      paused: ['resuming', 'started'],
      archived: ['restoring', 'started'],
    },
    refused: { status: 400, message: errored },
  },
  {
    request: 'POST stop',
    done: { started: ['stopping', 'stopped'], paused: ['stopping', 'stopped'] },
    refused: { status: 400, message: /not in a stoppable state|errored state/ },
  },
  {
    request: 'POST pause',
    done: { started: ['pausing', 'paused'] },
    refused: { status: 400, message: errored },
  },
  {
    request: 'POST archive',
    done: { stopped: ['archiving', 'archived'] },
    refused: { status: 400, message: /Sandbox is not stopped|errored state/ },
  },
  {
    request: 'POST fork',
    body: {},
    done: { started: ['forking', 'started'] },
    refused: { status: 400, message: errored },
  },
  {
    request: 'POST snapshot',
    body: { name: 'saved' },
    done: { started: ['snapshotting', 'started'], stopped: ['snapshotting', 'stopped'] },
    refused: { status: 400, message: errored },
  },
  {
    request: 'POST resize',
    body: { cpu: 2 },
    done: { started: ['resizing', 'started'], stopped: ['resizing', 'stopped'] },
    refused: { status: 400, message: errored },
  },
  {
    request: 'POST recover',
    done: { error: ['starting', 'started'] },
    refused: { status: 400, message: /must be in error state/ },
  },
  {
    request: 'POST network-settings',
    body: { networkBlockAll: true },
    done: {
      started: ['started', 'started'],
      stopped: ['stopped', 'stopped'],
      paused: ['paused', 'paused'],
      archived: ['archived', 'archived'],
    },
    refused: { status: 400, message: errored },
  },
  {
    request: 'PUT secrets',
    body: { secrets: [] },
    done: {
      started: ['started'],
      stopped: ['stopped'],
      paused: ['paused'],
      archived: ['archived'],
    },
    refused: { status: 400, message: errored },
  },
  {
    request: 'DELETE ',
    done: Object.fromEntries(restingStates.map((state) => [state, ['destroying', 'destroyed']])),
    refused: { status: 400, message: errored },
  },
]
