import { CircleAlert, Info, RotateCw, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'

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

/** What a page shows when there is no such thing as it is about. `all`: where the others are. */
export function Gone({ what, all }: { what: string; all: string }): ReactNode {
  return (
    <div className="empty">
      <SearchX aria-hidden />
      <h1>This {what} is not there</h1>
      <p>It was deleted, or belongs to another organization.</p>
      <Link href={all}>To all of them</Link>
    </div>
  )
}

/** What a list shows when it has rows, and none that were looked for. `what`: one of them. */
export function NothingFits({
  what,
  by = 'search',
  onClear,
}: {
  what: string
  by?: string
  onClear: () => void
}): ReactNode {
  return (
    <div className="empty">
      <SearchX aria-hidden />
      <h2>
        No {what} fits the {by}
      </h2>
      <button type="button" className="button" onClick={onClear}>
        Show all
      </button>
    </div>
  )
}
