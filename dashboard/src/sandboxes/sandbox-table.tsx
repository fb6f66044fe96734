import { useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { useLocation } from 'wouter'
import type { Rights } from './actions.ts'
import { type ColumnId, chosenColumns, gridOf } from './column-choice.tsx'
import { features, type RowSelectionState, type SortingState } from './columns.tsx'
import type { SandboxItem } from './live.ts'
import type { Asked } from './menu-actions.ts'
import { RowMenu } from './row-menu.tsx'

const phone = matchMedia('(max-width: 720px)')
const rowHeight = { wide: 54, narrow: 96 }

function useIsNarrow(): boolean {
  const subscribe = (listener: () => void): (() => void) => {
    phone.addEventListener('change', listener)
    return () => phone.removeEventListener('change', listener)
  }
  return useSyncExternalStore(subscribe, () => phone.matches)
}

/** What the table shows and tells. */
export interface SandboxTableProps {
  readonly sandboxes: readonly SandboxItem[]
  readonly selection: RowSelectionState
  readonly onSelection: (selection: RowSelectionState) => void
  /** asks for a dialog */
  readonly onAsk: (asked: Asked) => void
  readonly rights: Rights
  readonly shownColumns: readonly ColumnId[]
}

/** The sandboxes, only as many drawn as can be seen, and not anew while somebody types into the filter. Arrows go from row to row, Enter opens, Space chooses. */
export const SandboxTable: (props: SandboxTableProps) => ReactNode = memo(function SandboxTable({
  sandboxes,
  selection,
  onSelection,
  onAsk,
  rights,
  shownColumns,
}: SandboxTableProps): ReactNode {
  const [sorting, setSorting] = useState<SortingState>([])
  const columns = useMemo(() => chosenColumns(shownColumns), [shownColumns])
  const table = useTable({
    features,
    columns,
    data: sandboxes,
    getRowId: ({ id }) => id,
    state: { sorting, rowSelection: selection },
    onSortingChange: setSorting,
    onRowSelectionChange: (change) => onSelection(typeof change === 'function' ? change(selection) : change),
  })
  const { rows } = table.getRowModel()
  const isNarrow = useIsNarrow()
  const box = useRef<HTMLDivElement>(null)
  const height = isNarrow ? rowHeight.narrow : rowHeight.wide
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 4,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const { at, focusRow, setAt } = useRowFocus(box, rows.length, (index) => virtual.scrollToIndex(index))
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are measured anew when their height changes
  useEffect(() => virtual.measure(), [height])
  const [, go] = useLocation()

  function onKey(event: KeyboardEvent, index: number): void {
    if (event.target !== event.currentTarget) return
    const row = rows[index]
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 10, PageUp: -10 }[event.key]
    if (step !== undefined) focusRow(index + step)
    else if (event.key === 'Home') focusRow(0)
    else if (event.key === 'End') focusRow(rows.length - 1)
    else if (event.key === 'Enter') go(`/sandboxes/${row?.id}`)
    else if (event.key === ' ' || event.key === 'x') row?.toggleSelected()
    else if (event.key === 'Delete' && row !== undefined && rights.canDelete)
      onAsk({ kind: 'delete', sandboxes: [row.original] })
    else return
    event.preventDefault()
  }

  return (
    <div
      className="table"
      role="table"
      aria-label="Sandboxes"
      aria-rowcount={rows.length + 1}
      ref={box}
      style={gridOf(shownColumns)}
    >
      <div role="rowgroup" className="table-head">
        {table.getHeaderGroups().map((group) => (
          <div role="row" className="row" key={group.id} aria-rowindex={1}>
            <div role="columnheader" className="cell choose">
              <input
                className="check"
                type="checkbox"
                aria-label="Choose all"
                checked={table.getIsAllRowsSelected()}
                ref={(input) => {
                  if (input !== null)
                    input.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()
                }}
                onChange={table.getToggleAllRowsSelectedHandler()}
              />
            </div>
            {group.headers.map((header) => {
              const sorted = header.column.getIsSorted()
              return (
                <div
                  role="columnheader"
                  className={`cell of-${header.column.id}`}
                  key={header.id}
                  aria-sort={sorted === false ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
                >
                  <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}>
                    <table.FlexRender header={header} />
                    {sorted === 'asc' && <ArrowUp aria-hidden />}
                    {sorted === 'desc' && <ArrowDown aria-hidden />}
                  </button>
                </div>
              )
            })}
            <div role="columnheader" className="cell more">
              <span className="visually-hidden">Actions</span>
            </div>
          </div>
        ))}
      </div>
      <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <div
              role="row"
              className="row"
              key={key}
              data-row={index}
              aria-rowindex={index + 2}
              aria-selected={row.getIsSelected()}
              tabIndex={index === at ? 0 : -1}
              style={{ height, transform: `translateY(${start}px)` }}
              onKeyDown={(event) => onKey(event, index)}
              onFocus={() => setAt(index)}
              onClick={(event) => {
                const isOwn = (event.target as Element).closest('a, button, input, [role="menu"]') !== null
                if (!isOwn && getSelection()?.isCollapsed !== false) go(`/sandboxes/${row.id}`)
              }}
            >
              <div role="cell" className="cell choose">
                <input
                  className="check"
                  type="checkbox"
                  tabIndex={-1}
                  aria-label={`Choose ${row.original.name}`}
                  checked={row.getIsSelected()}
                  onChange={row.getToggleSelectedHandler()}
                />
              </div>
              {row.getAllCells().map((cell) => (
                <div role="cell" className={`cell of-${cell.column.id}`} key={cell.id}>
                  <table.FlexRender cell={cell} />
                </div>
              ))}
              <div role="cell" className="cell more">
                <RowMenu sandbox={row.original} rights={rights} onAsk={onAsk} />
              </div>
            </div>
          )
        })}
      </div>
    </div>
  )
})

/** One row of the table is in the order of Tab; arrows move it, also to rows that are not drawn yet. */
function useRowFocus(box: React.RefObject<HTMLDivElement | null>, count: number, show: (index: number) => void) {
  const [at, setAt] = useState(0)
  const wanted = useRef<number | null>(null)
  useEffect(() => {
    if (wanted.current === null) return
    const row = box.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`)
    if (row == null) return
    wanted.current = null
    row.focus({ preventScroll: true })
  })
  return {
    at: Math.min(at, Math.max(0, count - 1)),
    setAt,
    focusRow(index: number): void {
      const next = Math.max(0, Math.min(count - 1, index))
      wanted.current = next
      setAt(next)
      show(next)
    },
  }
}
