import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function LimitsPage(): ReactNode {
  return <Page title="Limits and usage">{null}</Page>
}
