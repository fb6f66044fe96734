import { DaytonaNotFoundError } from '@sandyard/sdk'
import type { ComponentType, ReactNode } from 'react'
import { Redirect } from 'wouter'
import { type Later, later } from '../design/later.tsx'
import { Failure, Gone } from '../design/notes.tsx'
import { WaitingPage } from '../design/page.tsx'
import { SubNav } from '../design/sub-nav.tsx'
import { type SandboxDetail, useSandbox } from '../sandboxes/live.ts'
import { Head } from './head.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { Resting } from './resting.tsx'
import './sandbox.css'

/** What a tab shows. */
interface Tab {
  readonly name: string
  readonly content: ComponentType<{ sandbox: SandboxDetail }> | Later<{ sandbox: SandboxDetail }>
  /** true where it is about what runs: there is nothing to show while the sandbox rests */
  readonly needsRunning?: boolean
}

/** Tabs by their part of the path; all but the first are loaded when they are opened. */
const tabs: Readonly<Record<string, Tab>> = {
  overview: { name: 'Overview', content: OverviewTab },
  terminal: {
    name: 'Terminal',
    content: later(async () => (await import('./terminal-tab.tsx')).TerminalTab, <WaitingPage />),
    needsRunning: true,
  },
  files: {
    name: 'Files',
    content: later(async () => (await import('./files-tab.tsx')).FilesTab, <WaitingPage />),
    needsRunning: true,
  },
  processes: {
    name: 'Processes',
    content: later(async () => (await import('./processes-tab.tsx')).ProcessesTab, <WaitingPage />),
    needsRunning: true,
  },
  ports: {
    name: 'Ports',
    content: later(async () => (await import('./ports-tab.tsx')).PortsTab, <WaitingPage />),
    needsRunning: true,
  },
  metrics: {
    name: 'Metrics',
    content: later(async () => (await import('./metrics-tab.tsx')).MetricsTab, <WaitingPage />),
  },
  network: {
    name: 'Network',
    content: later(async () => (await import('./network-tab.tsx')).NetworkTab, <WaitingPage />),
  },
  access: {
    name: 'Access',
    content: later(async () => (await import('./access-tab.tsx')).AccessTab, <WaitingPage />),
  },
  tree: {
    name: 'Forks and snapshots',
    content: later(async () => (await import('./tree-tab.tsx')).TreeTab, <WaitingPage />),
  },
  activity: {
    name: 'Activity',
    content: later(async () => (await import('./activity-tab.tsx')).ActivityTab, <WaitingPage />),
  },
}

/** Loads what a tab shows, by its part of the path, before it is opened. */
export async function loadTab(tab: string): Promise<void> {
  const content = tabs[tab]?.content
  if (content !== undefined && 'load' in content) await content.load()
}

/** One sandbox. */
export function SandboxPage({ id, tab }: { id: string; tab: string }): ReactNode {
  const { data, error, refetch } = useSandbox(id)
  if (data === undefined && error instanceof DaytonaNotFoundError) return <Gone what="sandbox" all="/sandboxes" />
  if (data === undefined && error !== null)
    return <Failure what="The sandbox could not be read" error={error} onRetry={() => void refetch()} />
  if (data === undefined) return null
  if (data.state === 'destroyed') return <Gone what="sandbox" all="/sandboxes" />
  // It was asked for by its name; what events tell is put in under its id.
  if (data.id !== id) return <Redirect to={`/sandboxes/${data.id}/${tab}`} replace />
  return (
    <div className="page sandbox">
      <title>{`${data.name} · Sandyard`}</title>
      <Head sandbox={data} />
      <SubNav
        label="About this sandbox"
        parts={Object.entries(tabs).map(([path, { name }]) => ({ path: `/sandboxes/${id}/${path}`, name }))}
        current={`/sandboxes/${id}/${tab}`}
      />
      <Shown sandbox={data} tab={tabs[tab]} />
    </div>
  )
}

function Shown({ sandbox, tab }: { sandbox: SandboxDetail; tab: Tab | undefined }): ReactNode {
  const { content: Content = OverviewTab, needsRunning = false } = tab ?? {}
  if (needsRunning && sandbox.state !== 'started') return <Resting sandbox={sandbox} />
  return <Content sandbox={sandbox} />
}
