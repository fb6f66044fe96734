import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'
import { SubNav } from '../design/sub-nav.tsx'
import { useIsAdmin } from '../platform/permissions.ts'

const forAll = [
  { path: '/settings', name: 'Organization' },
  { path: '/settings/platform', name: 'Platform' },
]
const forAdmins = [
  { path: '/settings/users', name: 'Users' },
  { path: '/settings/organizations', name: 'All organizations' },
]

/** What all parts of the settings have: the title and the way to the other parts. */
export function SettingsFrame({
  current,
  actions,
  children,
}: {
  current: string
  actions?: ReactNode
  children: ReactNode
}): ReactNode {
  const isAdmin = useIsAdmin()
  return (
    <Page title="Settings" actions={actions}>
      <SubNav label="Parts of the page" parts={isAdmin ? [...forAll, ...forAdmins] : forAll} current={current} />
      {children}
    </Page>
  )
}
