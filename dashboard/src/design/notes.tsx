import { CircleAlert, Info, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'

/** A line of text that stands out. */
export function Note({
  kind = 'plain',
  children,
}: {
  kind?: 'plain' | 'bad' | 'busy'
  children: ReactNode
}): ReactNode {
  const Icon = kind === 'bad' ? CircleAlert : Info
  return (
    <div className="note" data-kind={kind} role={kind === 'bad' ? 'alert' : undefined}>
      <Icon aria-hidden />
      <div>{children}</div>
    </div>
  )
}

/** What a page shows when what it is about could not be read. */
export function Failure({ error, what, onRetry }: { error: Error; what: string; onRetry: () => void }): ReactNode {
  return (
    <div className="empty" role="alert">
      <CircleAlert aria-hidden />
      <h2>{what}</h2>
      <p>{error.message}</p>
      <button type="button" className="button" onClick={onRetry}>
        <RotateCw aria-hidden /> Try again
      </button>
    </div>
  )
}
