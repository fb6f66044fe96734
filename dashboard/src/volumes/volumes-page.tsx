import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function VolumesPage(): ReactNode {
  return <Page title="Volumes">{null}</Page>
}
