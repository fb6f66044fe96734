import type { ReactNode } from 'react'
import { Page } from '../design/page.tsx'

export function PlaygroundPage(): ReactNode {
  return <Page title="Playground">{null}</Page>
}
