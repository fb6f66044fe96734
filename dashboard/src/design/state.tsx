import type { ReactNode } from 'react'

/** What a state is to a person: is it well, at work, at rest, or broken? */
export type Tone = 'good' | 'busy' | 'rest' | 'bad'

/** A state in its colour, with the reason for it below where there is one. */
export function State({ tone, word, reason }: { tone: Tone; word: string; reason?: string | null }): ReactNode {
  return (
    <>
      <span className="state" data-tone={tone}>
        {word}
      </span>
      {reason && (
        <span className="state-reason small" title={reason}>
          {reason}
        </span>
      )}
    </>
  )
}
