import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function SnapshotsPage(): ReactNode {
  return <Page title="Snapshots">{null}</Page>
}
