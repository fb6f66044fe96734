import type { ReactNode } from 'react'
import { Route, Switch } from 'wouter'
import { SnapshotDetail } from './snapshot-detail.tsx'
import { SnapshotList } from './snapshot-list.tsx'

/** Snapshots: all of them, and one by its id or name. */
export function SnapshotsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/snapshots">
        <SnapshotList />
      </Route>
      <Route path="/snapshots/:id">{({ id }) => <SnapshotDetail key={id} idOrName={id} />}</Route>
    </Switch>
  )
}
