import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import './fold.css'

/** A part of a form that is folded until somebody wants it; `what` says what is in it, or what was chosen there. */
export function Fold({
  title,
  what,
  isOpen = false,
  onOpen,
  children,
}: {
  title: string
  what?: ReactNode
  /** true: it begins unfolded */
  isOpen?: boolean
  onOpen?: () => void
  children: ReactNode
}): ReactNode {
  return (
    <details
      className="fold"
      open={isOpen || undefined}
      onToggle={({ currentTarget }) => currentTarget.open && onOpen?.()}
    >
      <summary>
        <ChevronRight aria-hidden />
        <span className="fold-title">{title}</span>
        {what !== undefined && <span className="fold-what quiet small">{what}</span>}
      </summary>
      <div className="fold-body">{children}</div>
    </details>
  )
}
