import { DaytonaNotFoundError } from '@sandyard/sdk'
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { Redirect } from 'wouter'
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
  readonly content: ComponentType<{ sandbox: SandboxDetail }>
  /** true where it is about what runs: there is nothing to show while the sandbox rests */
  readonly needsRunning?: boolean
}

/** Tabs by their part of the path; all but the first are loaded when they are opened. */
const tabs: Readonly<Record<string, Tab>> = {
  overview: { name: 'Overview', content: OverviewTab },
  terminal: {
    name: 'Terminal',
    content: lazy(() => import('./terminal-tab.tsx').then((file) => ({ default: file.TerminalTab }))),
    needsRunning: true,
  },
  files: {
    name: 'Files',
    content: lazy(() => import('./files-tab.tsx').then((file) => ({ default: file.FilesTab }))),
    needsRunning: true,
  },
  processes: {
    name: 'Processes',
    content: lazy(() => import('./processes-tab.tsx').then((file) => ({ default: file.ProcessesTab }))),
    needsRunning: true,
  },
  ports: {
    name: 'Ports',
    content: lazy(() => import('./ports-tab.tsx').then((file) => ({ default: file.PortsTab }))),
    needsRunning: true,
  },
  metrics: {
    name: 'Metrics',
    content: lazy(() => import('./metrics-tab.tsx').then((file) => ({ default: file.MetricsTab }))),
  },
  network: {
    name: 'Network',
    content: lazy(() => import('./network-tab.tsx').then((file) => ({ default: file.NetworkTab }))),
  },
  access: {
    name: 'Access',
    content: lazy(() => import('./access-tab.tsx').then((file) => ({ default: file.AccessTab }))),
  },
  tree: {
    name: 'Forks and snapshots',
    content: lazy(() => import('./tree-tab.tsx').then((file) => ({ default: file.TreeTab }))),
  },
  activity: {
    name: 'Activity',
    content: lazy(() => import('./activity-tab.tsx').then((file) => ({ default: file.ActivityTab }))),
  },
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
  return (
    <Suspense fallback={<WaitingPage />}>
      <Content sandbox={sandbox} />
    </Suspense>
  )
}
