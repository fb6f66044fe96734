import type { RouteInput, snapshotRoutes } from '@sandyard/protocol'
import type { SnapshotStore } from '../store/snapshots.ts'
import { type AnySnapshot, generalSnapshots, own, type SnapshotSources } from './find.ts'

/** Query of a listing, its shape checked. */
export type SnapshotQuery = RouteInput<(typeof snapshotRoutes)['getAllSnapshots']>['query']

/** What listing needs. */
interface Sources extends Pick<SnapshotSources, 'engine' | 'config'> {
  readonly snapshots: Pick<SnapshotStore, 'of'>
}

/** A page of the snapshots that an organization sees: its own, then the general ones (api.md 2.8), and how many there are. */
export async function listSnapshots(
  sources: Sources,
  organizationId: string,
  query: SnapshotQuery,
): Promise<{ items: AnySnapshot[]; total: number }> {
  const { page = 1, limit = 100 } = query
  const saved = (await sources.snapshots.of(organizationId)).map(own)
  const found = [saved, generalSnapshots(sources)].flatMap((group) =>
    group.filter((snapshot) => isWanted(snapshot, query)).sort(comparison(query)),
  )
  return { items: found.slice((page - 1) * limit, page * limit), total: found.length }
}

function isWanted(snapshot: AnySnapshot, { name = '', sourceSandboxId }: SnapshotQuery): boolean {
  if (sourceSandboxId !== undefined && snapshot.sourceSandboxId !== sourceSandboxId) return false
  return snapshot.name.toLowerCase().includes(name.toLowerCase())
}

const columns = {
  name: 'name',
  state: 'state',
  lastUsedAt: 'lastUsedAtMs',
  createdAt: 'createdAtMs',
} as const satisfies Record<NonNullable<SnapshotQuery['sort']>, keyof AnySnapshot>

/** By the column that is asked for, what has none last; then the newest first, then by id. */
function comparison({ sort = 'lastUsedAt', order = 'desc' }: SnapshotQuery) {
  const column = columns[sort]
  const sign = order === 'asc' ? 1 : -1
  return (a: AnySnapshot, b: AnySnapshot): number => {
    const [left, right] = [a[column], b[column]]
    if (left === right) return b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)
    if (left === null) return 1
    if (right === null) return -1
    return left < right ? -sign : sign
  }
}
