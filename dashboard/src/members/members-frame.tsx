import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'
import { SubNav } from '../design/sub-nav.tsx'

const parts = [
  { path: '/members', name: 'Members' },
  { path: '/members/invitations', name: 'Invitations' },
  { path: '/members/roles', name: 'Roles' },
]

/** What all parts of the page have: the title and the way to the other parts. */
export function MembersFrame({
  current,
  actions,
  children,
}: {
  current: string
  actions?: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <Page title="Members" actions={actions}>
      <SubNav label="Parts of the page" parts={parts} current={current} />
      {children}
    </Page>
  )
}
