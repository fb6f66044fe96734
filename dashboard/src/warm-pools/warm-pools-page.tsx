import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function WarmPoolsPage(): ReactNode {
  return <Page title="Warm pools">{null}</Page>
}
