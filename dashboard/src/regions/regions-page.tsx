import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function RegionsPage(): ReactNode {
  return <Page title="Regions">{null}</Page>
}
