import { Component, type ReactNode } from 'react'
import { Failure } from '../design/notes.tsx'

/** Shows a page's fault in its place, so that the rest goes on working. */
export class FaultBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    if (isLoadFailure(error)) {
      const why = new Error('The platform does not answer, or this machine has no way to it.')
      // What could not be loaded once is not asked for again, unless the whole page is.
      return <Failure what="This page could not be loaded" error={why} onRetry={() => location.reload()} />
    }
    return <Failure what="This page has failed" error={error} onRetry={() => this.setState({ error: null })} />
  }
}

/** Chromium, Firefox and Safari say each in their own words that a part of the page did not come. */
function isLoadFailure({ message }: Error): boolean {
  return /dynamically imported module|importing a module|unable to preload/i.test(message)
}
