import { Layers, Pause, Play, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { ActionMenu } from '../design/action-menu.tsx'
import { Bulk } from '../design/bulk.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { NothingFits } from '../design/notes.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { State } from '../design/state.tsx'
import { Ago } from '../design/when.tsx'
import { useMay } from '../platform/permissions.ts'
import { useSnapshotAct } from './actions.ts'
import { CreateDialog } from './create-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { canDoTo, type Snapshot, type SnapshotAction, toneOfSnapshot, useSnapshots } from './live.ts'
import { useSnapshotMenu } from './menu.ts'
import { sizeText } from './size-text.ts'
import './snapshots.css'

const noneChosen: ReadonlySet<string> = new Set()

const columns: readonly Column<Snapshot>[] = [
  { name: 'Name', sortBy: ({ name }) => name, cell: (snapshot) => <Name snapshot={snapshot} /> },
  {
    name: 'State',
    sortBy: ({ state }) => state,
    cell: ({ state, errorReason }) => (
      <State tone={toneOfSnapshot(state)} word={state.replaceAll('_', ' ')} reason={errorReason} />
    ),
  },
  {
    name: 'Resources',
    sortBy: ({ mem }) => mem,
    isExtra: true,
    cell: ({ cpu, mem, disk }) => (
      <span className="numbers">
        {cpu} CPU · {mem} GiB <span className="quiet">· {disk} GiB disk</span>
      </span>
    ),
  },
  {
    name: 'Size',
    sortBy: ({ size }) => size ?? 0,
    isNumber: true,
    cell: ({ size }) => (size === null ? '' : sizeText(size)),
  },
  {
    name: 'Last used',
    sortBy: ({ lastUsedAt }) => Date.parse(lastUsedAt ?? '') || 0,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? <span className="quiet">never</span> : <Ago iso={lastUsedAt} />),
  },
  {
    name: 'Created',
    sortBy: ({ createdAt }) => Date.parse(createdAt),
    isExtra: true,
    cell: ({ createdAt }) => <Ago iso={createdAt} />,
  },
]

/** All snapshots, as they are now. */
export function SnapshotList(): ReactNode {
  const query = useSnapshots()
  const [, go] = useLocation()
  const isCreating = new URLSearchParams(useSearch()).has('create')
  const mayWrite = useMay()('write:snapshots')
  const openDialog = (): void => {
    if (mayWrite) go('/snapshots?create')
  }
  useKeys({ c: openDialog })
  const button = (
    <button type="button" className="button" data-kind="primary" onClick={openDialog}>
      <Plus aria-hidden /> Create
    </button>
  )
  return (
    <Page title="Snapshots" actions={mayWrite ? button : undefined}>
      <Loaded query={query} what="Your snapshots could not be read">
        {(snapshots) => (snapshots.length === 0 ? <None button={mayWrite && button} /> : <List all={snapshots} />)}
      </Loaded>
      {isCreating && mayWrite && <CreateDialog onClose={() => go('/snapshots', { replace: true })} />}
    </Page>
  )
}

function List({ all }: { all: readonly Snapshot[] }): ReactNode {
  const [text, setText] = useState('')
  const [keys, setKeys] = useState(noneChosen)
  const [toDelete, setToDelete] = useState<readonly Snapshot[]>([])
  const act = useSnapshotAct()
  const menuOf = useSnapshotMenu(setToDelete)
  const shown = useMemo(
    () => all.filter(({ name, state, imageName }) => hasWords(`${name} ${state} ${imageName}`, text)),
    [all, text],
  )
  const chosen = shown.filter(({ id }) => keys.has(id))
  useKeys({ escape: () => setKeys(noneChosen) })
  return (
    <>
      {all.every(({ general }) => general) ? (
        <p className="lead">
          These are the platform's own. Create one with your tools and files in it, so that each sandbox of it begins
          with them at once.
        </p>
      ) : (
        <SearchField label="Search by name, image or state" value={text} onChange={setText} />
      )}
      {chosen.length > 0 && (
        <BulkBar
          chosen={chosen}
          onAct={(action) => void act(action, chosen)}
          onDelete={() => setToDelete(chosen.filter((one) => canDoTo('delete', one)))}
          onClear={() => setKeys(noneChosen)}
        />
      )}
      {shown.length === 0 ? (
        <NothingFits what="snapshot" onClear={() => setText('')} />
      ) : (
        <DataTable
          label="Snapshots"
          rows={shown}
          columns={columns}
          keyOf={({ id }) => id}
          choice={{ keys, onChange: setKeys, nameOf: ({ name }) => name, isOff: ({ general }) => general }}
          menu={(snapshot) => <ActionMenu of={snapshot.name} actions={menuOf(snapshot)} />}
        />
      )}
      {toDelete.length > 0 && (
        <DeleteDialog
          snapshots={toDelete}
          onClose={() => setToDelete([])}
          onDelete={() => {
            void act('delete', toDelete)
            setToDelete([])
            setKeys(noneChosen)
          }}
        />
      )}
    </>
  )
}

function Name({ snapshot: { id, name, general, imageName, sourceSandboxId } }: { snapshot: Snapshot }): ReactNode {
  const from = sourceSandboxId === null ? imageName : `disk of sandbox ${sourceSandboxId.slice(0, 8)}`
  return (
    <div className="snapshot-name">
      <Link href={`/snapshots/${id}`}>{name}</Link>
      <span className="small quiet">
        {general ? 'of the platform, for everybody' : from === name ? 'from a Dockerfile' : from}
      </span>
    </div>
  )
}

function BulkBar({
  chosen,
  onAct,
  onDelete,
  onClear,
}: {
  chosen: readonly Snapshot[]
  onAct: (action: SnapshotAction) => void
  onDelete: () => void
  onClear: () => void
}): ReactNode {
  const may = useMay()
  const isOff = (action: SnapshotAction): boolean => !chosen.some((one) => canDoTo(action, one))
  return (
    <Bulk label="Chosen snapshots" head={<span className="numbers">{chosen.length} chosen</span>} onClear={onClear}>
      {may('write:snapshots') && (
        <>
          <button type="button" className="button" disabled={isOff('activate')} onClick={() => onAct('activate')}>
            <Play aria-hidden /> Activate
          </button>
          <button type="button" className="button" disabled={isOff('deactivate')} onClick={() => onAct('deactivate')}>
            <Pause aria-hidden /> Deactivate
          </button>
        </>
      )}
      {may('delete:snapshots') && (
        <button type="button" className="button" disabled={isOff('delete')} onClick={onDelete}>
          <Trash2 aria-hidden /> Delete…
        </button>
      )}
    </Bulk>
  )
}

function None({ button }: { button: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <Layers aria-hidden />
      <h2>No snapshots yet</h2>
      <p>A snapshot has your tools and files in it once, so that each sandbox of it begins with them at once.</p>
      {button}
    </div>
  )
}
