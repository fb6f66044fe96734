import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function PreviewsPage(): ReactNode {
  return <Page title="Previews">{null}</Page>
}
