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
    return <Failure what="This page has failed" error={error} onRetry={() => this.setState({ error: null })} />
  }
}
