import { ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'
import { State } from '../design/state.tsx'
import { SubNav } from '../design/sub-nav.tsx'
import type { Preview } from './calls.ts'
import { statusText, statusTones, webLink } from './words.ts'

/** How a preview does; with its reason where there is room for it. */
export function PreviewState({ preview, hasReason = false }: { preview: Preview; hasReason?: boolean }): ReactNode {
  return (
    <State
      tone={statusTones[preview.status]}
      word={statusText(preview)}
      reason={hasReason && preview.status === 'failed' ? preview.error : null}
    />
  )
}

/** A link out of the page; only text where it is none that a page may have. */
export function OutLink({ url, children }: { url: string | null; children: ReactNode }): ReactNode {
  const href = webLink(url)
  if (href === undefined) return children
  return (
    <a href={href} target="_blank" rel="noreferrer" className="out-link">
      {children} <ExternalLink aria-hidden />
    </a>
  )
}

/** The pull request that a preview is of. */
export function PullRequest({ of }: { of: NonNullable<Preview['pullRequest']> }): ReactNode {
  return (
    <OutLink url={of.url}>
      #{of.number} {of.title}
    </OutLink>
  )
}

/** Both parts of the page. */
export function PreviewsNav({ current }: { current: '/previews' | '/previews/projects' }): ReactNode {
  return (
    <SubNav
      label="Previews"
      parts={[
        { path: '/previews', name: 'Previews' },
        { path: '/previews/projects', name: 'Projects' },
      ]}
      current={current}
    />
  )
}
