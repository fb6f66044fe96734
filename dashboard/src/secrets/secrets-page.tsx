import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function SecretsPage(): ReactNode {
  return <Page title="Secrets">{null}</Page>
}
