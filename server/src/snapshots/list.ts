import type { RouteInput, snapshotRoutes } from '@sandyard/protocol'
import { readPage } from '../paging.ts'
import type { SnapshotSort, SnapshotStore } from '../store/snapshots.ts'
import { type AnySnapshot, generalSnapshots, own, type SnapshotSources } from './find.ts'

/** Query of a listing, its shape checked. */
export type SnapshotQuery = RouteInput<(typeof snapshotRoutes)['getAllSnapshots']>['query']

/** What listing needs. */
interface Sources extends Pick<SnapshotSources, 'engine' | 'config'> {
  readonly snapshots: Pick<SnapshotStore, 'page' | 'count'>
}

const columns = {
  name: 'name',
  state: 'state',
  lastUsedAt: 'lastUsedAtMs',
  createdAt: 'createdAtMs',
} as const satisfies Record<NonNullable<SnapshotQuery['sort']>, SnapshotSort>

/**
 * A page of the snapshots that an organization sees: its own, then the general ones (api.md 2.8), and how many there
 * are.
 */
export async function listSnapshots(
  sources: Sources,
  organizationId: string,
  query: SnapshotQuery,
): Promise<{ items: AnySnapshot[]; total: number }> {
  const { name = '', sourceSandboxId, sort = 'lastUsedAt', order = 'desc' } = query
  const { offset, limit } = readPage(query)
  const filter = { organizationId, namePart: name, sourceSandboxId }
  const count = await sources.snapshots.count(filter)
  const items =
    offset < count
      ? (await sources.snapshots.page({ ...filter, sort: columns[sort], order, offset, limit })).map(own)
      : []
  const general = generalSnapshots(sources)
    .filter((snapshot) => isWanted(snapshot, query))
    .sort(comparison(columns[sort], order))
  const begin = Math.max(offset - count, 0)
  return {
    items: [...items, ...general.slice(begin, begin + limit - items.length)],
    total: count + general.length,
  }
}

function isWanted(snapshot: AnySnapshot, { name = '', sourceSandboxId }: SnapshotQuery): boolean {
  return sourceSandboxId === undefined && snapshot.name.toLowerCase().includes(name.toLowerCase())
}

/** By the column that is asked for; then the newest first, then by id. */
function comparison(column: SnapshotSort, order: 'asc' | 'desc') {
  const sign = order === 'asc' ? 1 : -1
  return (a: AnySnapshot, b: AnySnapshot): number => {
    const [left, right] = [a[column] ?? 0, b[column] ?? 0]
    if (left === right) return b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)
    return left < right ? -sign : sign
  }
}
