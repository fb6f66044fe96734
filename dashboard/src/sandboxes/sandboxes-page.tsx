import { Boxes, Play, Plus, SearchX, Square, Trash2, X } from 'lucide-react'
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { useKeys } from '../frame/keys.ts'
import { type Action, canDo, useAct } from './actions.ts'
import type { RowSelectionState } from './columns.tsx'
import { CreateDialog } from './create-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { applyFilter, type Filter, Filters } from './filters.tsx'
import { mostSandboxes, type SandboxItem, useSandboxes } from './live.ts'
import { SandboxTable } from './sandbox-table.tsx'
import './sandboxes.css'

/** All sandboxes of the organization, as they are now. */
export function SandboxesPage(): ReactNode {
  const query = useSandboxes()
  const { data } = query
  const [, go] = useLocation()
  const isCreating = new URLSearchParams(useSearch()).has('create')
  const [filter, setFilter] = useState<Filter>({ text: '', group: 'all' })
  const [selection, setSelection] = useState<RowSelectionState>({})
  const [toDelete, setToDelete] = useState<readonly SandboxItem[]>([])
  const field = useRef<HTMLInputElement>(null)
  const wanted = useDeferredValue(filter)
  const shown = useMemo(() => applyFilter(data ?? [], wanted), [data, wanted])
  // What is hidden by a filter, or gone, is not acted on.
  const chosen = useMemo(() => shown.filter(({ id }) => selection[id] === true), [shown, selection])
  const act = useAct()
  const openDialog = (): void => go('/sandboxes?create')
  useKeys({ c: openDialog, '/': () => field.current?.focus(), escape: () => setSelection({}) })

  return (
    <div className="page">
      <title>Sandboxes · Sandyard</title>
      <div className="page-head">
        <h1>Sandboxes</h1>
        <div className="actions">
          <button type="button" className="button" data-kind="primary" onClick={openDialog}>
            <Plus aria-hidden /> Create
          </button>
        </div>
      </div>
      {data === undefined && (
        <Loaded query={query} what="Your sandboxes could not be read">
          {() => null}
        </Loaded>
      )}
      {data !== undefined && data.length === 0 && <NoneYet onCreate={openDialog} />}
      {data !== undefined && data.length > 0 && (
        <>
          <Filters filter={filter} onChange={setFilter} sandboxes={data} field={field} />
          {data.length >= mostSandboxes && (
            <Note>
              The newest {mostSandboxes.toLocaleString()} sandboxes are shown; older ones are found by the API and the
              command line.
            </Note>
          )}
          {chosen.length > 0 && (
            <BulkBar
              chosen={chosen}
              onAct={(action) => void act(action, chosen)}
              onDelete={() => setToDelete(chosen)}
              onClear={() => setSelection({})}
            />
          )}
          {shown.length === 0 ? (
            <div className="empty">
              <SearchX aria-hidden />
              <h2>No sandbox fits the filter</h2>
              <button type="button" className="button" onClick={() => setFilter({ text: '', group: 'all' })}>
                Show all
              </button>
            </div>
          ) : (
            <SandboxTable sandboxes={shown} selection={selection} onSelection={setSelection} onDelete={setToDelete} />
          )}
        </>
      )}
      {isCreating && <CreateDialog onClose={() => go('/sandboxes', { replace: true })} />}
      {toDelete.length > 0 && (
        <DeleteDialog
          sandboxes={toDelete}
          onClose={() => setToDelete([])}
          onDelete={() => {
            void act('delete', toDelete)
            setToDelete([])
            setSelection({})
          }}
        />
      )}
    </div>
  )
}

function BulkBar({
  chosen,
  onAct,
  onDelete,
  onClear,
}: {
  chosen: readonly SandboxItem[]
  onAct: (action: Action) => void
  onDelete: () => void
  onClear: () => void
}): ReactNode {
  const count = (action: Action): number => chosen.filter((sandbox) => canDo(action, sandbox)).length
  return (
    <div className="bulk" role="toolbar" aria-label="Chosen sandboxes">
      <span className="numbers">{chosen.length} chosen</span>
      <button type="button" className="button" disabled={count('start') === 0} onClick={() => onAct('start')}>
        <Play aria-hidden /> Start
      </button>
      <button type="button" className="button" disabled={count('stop') === 0} onClick={() => onAct('stop')}>
        <Square aria-hidden /> Stop
      </button>
      <button type="button" className="button" disabled={count('delete') === 0} onClick={onDelete}>
        <Trash2 aria-hidden /> Delete…
      </button>
      <button type="button" className="icon-button" aria-label="Choose none" onClick={onClear}>
        <X />
      </button>
    </div>
  )
}

function NoneYet({ onCreate }: { onCreate: () => void }): ReactNode {
  return (
    <div className="empty">
      <Boxes aria-hidden />
      <h2>No sandboxes yet</h2>
      <p>
        A sandbox is a computer of your own, ready in a blink: run code in it, open a terminal, show what it serves.
      </p>
      <button type="button" className="button" data-kind="primary" onClick={onCreate}>
        <Plus aria-hidden /> Create your first sandbox
      </button>
      <Link href="/onboarding">First steps: by your own program</Link>
    </div>
  )
}
