import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function AccountPage(): ReactNode {
  return <Page title="Your account">{null}</Page>
}
