import { useQueryClient } from '@tanstack/react-query'
import { useTell } from '../design/toasts.tsx'
import { doEach } from '../platform/each.ts'
import { usePlatform } from '../platform/platform.tsx'
import { putRow } from '../platform/told.ts'
import { canDoTo, type Snapshot, type SnapshotAction, snapshotList } from './live.ts'

const calls = { activate: 'activateSnapshot', deactivate: 'deactivateSnapshot', delete: 'removeSnapshot' } as const
const pastWords = { activate: 'activated', deactivate: 'deactivated', delete: 'deleted' } as const
const nextStates = { activate: 'active', deactivate: 'inactive', delete: 'removing' } as const

/** Does something to snapshots and tells how it went, with a way back where there is one. */
export function useSnapshotAct(): (action: SnapshotAction, snapshots: readonly Snapshot[]) => Promise<void> {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()

  return async function act(action, snapshots) {
    const meant = snapshots.filter((snapshot) => canDoTo(action, snapshot))
    const done: Snapshot[] = []
    const failed = await doEach(meant, async (snapshot) => {
      await daytona.client.call(calls[action], { params: { id: snapshot.id } })
      const after = { ...snapshot, state: nextStates[action] }
      done.push(after)
      // The event that tells of it may come later.
      queries.setQueryData([snapshotList, organization.id], (rows: readonly Snapshot[] | undefined) =>
        putRow(rows, after, action === 'delete'),
      )
    })
    const back = action === 'activate' ? 'deactivate' : 'activate'
    if (done.length > 0)
      tell.done(`${nameOf(done)} ${pastWords[action]}`, action === 'delete' ? undefined : () => void act(back, done))
    const [first] = failed
    if (first !== undefined) tell.failed(`Could not ${action} ${nameOf(failed.map(({ row }) => row))}`, first.error)
  }
}

/** One by its name, many by their number. */
export function nameOf(snapshots: readonly Pick<Snapshot, 'name'>[]): string {
  return snapshots.length === 1 ? (snapshots[0]?.name ?? '') : `${snapshots.length} snapshots`
}
