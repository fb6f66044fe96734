import { Boxes, Plus } from 'lucide-react'
import { type ReactNode, useCallback, useDeferredValue, useMemo, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useKeys } from '../design/keys.ts'
import { later } from '../design/later.tsx'
import { Note, NothingFits } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { type Progress, useAct, useRights } from './actions.ts'
import { AskDialog } from './ask-dialogs.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { ColumnMenu, useColumnChoice } from './column-choice.tsx'
import type { RowSelectionState } from './columns.tsx'
import { applyFilter, listPath, noFilter, useFilter } from './filter.ts'
import { Filters } from './filters.tsx'
import { mostSandboxes, useSandboxes } from './live.ts'
import type { Asked } from './menu-actions.ts'
import { SandboxTable } from './sandbox-table.tsx'
import './sandboxes.css'

const CreateDialog = later(async () => (await import('./create/create-dialog.tsx')).CreateDialog)

/** All sandboxes of the organization, as they are now. */
export function SandboxesPage(): ReactNode {
  const query = useSandboxes()
  const { data } = query
  const [, go] = useLocation()
  const params = new URLSearchParams(useSearch())
  const [filter, setFilter] = useFilter()
  const [selection, setSelection] = useState<RowSelectionState>({})
  const [asked, setAsked] = useState<Asked | null>(null)
  const [progress, setProgress] = useState<Progress | null>(null)
  const [shownColumns, chooseColumns] = useColumnChoice()
  const wanted = useDeferredValue(filter)
  const shown = useMemo(() => applyFilter(data ?? [], wanted), [data, wanted])
  // What is hidden by a filter, or gone, is not acted on.
  const chosen = useMemo(() => shown.filter(({ id }) => selection[id] === true), [shown, selection])
  const act = useAct()
  const { canWrite, canDelete } = useRights()
  const rights = useMemo(() => ({ canWrite, canDelete }), [canWrite, canDelete])
  const openDialog = useCallback(() => go(listPath(filter, { create: '' })), [go, filter])
  useKeys({
    ...(canWrite ? { c: openDialog } : {}),
    escape: () => setSelection({}),
  })

  return (
    <div className="page">
      <title>Sandboxes · Sandyard</title>
      <div className="page-head">
        <h1>Sandboxes</h1>
        {canWrite && (
          <div className="actions">
            <button type="button" className="button" data-kind="primary" onClick={openDialog}>
              <Plus aria-hidden /> Create
            </button>
          </div>
        )}
      </div>
      {data === undefined && (
        <Loaded query={query} what="Your sandboxes could not be read">
          {() => null}
        </Loaded>
      )}
      {data !== undefined && data.length === 0 && <NoneYet onCreate={canWrite ? openDialog : null} />}
      {data !== undefined && data.length > 0 && (
        <>
          <Filters filter={filter} onChange={setFilter} sandboxes={data}>
            <ColumnMenu shown={shownColumns} onChange={chooseColumns} />
          </Filters>
          {data.length >= mostSandboxes && (
            <Note>
              The newest {mostSandboxes.toLocaleString()} sandboxes are shown; older ones are found by the API and the
              command line.
            </Note>
          )}
          {(chosen.length > 0 || progress !== null) && (
            <BulkBar
              chosen={chosen}
              rights={rights}
              progress={progress}
              onAct={(action) => void act(action, chosen, setProgress)}
              onDelete={() => setAsked({ kind: 'delete', sandboxes: chosen })}
              onClear={() => setSelection({})}
            />
          )}
          {shown.length === 0 ? (
            <NothingFits what="sandbox" by="filter" onClear={() => setFilter(noFilter)} />
          ) : (
            <SandboxTable
              sandboxes={shown}
              selection={selection}
              onSelection={setSelection}
              onAsk={setAsked}
              rights={rights}
              shownColumns={shownColumns}
            />
          )}
        </>
      )}
      {params.has('create') && canWrite && (
        <CreateDialog
          snapshot={params.get('snapshot') ?? undefined}
          onClose={() => go(listPath(filter), { replace: true })}
        />
      )}
      {asked !== null && (
        <AskDialog
          asked={asked}
          onClose={() => setAsked(null)}
          onDelete={() => {
            const gone = new Set(asked.sandboxes.map(({ id }) => id))
            setSelection((before) => Object.fromEntries(Object.entries(before).filter(([id]) => !gone.has(id))))
          }}
          onProgress={asked.sandboxes.length > 1 ? setProgress : undefined}
        />
      )}
    </div>
  )
}

function NoneYet({ onCreate }: { onCreate: (() => void) | null }): ReactNode {
  return (
    <div className="empty">
      <Boxes aria-hidden />
      <h2>No sandboxes yet</h2>
      <p>
        A sandbox is a computer of your own, ready in a blink: run code in it, open a terminal, show what it serves.
      </p>
      {onCreate === null ? (
        <p>To make one you need the right to write sandboxes. An owner of the organization can give it to you.</p>
      ) : (
        <button type="button" className="button" data-kind="primary" onClick={onCreate}>
          <Plus aria-hidden /> Create your first sandbox
        </button>
      )}
      <Link href="/onboarding">First steps: by your own program</Link>
    </div>
  )
}
