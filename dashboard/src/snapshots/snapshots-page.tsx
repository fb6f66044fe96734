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
      <Route path="/snapshots/:id">{({ id }) => <SnapshotDetail key={id} idOrName={decoded(id)} />}</Route>
    </Switch>
  )
}

/** A part of the path as it was meant: the router leaves the slashes and colons of names as they are written. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // Somebody has typed it; nothing is called so.
    return part
  }
}
