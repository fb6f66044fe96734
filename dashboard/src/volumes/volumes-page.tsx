import { DaytonaForbiddenError } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { CodeXml, Copy, HardDrive, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { Bulk } from '../design/bulk.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useKeys } from '../design/keys.ts'
import { NothingFits } from '../design/notes.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { State } from '../design/state.tsx'
import { useCopy } from '../design/use-copy.ts'
import { Ago } from '../design/when.tsx'
import { NeedsRight } from '../platform/needs-right.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { putRow } from '../platform/told.ts'
import { DeleteVolumesDialog, UseVolumeDialog } from './dialogs.tsx'
import './volumes.css'
import { canDelete, toneOfVolume, useVolumes, type Volume, volumeList } from './live.ts'

/** What is open above the page. */
type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'use'; readonly volume: Volume }
  | { readonly kind: 'delete'; readonly volumes: readonly Volume[] }
  | null

/** sandboxes that a row names */
const mostLinks = 2
/** sandboxes that the platform tells of */
const mostTold = 20

const columns: readonly Column<Volume>[] = [
  {
    name: 'Name',
    sortBy: ({ name }) => name,
    cell: ({ id, name }) => (
      <>
        {name}
        {name !== id && <div className="small quiet">{id}</div>}
      </>
    ),
  },
  {
    name: 'State',
    sortBy: ({ state }) => state,
    cell: ({ state, errorReason }) => (
      <State tone={toneOfVolume(state)} word={state.replaceAll('_', ' ')} reason={errorReason} />
    ),
  },
  {
    name: 'Mounted in',
    sortBy: ({ mountedBy = [] }) => mountedBy.length,
    cell: ({ mountedBy = [] }) => <MountedIn sandboxes={mountedBy} />,
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

/** Folders that outlive sandboxes. */
export function VolumesPage(): ReactNode {
  const query = useVolumes()
  const may = useMay()
  const [open, setOpen] = useState<Open>(null)
  const mayCreate = may('write:volumes')
  const mayRead = may('read:volumes') && !(query.error instanceof DaytonaForbiddenError)
  const create = (): void => {
    if (mayCreate) setOpen({ kind: 'create' })
  }
  useKeys({ c: create })
  const button = mayCreate && (
    <button type="button" className="button" data-kind="primary" onClick={create}>
      <Plus aria-hidden /> Create
    </button>
  )
  const close = (): void => setOpen(null)
  return (
    <Page title="Volumes" actions={button || undefined}>
      {mayRead ? (
        <Loaded query={query} what="Your volumes could not be read">
          {(volumes) => (volumes.length === 0 ? <None button={button} /> : <List all={volumes} onOpen={setOpen} />)}
        </Loaded>
      ) : (
        <NeedsRight what="The list of volumes" right="read:volumes" />
      )}
      {open?.kind === 'create' && <CreateDialog onClose={close} />}
      {open?.kind === 'use' && <UseVolumeDialog volume={open.volume} onClose={close} />}
      {open?.kind === 'delete' && <DeleteVolumesDialog volumes={open.volumes} onClose={close} />}
    </Page>
  )
}

function List({ all, onOpen }: { all: readonly Volume[]; onOpen: (open: Open) => void }): ReactNode {
  const [text, setText] = useState('')
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set())
  const mayDelete = useMay()('delete:volumes')
  const copy = useCopy()
  const shown = useMemo(
    () => all.filter(({ name, id, state }) => hasWords(`${name} ${id} ${state}`, text)),
    [all, text],
  )
  useKeys({ escape: () => setKeys(new Set()) })
  const chosen = shown.filter((volume) => keys.has(volume.id) && canDelete(volume))
  const actionsOf = (volume: Volume): readonly MenuAction[] => [
    { name: 'How to use it', icon: CodeXml, run: () => onOpen({ kind: 'use', volume }) },
    { name: 'Copy id', icon: Copy, run: () => copy(volume.id, 'The id') },
    ...(mayDelete
      ? [
          {
            name: 'Delete…',
            icon: Trash2,
            run: () => onOpen({ kind: 'delete', volumes: [volume] }),
            isDanger: true,
            isOff: !canDelete(volume),
          },
        ]
      : []),
  ]
  return (
    <>
      <SearchField label="Search by name, id or state" value={text} onChange={setText} />
      {chosen.length > 0 && (
        <Bulk
          label="Chosen volumes"
          head={<span className="numbers">{chosen.length} chosen</span>}
          onClear={() => setKeys(new Set())}
        >
          <button type="button" className="button" onClick={() => onOpen({ kind: 'delete', volumes: chosen })}>
            <Trash2 aria-hidden /> Delete…
          </button>
        </Bulk>
      )}
      {shown.length === 0 ? (
        <NothingFits what="volume" onClear={() => setText('')} />
      ) : (
        <DataTable
          label="Volumes"
          rows={shown}
          columns={columns}
          keyOf={({ id }) => id}
          {...(mayDelete ? { choice: { keys, onChange: setKeys, nameOf: ({ name }: Volume) => name } } : {})}
          menu={(volume) => <ActionMenu of={volume.name} actions={actionsOf(volume)} />}
        />
      )}
    </>
  )
}

/** Some sandboxes that have a volume mounted, and how many more. */
function MountedIn({ sandboxes }: { sandboxes: readonly { readonly id: string; readonly name: string }[] }): ReactNode {
  if (sandboxes.length === 0) return <span className="quiet">none</span>
  const more = sandboxes.length - mostLinks
  return (
    <span className="mounted-in">
      {sandboxes.slice(0, mostLinks).map(({ id, name }) => (
        <Link key={id} href={`/sandboxes/${id}`}>
          {name}
        </Link>
      ))}
      {more > 0 && <span className="quiet small">and {more === mostTold - mostLinks ? 'more' : `${more} more`}</span>}
    </span>
  )
}

function CreateDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  return (
    <FormDialog
      title="Create a volume"
      description="An empty folder. Mount it in as many sandboxes as you like, also at the same time."
      verb="Create"
      onSubmit={async (form) => {
        const volume = await daytona.client.call('createVolume', { body: { name: textOf(form, 'name') } })
        queries.setQueryData([volumeList, organization.id], (rows: readonly Volume[] | undefined) =>
          putRow(rows, volume),
        )
      }}
      onClose={onClose}
    >
      <TextField label="Name" name="name" maxLength={200} placeholder="Its id if left empty" autoCapitalize="none" />
    </FormDialog>
  )
}

function None({ button }: { button: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <HardDrive aria-hidden />
      <h2>No volumes yet</h2>
      <p>
        A volume is a folder that stays when sandboxes go: for data, caches and models that several sandboxes read and
        write.
      </p>
      {button}
    </div>
  )
}
