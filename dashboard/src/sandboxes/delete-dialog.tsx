import type { ReactNode } from 'react'
import { FirstNames } from '../design/bulk.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import type { SandboxItem } from './live.ts'

/** Asks before sandboxes are deleted, and says what is lost. It closes at once: the deletion goes on without it. */
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
  return (
    <FormDialog
      title={sandboxes.length === 1 ? `Delete ${sandboxes[0]?.name}?` : `Delete ${sandboxes.length} sandboxes?`}
      verb="Delete"
      isDanger
      onClose={onClose}
      onSubmit={async () => onDelete()}
    >
      <div>
        <p>
          The {sandboxes.length === 1 ? 'disk' : 'disks'} of up to {gib} GiB and all files on{' '}
          {sandboxes.length === 1 ? 'it' : 'them'} are lost for ever. Volumes and snapshots stay.
        </p>
        {running > 0 && <p>{running === 1 ? 'A running one is' : `${running} running ones are`} ended first.</p>}
      </div>
      {sandboxes.length > 1 && <FirstNames rows={sandboxes} />}
    </FormDialog>
  )
}
