import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from 'wouter'

/** Parts of a page that have paths of their own. Where they do not fit side by side, the one that is shown comes into sight. */
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
  const nav = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each part that is chosen is another place
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [current])
  return (
    <nav className="sub-nav" aria-label={label} ref={nav}>
      {parts.map(({ path, name }) => (
        <Link key={path} href={path} aria-current={path === current ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
