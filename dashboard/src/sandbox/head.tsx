import { ChevronLeft } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { type Action, useAct, useRights } from '../sandboxes/actions.ts'
import { AskDialog } from '../sandboxes/ask-dialogs.tsx'
import { leftListPath } from '../sandboxes/filter.ts'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { type Asked, type Entry, entriesFor } from '../sandboxes/menu-actions.ts'
import { RowMenu } from '../sandboxes/row-menu.tsx'
import { StateBadge } from '../sandboxes/states.tsx'

/** Buttons beside the menu: what is done most, where the state allows it. */
const buttons: readonly Entry['action'][] = ['start', 'stop', 'recover', 'fork']

/** Name and state of a sandbox, and all that can be done to it now. */
export function Head({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const act = useAct()
  const [, go] = useLocation()
  const [asked, setAsked] = useState<Asked | null>(null)
  const { canWrite, canDelete } = useRights()
  const rights = useMemo(() => ({ canWrite, canDelete }), [canWrite, canDelete])
  const shown = entriesFor(sandbox, rights).filter(({ action }) => buttons.includes(action))
  const run = ({ action, isAsking }: Entry): void => {
    if (isAsking) setAsked({ kind: action as Asked['kind'], sandboxes: [sandbox] })
    else void act(action as Action, [sandbox])
  }
  return (
    <div className="page-head">
      <Link className="icon-button" href={leftListPath()} aria-label="Back to all sandboxes">
        <ChevronLeft />
      </Link>
      <h1 className="cut">{sandbox.name}</h1>
      <StateBadge sandbox={sandbox} />
      <div className="actions">
        {shown.map((entry) => (
          <button key={entry.action} type="button" className="button" onClick={() => run(entry)}>
            <entry.icon aria-hidden /> {entry.name}
          </button>
        ))}
        <RowMenu sandbox={sandbox} rights={rights} onAsk={setAsked} besides={buttons} />
      </div>
      {asked !== null && <AskDialog asked={asked} onClose={() => setAsked(null)} onDelete={() => go(leftListPath())} />}
    </div>
  )
}
