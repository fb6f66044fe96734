import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function MembersPage(): ReactNode {
  return <Page title="Members">{null}</Page>
}
