import type { SandboxState } from '@sandyard/sdk'
import type { ReactNode } from 'react'
import type { Tone } from '../design/state.tsx'
import type { SandboxItem } from './live.ts'

/** What a state is to a person: is it well, at work, at rest, or broken? */
export function toneOf(state: SandboxState): Tone {
  switch (state) {
    case 'started':
      return 'good'
    case 'stopped':
    case 'paused':
    case 'archived':
    case 'destroyed':
      return 'rest'
    case 'error':
    case 'build_failed':
    case 'unknown':
      return 'bad'
    default:
      return 'busy'
  }
}

/** A state in the words of people. */
export function stateWord(state: SandboxState): string {
  switch (state) {
    case 'pending_build':
      return 'waits to be built'
    case 'building_snapshot':
      return 'building'
    case 'pulling_snapshot':
      return 'downloading'
    case 'snapshotting':
      return 'being saved'
    default:
      return state.replaceAll('_', ' ')
  }
}

/** The state of a sandbox, with its reason where it has one. */
export function StateBadge({ sandbox }: { sandbox: Pick<SandboxItem, 'state' | 'errorReason'> }): ReactNode {
  const { state, errorReason } = sandbox
  return (
    <span className="state" data-tone={toneOf(state)} title={errorReason}>
      {stateWord(state)}
    </span>
  )
}
