import { Boxes, Copy, Pause, Play, Trash2 } from 'lucide-react'
import { useLocation } from 'wouter'
import type { MenuAction } from '../design/action-menu.tsx'
import { useCopy } from '../design/use-copy.ts'
import { useMay } from '../platform/permissions.ts'
import { useSnapshotAct } from './actions.ts'
import { canDoTo, type Snapshot } from './live.ts'

/** Where a sandbox of a snapshot is made. */
export function createPath(name: string): string {
  return `/sandboxes?create&snapshot=${encodeURIComponent(name)}`
}

/** What the user can do to a snapshot. */
export function useSnapshotMenu(
  onDelete: (snapshots: readonly Snapshot[]) => void,
): (snapshot: Snapshot) => readonly MenuAction[] {
  const may = useMay()
  const act = useSnapshotAct()
  const copy = useCopy()
  const [, go] = useLocation()
  return (snapshot) => {
    const { id, name, state } = snapshot
    const mayWrite = may('write:snapshots')
    return [
      ...(state === 'active' && may('write:sandboxes')
        ? [{ name: 'Create a sandbox', icon: Boxes, run: () => go(createPath(name)) }]
        : []),
      ...(mayWrite && canDoTo('activate', snapshot)
        ? [{ name: 'Activate', icon: Play, run: () => void act('activate', [snapshot]) }]
        : []),
      ...(mayWrite && canDoTo('deactivate', snapshot)
        ? [{ name: 'Deactivate', icon: Pause, run: () => void act('deactivate', [snapshot]) }]
        : []),
      { name: 'Copy id', icon: Copy, run: () => copy(id, 'The id') },
      ...(may('delete:snapshots') && canDoTo('delete', snapshot)
        ? [{ name: 'Delete…', icon: Trash2, run: () => onDelete([snapshot]), isDanger: true }]
        : []),
    ]
  }
}
