import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import './tabs.css'

/** A part of a page with a path of its own. */
export interface Tab {
  readonly path: string
  readonly name: string
  /** how many things are in it, once that is known */
  readonly count?: number | undefined
}

/** Links to the parts of a page; the one with the longest path that fits the address is the current one. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }): ReactNode {
  const [location] = useLocation()
  const fitting = tabs.filter(({ path }) => location === path || location.startsWith(`${path}/`))
  const current = fitting.toSorted((one, other) => other.path.length - one.path.length)[0]
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ path, name, count }) => (
        <Link key={path} href={path} aria-current={path === current?.path ? 'page' : undefined}>
          {name}
          {count !== undefined && count > 0 && <span className="count numbers">{count}</span>}
        </Link>
      ))}
    </nav>
  )
}
