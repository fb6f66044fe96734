import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { SelectField, TextField } from '../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../design/form-dialog.tsx'
import { Note } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { useSnapshots } from '../snapshots/live.ts'
import { poolList, type WarmPool } from './live.ts'

/** most sandboxes of a pool, as the platform has it */
const mostReady = 100

/** Asks for a pool. Snapshots that have one are not offered: there is one for each. */
export function CreatePoolDialog({ pools, onClose }: { pools: readonly WarmPool[]; onClose: () => void }): ReactNode {
  const { daytona } = usePlatform()
  const taken = new Set(pools.map(({ snapshot }) => snapshot))
  const snapshots = useSnapshots().data?.filter(({ name, state }) => state === 'active' && !taken.has(name))
  const [name, setName] = useState('')
  const [count, setCount] = useState(2)
  const chosen = snapshots?.find((snapshot) => snapshot.name === name) ?? snapshots?.[0]
  return (
    <FormDialog
      title="Create a warm pool"
      verb="Create"
      onSubmit={(form) =>
        daytona.client.call('createWarmPool', {
          body: { snapshot: textOf(form, 'snapshot') ?? '', pool: numberOf(form, 'pool') ?? 1 },
        })
      }
      onClose={onClose}
    >
      {snapshots?.length === 0 && <Note>All active snapshots have a warm pool already.</Note>}
      <SelectField
        label="Snapshot"
        name="snapshot"
        required
        value={chosen?.name ?? ''}
        onChange={(event) => setName(event.target.value)}
      >
        {snapshots?.map(({ id, name: one }) => (
          <option key={id}>{one}</option>
        ))}
      </SelectField>
      <SizeField value={count} onChange={setCount} />
      {chosen !== undefined && <Cost count={count} cpu={chosen.cpu} mem={chosen.mem} disk={chosen.disk} />}
    </FormDialog>
  )
}

/** Asks how many are to be ready; the old number comes back by undo. */
export function SizeDialog({ pool, onClose }: { pool: WarmPool; onClose: () => void }): ReactNode {
  const { daytona } = usePlatform()
  const tell = useTell()
  const refresh = useRefresh()
  const [count, setCount] = useState(pool.pool)
  const update = (size: number): Promise<unknown> =>
    daytona.client.call('updateWarmPool', { params: { id: pool.id }, body: { pool: size } })
  return (
    <FormDialog
      title="Change the size"
      description={`The warm pool of ${pool.snapshot}`}
      verb="Save"
      onSubmit={async () => {
        await update(count)
        tell.done(`${count} of ${pool.snapshot} will be ready`, () => {
          void update(pool.pool).then(refresh, (error) => tell.failed('Could not take it back', error))
        })
      }}
      onClose={onClose}
    >
      <SizeField value={count} onChange={setCount} least={0} />
      <Cost count={count} cpu={pool.cpu} mem={pool.mem} disk={pool.disk} />
    </FormDialog>
  )
}

/** Asks before a pool is deleted; a new one of the same size comes by undo. */
export function DeletePoolDialog({ pool, onClose }: { pool: WarmPool; onClose: () => void }): ReactNode {
  const { daytona } = usePlatform()
  const tell = useTell()
  const refresh = useRefresh()
  const { id, snapshot, currentSize } = pool
  return (
    <FormDialog
      title={`Delete the warm pool of ${snapshot}?`}
      verb="Delete"
      isDanger
      onSubmit={async () => {
        await daytona.client.call('deleteWarmPool', { params: { id } })
        tell.done(`Warm pool of ${snapshot} deleted`, () => {
          const body = { snapshot, pool: Math.max(1, pool.pool), target: pool.target }
          const again = daytona.client.call('createWarmPool', { body })
          void again.then(refresh, (error) => tell.failed('Could not take it back', error))
        })
      }}
      onClose={onClose}
    >
      <p>
        {currentSize === 0
          ? 'None of it is ready now. '
          : `The ${currentSize} that ${currentSize === 1 ? 'waits is' : 'wait are'} ended; nobody has used ${currentSize === 1 ? 'it' : 'them'}. `}
        Sandboxes that were taken from it stay. New ones of {snapshot} take a little longer from now on.
      </p>
    </FormDialog>
  )
}

function useRefresh(): () => void {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  return () => void queries.invalidateQueries({ queryKey: [poolList, organization.id] })
}

function SizeField({
  value,
  onChange,
  least = 1,
}: {
  value: number
  onChange: (value: number) => void
  least?: number
}): ReactNode {
  return (
    <TextField
      label="How many are kept ready"
      name="pool"
      type="number"
      required
      min={least}
      max={mostReady}
      step={1}
      value={Number.isNaN(value) ? '' : value}
      onChange={(event) => onChange(event.target.valueAsNumber)}
      hint="As many as are asked for at once. One that is taken is made again in a moment."
    />
  )
}

/** What a pool costs. */
function Cost({ count, cpu, mem, disk }: { count: number; cpu: number; mem: number; disk: number }): ReactNode {
  if (Number.isNaN(count)) return null
  return (
    <Note>
      Holds up to {count * mem} GiB of memory and {count * disk} GiB of disk while nobody uses them, and counts as{' '}
      {count * cpu} CPU against your limits.
    </Note>
  )
}
