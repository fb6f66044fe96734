import type { ReactNode } from 'react'
import { FirstNames } from '../design/bulk.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { useSandboxes } from '../sandboxes/live.ts'
import { useWarmPools } from '../warm-pools/live.ts'
import { nameOf } from './actions.ts'
import { isMaking, type Snapshot } from './live.ts'

/** Asks before snapshots are deleted, and says what is lost. It closes at once: the deletion goes on without it. */
export function DeleteDialog({
  snapshots,
  onClose,
  onDelete,
}: {
  snapshots: readonly Snapshot[]
  onClose: () => void
  onDelete: () => void
}): ReactNode {
  const names = new Set(snapshots.map(({ name }) => name))
  const sandboxes = (useSandboxes().data ?? []).filter(({ snapshot }) => names.has(snapshot ?? '')).length
  const pools = (useWarmPools().data ?? []).filter(({ snapshot }) => names.has(snapshot)).length
  const making = snapshots.filter(isMaking).length
  const isUsable = snapshots.some(({ state }) => state === 'active' || state === 'inactive')
  const isOne = snapshots.length === 1
  return (
    <FormDialog
      title={`Delete ${nameOf(snapshots)}?`}
      verb="Delete"
      isDanger
      onClose={onClose}
      onSubmit={async () => onDelete()}
    >
      <div>
        {isUsable ? (
          <p>
            No sandbox can be made from {isOne ? 'it' : 'them'} any more. This cannot be undone: to have{' '}
            {isOne ? 'it' : 'them'} back, make {isOne ? 'it' : 'them'} again.
          </p>
        ) : (
          <p>{isOne ? 'Its log goes with it.' : 'Their logs go with them.'} Nothing else is lost.</p>
        )}
        {making > 0 && <p>{isOne ? 'It is still being made; that' : `${making} are still being made; that`} ends.</p>}
        {sandboxes > 0 && (
          <p>
            {sandboxes === 1 ? '1 sandbox was' : `${sandboxes.toLocaleString()} sandboxes were`} made from{' '}
            {isOne ? 'it' : 'them'}. {sandboxes === 1 ? 'It stays and goes' : 'They stay and go'} on working.
          </p>
        )}
        {pools > 0 && <p>{pools === 1 ? 'Its warm pool' : `${pools} warm pools`} cannot make more sandboxes.</p>}
      </div>
      {!isOne && <FirstNames rows={snapshots} />}
    </FormDialog>
  )
}
