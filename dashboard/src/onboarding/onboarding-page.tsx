import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function OnboardingPage(): ReactNode {
  return <Page title="First steps">{null}</Page>
}
