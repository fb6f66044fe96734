import type { ReactNode } from 'react'
import { ago, moment } from './times.ts'
import { useNow } from './use-now.ts'

/** How long ago a moment was, kept right; the moment itself is its hint. */
export function Ago({ iso }: { iso: string }): ReactNode {
  const now = useNow(15_000)
  return (
    <time className="numbers" dateTime={iso} title={moment(iso)}>
      {ago(iso, now)}
    </time>
  )
}
