import type { ReactNode } from 'react'
import { Modal } from '../design/modal.tsx'
import type { SandboxItem } from './live.ts'

const mostNamed = 5

/** Asks before sandboxes are deleted, and says what is lost. */
export function DeleteDialog({
  sandboxes,
  onClose,
  onDelete,
}: {
  sandboxes: readonly SandboxItem[]
  onClose: () => void
  onDelete: () => void
}): ReactNode {
  const gib = sandboxes.reduce((sum, { disk }) => sum + disk, 0)
  const running = sandboxes.filter(({ state }) => state === 'started').length
  const more = sandboxes.length - mostNamed
  return (
    <Modal
      title={sandboxes.length === 1 ? `Delete ${sandboxes[0]?.name}?` : `Delete ${sandboxes.length} sandboxes?`}
      onClose={onClose}
    >
      <div>
        <p>
          The {sandboxes.length === 1 ? 'disk' : 'disks'} of up to {gib} GiB and all files on{' '}
          {sandboxes.length === 1 ? 'it' : 'them'} are lost for ever. Volumes and snapshots stay.
        </p>
        {running > 0 && <p>{running === 1 ? 'A running one is' : `${running} running ones are`} ended first.</p>}
      </div>
      {sandboxes.length > 1 && (
        <p className="quiet">
          {sandboxes
            .slice(0, mostNamed)
            .map(({ name }) => name)
            .join(', ')}
          {more > 0 && ` and ${more} more`}
        </p>
      )}
      <footer>
        <button type="button" className="button" onClick={onClose}>
          Keep
        </button>
        <button type="button" className="button" data-kind="danger" onClick={onDelete}>
          Delete
        </button>
      </footer>
    </Modal>
  )
}
