import { Archive, LifeBuoy, type LucideIcon, Pause, Play, Square, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Bulk } from '../design/bulk.tsx'
import { type Action, canDo, type Progress, type Rights } from './actions.ts'
import type { SandboxItem } from './live.ts'

const buttons: readonly { action: Action; name: string; icon: LucideIcon }[] = [
  { action: 'recover', name: 'Recover', icon: LifeBuoy },
  { action: 'start', name: 'Start', icon: Play },
  { action: 'stop', name: 'Stop', icon: Square },
  { action: 'pause', name: 'Pause', icon: Pause },
  { action: 'archive', name: 'Archive', icon: Archive },
]

const doing: Readonly<Record<Action, string>> = {
  start: 'Starting',
  stop: 'Stopping',
  pause: 'Pausing',
  archive: 'Archiving',
  recover: 'Recovering',
  delete: 'Deleting',
}

/** What can be done to all that were chosen, and how far it has come. */
export function BulkBar({
  chosen,
  rights,
  progress,
  onAct,
  onDelete,
  onClear,
}: {
  chosen: readonly SandboxItem[]
  rights: Rights
  progress: Progress | null
  onAct: (action: Action) => void
  onDelete: () => void
  onClear: () => void
}): ReactNode {
  const isBusy = progress !== null
  const count = (action: Action): number => chosen.filter((sandbox) => canDo(action, sandbox)).length
  const memory = chosen.filter(({ state }) => state === 'started').reduce((sum, one) => sum + one.memory, 0)
  const head =
    progress === null ? (
      <span className="numbers">
        {chosen.length} chosen {memory > 0 && <span className="quiet small">· {memory} GiB memory held</span>}
      </span>
    ) : (
      <span className="numbers bulk-progress" role="status">
        {doing[progress.action]}: {progress.done} of {progress.of}
        <progress value={progress.done} max={progress.of} aria-label={doing[progress.action]} />
      </span>
    )
  return (
    <Bulk label="Chosen sandboxes" head={head} onClear={onClear}>
      {rights.canWrite &&
        // What is seldom possible takes no place.
        buttons
          .filter(({ action }) => action !== 'recover' || count(action) > 0)
          .map(({ action, name, icon: Icon }) => (
            <button
              key={action}
              type="button"
              className="button"
              disabled={isBusy || count(action) === 0}
              onClick={() => onAct(action)}
            >
              <Icon aria-hidden /> {name}
            </button>
          ))}
      {rights.canDelete && (
        <button type="button" className="button" disabled={isBusy || count('delete') === 0} onClick={onDelete}>
          <Trash2 aria-hidden /> Delete…
        </button>
      )}
    </Bulk>
  )
}
