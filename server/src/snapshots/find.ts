import type { SnapshotInfo } from '@sandyard/protocol'
import { digest } from '../random.ts'

/** Id of a snapshot, made of its name: the engine knows snapshots by name only. */
export function snapshotId(name: string): string {
  const hex = digest(`snapshot:${name}`)
  // The form of a UUID version 8, whose bits are free for uses like this one.
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/** A snapshot by id or name. */
export function findSnapshot(snapshots: readonly SnapshotInfo[], idOrName: string): SnapshotInfo | undefined {
  return (
    snapshots.find((snapshot) => snapshot.name === idOrName) ??
    snapshots.find((snapshot) => snapshotId(snapshot.name) === idOrName)
  )
}
