import type { ReactNode } from 'react'
import './cards.css'

/** Below the head of a page: cards in one column that scrolls. `label` names it for screen readers. */
export function Cards({ label, children }: { label: string; children: ReactNode }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="cards" tabIndex={0} aria-label={label}>
      <div>{children}</div>
    </section>
  )
}

/** What belongs together on a page of settings, with what can be done to it. */
export function Card({
  title,
  description,
  actions,
  kind,
  children,
}: {
  title: string
  description?: ReactNode
  actions?: ReactNode
  kind?: 'danger'
  children?: ReactNode
}): ReactNode {
  return (
    <section className="card" data-kind={kind}>
      <header>
        <div>
          <h2>{title}</h2>
          {description !== undefined && <p className="quiet">{description}</p>}
        </div>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}
