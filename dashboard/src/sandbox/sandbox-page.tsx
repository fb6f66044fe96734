import { DaytonaNotFoundError } from '@sandyard/sdk'
import { ChevronLeft, Moon, Play, SearchX, Square, Trash2 } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { Failure } from '../design/notes.tsx'
import { canDo, useAct } from '../sandboxes/actions.ts'
import { DeleteDialog } from '../sandboxes/delete-dialog.tsx'
import { type SandboxDetail, useSandbox } from '../sandboxes/live.ts'
import { StateBadge } from '../sandboxes/states.tsx'
import { OverviewTab } from './overview-tab.tsx'
import './sandbox.css'

const TerminalTab = lazy(() => import('./terminal-tab.tsx').then((file) => ({ default: file.TerminalTab })))

/** Tabs by their part of the path; a new one is a line here and one in `Tab`. */
const tabs = { overview: 'Overview', terminal: 'Terminal' } as const

/** One sandbox. */
export function SandboxPage({ id, tab }: { id: string; tab: string }): ReactNode {
  const { data, error, refetch } = useSandbox(id)
  if (data === undefined && error instanceof DaytonaNotFoundError) return <Gone />
  if (data === undefined && error !== null)
    return <Failure what="The sandbox could not be read" error={error} onRetry={() => void refetch()} />
  if (data === undefined) return null
  if (data.state === 'destroyed') return <Gone />
  return (
    <div className="page sandbox">
      <title>{`${data.name} · Sandyard`}</title>
      <Head sandbox={data} />
      <nav className="tabs" aria-label="About this sandbox">
        {Object.entries(tabs).map(([path, name]) => (
          <Link key={path} href={`/sandboxes/${id}/${path}`} aria-current={path === tab ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <Tab sandbox={data} tab={tab} />
    </div>
  )
}

function Head({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const act = useAct()
  const [, go] = useLocation()
  const [isDeleting, setDeleting] = useState(false)
  return (
    <div className="page-head">
      <Link className="icon-button" href="/sandboxes" aria-label="Back to all sandboxes">
        <ChevronLeft />
      </Link>
      <h1 className="cut">{sandbox.name}</h1>
      <StateBadge sandbox={sandbox} />
      <div className="actions">
        {canDo('start', sandbox) && (
          <button type="button" className="button" onClick={() => void act('start', [sandbox])}>
            <Play aria-hidden /> Start
          </button>
        )}
        {canDo('stop', sandbox) && (
          <button type="button" className="button" onClick={() => void act('stop', [sandbox])}>
            <Square aria-hidden /> Stop
          </button>
        )}
        <button type="button" className="button" disabled={!canDo('delete', sandbox)} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden /> Delete…
        </button>
      </div>
      {isDeleting && (
        <DeleteDialog
          sandboxes={[sandbox]}
          onClose={() => setDeleting(false)}
          onDelete={() => {
            void act('delete', [sandbox])
            go('/sandboxes')
          }}
        />
      )}
    </div>
  )
}

function Tab({ sandbox, tab }: { sandbox: SandboxDetail; tab: string }): ReactNode {
  const act = useAct()
  if (tab !== 'terminal') return <OverviewTab sandbox={sandbox} />
  if (sandbox.state === 'started') {
    return (
      <Suspense>
        <TerminalTab id={sandbox.id} />
      </Suspense>
    )
  }
  return (
    <div className="empty">
      <Moon aria-hidden />
      <h2>The sandbox is {sandbox.state.replaceAll('_', ' ')}</h2>
      <p>Its terminals ended when it stopped. Files are as they were.</p>
      {canDo('start', sandbox) && (
        <button type="button" className="button" data-kind="primary" onClick={() => void act('start', [sandbox])}>
          <Play aria-hidden /> Start
        </button>
      )}
    </div>
  )
}

function Gone(): ReactNode {
  return (
    <div className="empty">
      <SearchX aria-hidden />
      <h1>This sandbox is not there</h1>
      <p>It was deleted, or belongs to another organization.</p>
      <Link href="/sandboxes">To your sandboxes</Link>
    </div>
  )
}
