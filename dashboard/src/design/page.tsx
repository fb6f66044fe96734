import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './notes.tsx'

/** A page with its title and what can be done on it. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <div className="page">
      <title>{`${title} · Sandyard`}</title>
      <div className="page-head">
        <h1>{title}</h1>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}

/** What was read, or that it is being read, or why it could not be. `what` is a sentence: `Your volumes could not be read`. */
export function Loaded<Data>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<Data>
  what: string
  children: (data: Data) => ReactNode
}): ReactNode {
  const { data, error, refetch } = query
  if (data !== undefined) return children(data)
  if (error !== null) return <Failure what={what} error={error} onRetry={() => void refetch()} />
  return <WaitingRows />
}

/** What a page is until it is loaded: nothing at first, so that a quick one does not flicker. */
export function WaitingPage(): ReactNode {
  return (
    <div className="page waiting-page">
      <WaitingRows />
    </div>
  )
}

function WaitingRows(): ReactNode {
  return (
    <div className="waiting-rows" role="status" aria-label="Is being read">
      {[82, 64, 74, 56, 68].map((width) => (
        <div key={width} className="skeleton" style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}
