import {
  ChevronDown,
  ChevronRight,
  Copy,
  CornerDownRight,
  Download,
  File,
  FilePlus2,
  FileSymlink,
  Folder,
  FolderOpen,
  FolderPlus,
  FolderSymlink,
  type LucideIcon,
  Pencil,
  ShieldCheck,
  Trash2,
  Unlink,
} from 'lucide-react'
import type { CSSProperties, DragEvent, ReactNode } from 'react'
import { ActionMenu, type MenuAction } from '../../design/action-menu.tsx'
import { size } from '../../design/sizes.ts'
import { ago, moment } from '../../design/times.ts'
import type { Entry } from './folders.ts'
import { shownName } from './paths.ts'
import type { Row } from './tree-rows.ts'
import type { FileActions } from './use-file-actions.tsx'

/** A line of the tree. */
export function TreeRow({
  row,
  index,
  isAt,
  isTarget,
  style,
  rename,
  actions,
  onRename,
  onDragStart,
}: {
  row: Row
  index: number
  isAt: boolean
  isTarget: boolean
  style: CSSProperties
  /** the field for a new name, while it is typed */
  rename: ReactNode
  actions: FileActions
  onRename: () => void
  onDragStart: (event: DragEvent) => void
}): ReactNode {
  const indent = { ...style, paddingLeft: 8 + (row.level - 1) * 16 }
  if (row.kind === 'word') {
    return (
      <div
        className="tree-row word"
        role="treeitem"
        aria-level={row.level}
        id={`tree-row-${index}`}
        data-index={index}
        data-at={isAt}
        style={indent}
      >
        {row.text}
      </div>
    )
  }
  const { entry, isOpen, position, count, level } = row
  const Chevron = isOpen === true ? ChevronDown : ChevronRight
  const Icon = iconOf(entry, isOpen)
  return (
    <div
      className="tree-row"
      role="treeitem"
      id={`tree-row-${index}`}
      data-index={index}
      data-at={isAt}
      data-target={isTarget}
      aria-level={level}
      aria-posinset={position}
      aria-setsize={count}
      aria-selected={isAt}
      aria-expanded={isOpen ?? undefined}
      title={hintOf(entry)}
      draggable={rename === null}
      style={indent}
      onDragStart={onDragStart}
    >
      <span className="chevron">{isOpen !== null && <Chevron aria-hidden />}</span>
      <Icon className="kind" data-folder={entry.isDir} aria-hidden />
      {rename ?? (
        <>
          <span className="name">
            <span>{shownName(entry.name)}</span>
            {entry.linkTarget !== null && <LinkTarget target={entry.linkTarget} />}
          </span>
          {entry.isBroken && <span className="broken">Leads nowhere</span>}
          {!entry.isBroken && <span className="when numbers">{ago(entry.modifiedAt, Date.now())}</span>}
          {!entry.isBroken && <span className="size numbers">{entry.isDir ? '' : size(entry.size)}</span>}
          <span className="more">
            <ActionMenu of={shownName(entry.name)} isInTabOrder={false} actions={menuOf(entry, actions, onRename)} />
          </span>
        </>
      )}
    </div>
  )
}

function iconOf({ isDir, linkTarget, isBroken }: Entry, isOpen: boolean | null): LucideIcon {
  if (isBroken) return Unlink
  if (linkTarget !== null) return isDir ? FolderSymlink : FileSymlink
  if (isOpen === null) return File
  return isOpen ? FolderOpen : Folder
}

function LinkTarget({ target }: { target: string }): ReactNode {
  return (
    <span className="target">
      <span className="visually-hidden">is a link to</span>
      <span aria-hidden> → </span>
      {shownName(target)}
    </span>
  )
}

function menuOf(entry: Entry, actions: FileActions, onRename: () => void): readonly MenuAction[] {
  const { path, isDir, linkTarget, isBroken } = entry
  const isLink = linkTarget !== null
  const inside: readonly MenuAction[] = [
    { name: 'New file in it…', icon: FilePlus2, run: () => actions.ask({ kind: 'new-file', folder: path }) },
    { name: 'New folder in it…', icon: FolderPlus, run: () => actions.ask({ kind: 'new-folder', folder: path }) },
  ]
  return [
    ...(isDir ? inside : []),
    ...(isLink && !isBroken
      ? [{ name: 'Show what it leads to', icon: CornerDownRight, run: () => actions.follow(entry) }]
      : []),
    ...(isBroken
      ? []
      : [
          {
            name: isDir ? 'Download as archive' : 'Download',
            icon: Download,
            run: () => actions.download(path, isDir),
          },
        ]),
    { name: 'Copy path', icon: Copy, run: () => actions.copyPath(path) },
    // The menu gives the focus back when it has closed, and would take it from the field.
    { name: 'Rename', icon: Pencil, run: () => setTimeout(onRename, 60) },
    ...(isBroken
      ? []
      : [{ name: 'Permissions…', icon: ShieldCheck, run: () => actions.ask({ kind: 'permissions', entry }) }]),
    {
      name: isLink ? 'Delete the link…' : 'Delete…',
      icon: Trash2,
      isDanger: true,
      run: () => actions.ask({ kind: 'delete', entry }),
    },
  ]
}

function hintOf({ name, isDir, linkTarget, isBroken, size: bytes, modifiedAt, mode, owner, group }: Entry): string {
  if (isBroken) return `${shownName(name)}\nA link to ${shownName(linkTarget ?? '')}, where nothing is that can be read`
  const facts = [mode, `owner ${owner}, group ${group}`, ...(isDir ? [] : [size(bytes)]), moment(modifiedAt)]
  const link = linkTarget === null ? '' : `A link to ${shownName(linkTarget)}, which is\n`
  return `${shownName(name)}\n${link}${facts.join(' · ')}`
}
