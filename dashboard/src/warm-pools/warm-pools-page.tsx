import { useQueryClient } from '@tanstack/react-query'
import { Flame, Plus, Scaling, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded, Page } from '../design/page.tsx'
import { State } from '../design/state.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { CreatePoolDialog, DeletePoolDialog, SizeDialog } from './dialogs.tsx'
import { poolList, stateOfPool, useWarmPools, type WarmPool } from './live.ts'
import './warm-pools.css'

/** What is open above the page. */
type Open = { readonly kind: 'create' } | { readonly kind: 'size' | 'delete'; readonly pool: WarmPool } | null

const columns: readonly Column<WarmPool>[] = [
  {
    name: 'Snapshot',
    sortBy: ({ snapshot }) => snapshot,
    cell: ({ snapshot }) => <Link href={`/snapshots/${encodeURIComponent(snapshot)}`}>{snapshot}</Link>,
  },
  { name: 'Ready', sortBy: ({ currentSize }) => currentSize, cell: (pool) => <Ready pool={pool} /> },
  {
    name: 'State',
    cell: (pool) => {
      const { tone, word } = stateOfPool(pool)
      return <State tone={tone} word={word} reason={pool.errorReason} />
    },
  },
  {
    name: 'Each has',
    isExtra: true,
    cell: ({ cpu, mem, disk }) => (
      <span className="numbers">
        {cpu} CPU · {mem} GiB <span className="quiet">· {disk} GiB disk</span>
      </span>
    ),
  },
  {
    name: 'Holds at most',
    sortBy: ({ pool, mem }) => pool * mem,
    cell: ({ pool, mem, cpu }) => (
      <span className="numbers">
        {pool * cpu} CPU · {pool * mem} GiB
      </span>
    ),
  },
]

/** Sandboxes that are made ahead of need. */
export function WarmPoolsPage(): ReactNode {
  const query = useWarmPools()
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const may = useMay()
  const [open, setOpen] = useState<Open>(null)
  const mayCreate = may('write:sandboxes')
  const create = (): void => {
    if (mayCreate) setOpen({ kind: 'create' })
  }
  useKeys({ c: create })
  const close = (): void => {
    setOpen(null)
    void queries.invalidateQueries({ queryKey: [poolList, organization.id] })
  }
  const button = mayCreate && (
    <button type="button" className="button" data-kind="primary" onClick={create}>
      <Plus aria-hidden /> Create
    </button>
  )
  const actionsOf = (pool: WarmPool): readonly MenuAction[] => [
    ...(mayCreate ? [{ name: 'Change size…', icon: Scaling, run: () => setOpen({ kind: 'size', pool }) }] : []),
    ...(may('delete:sandboxes')
      ? [{ name: 'Delete…', icon: Trash2, run: () => setOpen({ kind: 'delete', pool }), isDanger: true }]
      : []),
  ]

  return (
    <Page title="Warm pools" actions={button || undefined}>
      <Loaded query={query} what="Your warm pools could not be read">
        {(pools) =>
          pools.length === 0 ? (
            <None button={button} />
          ) : (
            <>
              <p className="lead">
                A new sandbox of one of these snapshots is taken from its pool in about 20 ms. Those that wait are
                started: they hold memory and disk, and count against your limits.
              </p>
              <DataTable
                label="Warm pools"
                rows={pools}
                columns={columns}
                keyOf={({ id }) => id}
                menu={(pool) => <ActionMenu of={`the pool of ${pool.snapshot}`} actions={actionsOf(pool)} />}
              />
            </>
          )
        }
      </Loaded>
      {open?.kind === 'create' && <CreatePoolDialog pools={query.data ?? []} onClose={close} />}
      {open?.kind === 'size' && <SizeDialog pool={open.pool} onClose={close} />}
      {open?.kind === 'delete' && <DeletePoolDialog pool={open.pool} onClose={close} />}
    </Page>
  )
}

/** How many are ready of how many, in numbers and as a bar. */
function Ready({ pool: { currentSize, pool } }: { pool: WarmPool }): ReactNode {
  return (
    <div className="pool-ready">
      <span className="numbers">
        {currentSize} of {pool}
      </span>
      <meter min={0} max={Math.max(pool, currentSize, 1)} value={currentSize} aria-label="Ready" />
    </div>
  )
}

function None({ button }: { button: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <Flame aria-hidden />
      <h2>No warm pools yet</h2>
      <p>
        A warm pool keeps sandboxes of a snapshot started, so that whoever asks for one has it in about 20 ms. Good
        where people or agents wait for it. It costs the memory of those that wait.
      </p>
      {button}
    </div>
  )
}
