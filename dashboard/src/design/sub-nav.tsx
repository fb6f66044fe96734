import type { ReactNode } from 'react'
import { Link } from 'wouter'
import './parts.css'

/** Parts of a page that have paths of their own. */
export function SubNav({
  label,
  parts,
  current,
}: {
  label: string
  parts: readonly { readonly path: string; readonly name: string }[]
  /** path of the part that is shown */
  current: string
}): ReactNode {
  return (
    <nav className="sub-nav" aria-label={label}>
      {parts.map(({ path, name }) => (
        <Link key={path} href={path} aria-current={path === current ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
