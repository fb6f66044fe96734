import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function RegistriesPage(): ReactNode {
  return <Page title="Registries">{null}</Page>
}
