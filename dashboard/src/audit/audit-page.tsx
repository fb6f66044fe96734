import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function AuditPage(): ReactNode {
  return <Page title="Audit log">{null}</Page>
}
