import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function KeysPage(): ReactNode {
  return <Page title="API keys">{null}</Page>
}
