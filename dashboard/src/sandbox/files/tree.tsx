import type { Sandbox } from '@sandyard/sdk'
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type DragEvent,
  type MouseEvent,
  type ReactNode,
  type SyntheticEvent,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { RenameField } from './dialogs.tsx'
import { type Entry, useFolders } from './folders.ts'
import { isWithin, joinPath, nameOf, parentOf } from './paths.ts'
import { dropped } from './picked.ts'
import { useTreeKeys } from './tree-keys.ts'
import { TreeRow } from './tree-row.tsx'
import { neededFolders, type Row, treeRows } from './tree-rows.ts'
import type { FileActions } from './use-file-actions.tsx'
import type { View, Workspace } from './workspace.ts'

/** what is dragged within the page */
const ownType = 'application/x-sandyard-path'
/** fingers have the higher ones */
const rowHeight = matchMedia('(pointer: coarse)').matches ? 44 : 30

/** The disk as a tree: folders are read when they are opened, and only rows that can be seen are drawn. */
export function Tree({
  workspace,
  view,
  root,
  sandbox,
  actions,
  isHiddenShown,
}: {
  workspace: Workspace
  view: View
  root: string
  sandbox: Sandbox
  actions: FileActions
  isHiddenShown: boolean
}): ReactNode {
  const { expanded, at } = view
  const needed = useMemo(() => neededFolders(root, expanded), [root, expanded])
  const folders = useFolders(sandbox, needed)
  const rows = useMemo(() => treeRows(root, folders, expanded, isHiddenShown), [root, folders, expanded, isHiddenShown])
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const [renaming, setRenaming] = useState<string | null>(null)
  const [target, setTarget] = useState<string | null>(null)
  const found = rows.findIndex(({ id }) => id === at)
  const atIndex = Math.max(0, found)
  // biome-ignore lint/correctness/useExhaustiveDependencies: shown when it is chosen, and when its folder was read
  useEffect(() => {
    if (found >= 0) virtual.scrollToIndex(found)
  }, [at, found >= 0])

  const goTo = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index))
    workspace.view.set((now) => ({ ...now, at: rows[next]?.id ?? null }))
    virtual.scrollToIndex(next)
  }
  const toggle = ({ path }: Entry, isOpen: boolean): void =>
    workspace.view.set((now) => {
      const next = new Set(now.expanded)
      if (isOpen) next.add(path)
      else next.delete(path)
      return { ...now, expanded: next }
    })
  const choose = (row: Row): void => {
    workspace.view.set((now) => ({ ...now, at: row.id }))
    if (row.kind !== 'entry') return
    if (row.entry.isDir) toggle(row.entry, row.isOpen !== true)
    else if (row.entry.isBroken) actions.follow(row.entry)
    else actions.open(row.entry.path)
  }
  const onKeyDown = useTreeKeys({ rows, at: atIndex, goTo, toggle, choose, actions, onRename: setRenaming })

  const endRename = (row: Row, to: string | null): void => {
    setRenaming(null)
    box.current?.focus({ preventScroll: true })
    if (row.kind !== 'entry' || to === null || to === row.entry.name) return
    void actions.move(row.entry.path, joinPath(parentOf(row.entry.path), to))
  }

  const rowOf = (event: SyntheticEvent): Row | undefined => {
    const index = (event.target as Element).closest<HTMLElement>('[data-index]')?.dataset.index
    return index === undefined ? undefined : rows[Number(index)]
  }
  const onClick = (event: MouseEvent<HTMLElement>): void => {
    const target = event.target as Element
    // Menus of rows are elsewhere on the page, and their clicks come here too.
    if (!event.currentTarget.contains(target) || target.closest('.more, input') !== null) return
    const row = rowOf(event)
    if (row !== undefined) choose(row)
  }

  /** The folder that something is dropped onto. */
  const folderAt = (event: DragEvent): string => {
    const row = rowOf(event)
    if (row?.kind !== 'entry') return root
    return row.entry.isDir ? row.entry.path : parentOf(row.entry.path)
  }
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    setTarget(null)
    const folder = folderAt(event)
    const own = event.dataTransfer.getData(ownType)
    if (own === '') actions.upload(dropped(event.dataTransfer, folder))
    else if (parentOf(own) !== folder && !isWithin(folder, own)) void actions.move(own, joinPath(folder, nameOf(own)))
  }

  useEffect(() => {
    // A folder that is dragged over for a while opens.
    if (target === null || target === root) return
    const timer = setTimeout(
      () => workspace.view.set((now) => ({ ...now, expanded: new Set(now.expanded).add(target) })),
      700,
    )
    return () => clearTimeout(timer)
  }, [target, root, workspace])

  const atRow = rows[atIndex]
  return (
    <div
      className="tree"
      role="tree"
      aria-label={`Files in ${root}`}
      aria-activedescendant={atRow === undefined ? undefined : `tree-row-${atIndex}`}
      tabIndex={0}
      ref={box}
      data-target={target === root}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onDragOver={(event) => {
        event.preventDefault()
        event.stopPropagation()
        event.dataTransfer.dropEffect = event.dataTransfer.types.includes(ownType) ? 'move' : 'copy'
        setTarget(folderAt(event))
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setTarget(null)
      }}
      onDrop={onDrop}
    >
      <div className="tree-rows" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index]
          if (row === undefined) return null
          const isTarget = row.kind === 'entry' && row.entry.path === target
          return (
            <TreeRow
              key={key}
              row={row}
              index={index}
              isAt={row.id === at}
              isTarget={isTarget}
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
              onDragStart={(event) => {
                if (row.kind !== 'entry') return
                event.dataTransfer.setData(ownType, row.entry.path)
                event.dataTransfer.effectAllowed = 'move'
              }}
              actions={actions}
              onRename={() => setRenaming(row.id)}
              rename={
                renaming === row.id && row.kind === 'entry' ? (
                  <RenameField name={row.entry.name} onEnd={(to) => endRename(row, to)} />
                ) : null
              }
            />
          )
        })}
      </div>
    </div>
  )
}
