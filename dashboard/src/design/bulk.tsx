import { X } from 'lucide-react'
import type { ReactNode } from 'react'

/** What can be done to rows that were chosen. `label`: `Chosen volumes`; `head`: how many, or how far it is. */
export function Bulk({
  label,
  head,
  onClear,
  children,
}: {
  label: string
  head: ReactNode
  onClear: () => void
  children: ReactNode
}): ReactNode {
  return (
    <div className="bulk" role="toolbar" aria-label={label}>
      {head}
      {children}
      <button type="button" className="icon-button" aria-label="Choose none" onClick={onClear}>
        <X />
      </button>
    </div>
  )
}

const mostNamed = 5

/** The names of rows that something is done to, the first of them. */
export function FirstNames({ rows }: { rows: readonly { readonly name: string }[] }): ReactNode {
  const names = rows.slice(0, mostNamed).map(({ name }) => name)
  return (
    <p className="quiet">
      {names.join(', ')}
      {rows.length > mostNamed && ` and ${rows.length - mostNamed} more`}
    </p>
  )
}
