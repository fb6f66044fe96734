import type { SandboxState } from '@sandyard/sdk'
import type { ReactNode } from 'react'
import type { SandboxItem } from './live.ts'

type Tone = 'good' | 'busy' | 'rest' | 'bad'

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

/** The state of a sandbox, with its reason where it has one. */
export function StateBadge({ sandbox }: { sandbox: Pick<SandboxItem, 'state' | 'errorReason'> }): ReactNode {
  const { state, errorReason } = sandbox
  return (
    <span className="state" data-tone={toneOf(state)} title={errorReason}>
      {state.replaceAll('_', ' ')}
    </span>
  )
}
