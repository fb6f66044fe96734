import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function WebhooksPage(): ReactNode {
  return <Page title="Webhooks">{null}</Page>
}
