import type { AnswerOf, ApiOperations, Client } from '@sandyard/sdk'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Tone } from '../design/state.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type Telling, useTold } from '../platform/told.ts'

/** What sandboxes are made from. */
export type Snapshot = AnswerOf<ApiOperations['getSnapshot']>
/** How far it is, and whether sandboxes can be made from it. */
export type SnapshotState = Snapshot['state']

/** Snapshots that are read at most. */
const mostSnapshots = 5000
const pageSize = 200

/** First part of the key that the list is kept by. */
export const snapshotList = 'snapshot-list'

const telling: Telling<Snapshot> = {
  events: {
    'snapshot.created': (snapshot: Snapshot) => snapshot,
    'snapshot.state.updated': ({ snapshot }: { snapshot: Snapshot }) => snapshot,
    'snapshot.removed': (snapshot: Snapshot) => ({ ...snapshot, state: 'removing' }),
  },
  isGone: ({ state }) => state === 'removing',
}

/** Snapshots of the organization and the general ones, kept as they are by events. */
export function useSnapshots(): UseQueryResult<readonly Snapshot[]> {
  const { daytona, organization } = usePlatform()
  useTold(snapshotList, telling)
  return useQuery({
    queryKey: [snapshotList, organization.id],
    queryFn: ({ signal }) => readAll(daytona.client, signal),
  })
}

/** One with what it was built from. */
export function useSnapshotDetail(id: string): UseQueryResult<Snapshot> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['snapshot', organization.id, id],
    queryFn: ({ signal }) => daytona.client.call('getSnapshot', { params: { id } }, { signal }),
  })
}

async function readAll(client: Client, signal: AbortSignal): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = []
  for (let page = 1; ; page++) {
    const { items, totalPages } = await client.call(
      'getAllSnapshots',
      { query: { page, limit: pageSize, sort: 'createdAt', order: 'desc' } },
      { signal },
    )
    found.push(...items)
    if (page >= totalPages || found.length >= mostSnapshots) return found
  }
}

/** What a state is to a person. */
export function toneOfSnapshot(state: SnapshotState): Tone {
  switch (state) {
    case 'active':
      return 'good'
    case 'inactive':
      return 'rest'
    case 'error':
    case 'build_failed':
      return 'bad'
    default:
      return 'busy'
  }
}

/** True while it is being made. */
export function isMaking({ state }: Pick<Snapshot, 'state'>): boolean {
  return ['pending', 'pulling', 'building', 'snapshotting'].includes(state)
}

/** True for one that is pulled or built, which tells a log; one that is a sandbox's disk has none. */
export function hasLog({ general, sourceSandboxId }: Pick<Snapshot, 'general' | 'sourceSandboxId'>): boolean {
  return !general && sourceSandboxId === null
}

/** True for one that was to be pulled or built, and was not. */
export function canRetry(snapshot: Snapshot): boolean {
  return hasLog(snapshot) && toneOfSnapshot(snapshot.state) === 'bad'
}

/** What can be done to a snapshot. */
export type SnapshotAction = 'activate' | 'deactivate' | 'delete'

/** True where the action makes sense; the platform has the last word. General ones stay as they are. */
export function canDoTo(action: SnapshotAction, { general, state }: Pick<Snapshot, 'general' | 'state'>): boolean {
  if (general) return false
  switch (action) {
    case 'activate':
      return state === 'inactive'
    case 'deactivate':
      return state === 'active'
    case 'delete':
      return state !== 'snapshotting' && state !== 'removing'
  }
}
