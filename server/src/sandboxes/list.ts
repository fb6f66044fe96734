import {
  limits,
  PlatformError,
  type RouteInput,
  type SandboxState,
  type sandboxRoutes,
  sandboxStates,
} from '@sandyard/protocol'
import { formatCursor, parseCursor, parseJson } from '../paging.ts'
import type { Range, SandboxPageQuery, SandboxSort } from '../store/sandbox-page.ts'
import type { SandboxSummary } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'

/** Query of a listing, its shape checked. */
export type ListQuery = RouteInput<(typeof sandboxRoutes)['listSandboxes']>['query']

const columns = {
  name: 'name',
  cpu: 'cpu',
  memoryGib: 'memoryGib',
  diskGib: 'diskGib',
  lastActivityAt: 'lastActivityAtMs',
  createdAt: 'createdAtMs',
} as const satisfies Record<NonNullable<ListQuery['sort']>, SandboxSort>

/** A page of an organization's sandboxes (api.md 3.8), and the cursor of the next one. */
export async function listSandboxes(
  sandboxes: SandboxStore,
  organizationId: string,
  query: ListQuery,
): Promise<{ items: SandboxSummary[]; nextCursor: string | null }> {
  const limit = query.limit ?? 100
  const sort = columns[query.sort ?? 'lastActivityAt']
  // One more than asked for tells whether there is a next page.
  const found = await sandboxes.page({
    ...filters(query),
    organizationId,
    limit: limit + 1,
    sort,
    ...position(query, sort),
  })
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? null : formatCursor({ sortValue: last[sort], id: last.id }) }
}

function position(query: ListQuery, sort: SandboxSort): Pick<SandboxPageQuery, 'order' | 'after'> {
  return {
    order: query.order ?? 'desc',
    after:
      query.cursor === undefined || query.cursor === ''
        ? undefined
        : parseCursor(query.cursor, sort === 'name' ? 'string' : 'number'),
  }
}

function filters(query: ListQuery): Omit<SandboxPageQuery, 'organizationId' | 'limit' | 'sort' | 'order' | 'after'> {
  return {
    idPrefix: prefix(query.id, 'id'),
    namePrefix: prefix(query.name, 'name'),
    labels: query.labels === undefined || query.labels === '' ? {} : parseLabels(query.labels),
    states: query.states?.map(parseState),
    snapshots: query.snapshots,
    regions: query.regionIds,
    classes: query.sandboxClasses,
    isPublic: query.isPublic,
    isRecoverable: query.isRecoverable,
    includeErroredDeleted: query.includeErroredDeleted ?? false,
    ranges: [
      { column: 'cpu', min: query.minCpu, max: query.maxCpu },
      { column: 'memoryGib', min: query.minMemoryGiB, max: query.maxMemoryGiB },
      { column: 'diskGib', min: query.minDiskGiB, max: query.maxDiskGiB },
      dates('createdAtMs', query.createdAtAfter, query.createdAtBefore),
      dates('lastActivityAtMs', query.lastEventAfter, query.lastEventBefore),
      dates('autoDestroyAtMs', query.autoDestroyAtAfter, query.autoDestroyAtBefore),
    ],
  }
}

function dates(column: Range['column'], after: string | undefined, before: string | undefined): Range {
  const time = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))
  return { column, min: time(after), max: time(before) }
}

function prefix(text: string | undefined, field: string): string | undefined {
  if (text !== undefined && text.length > limits.nameLength) {
    throw new PlatformError('BAD_REQUEST', `${field} must be at most ${limits.nameLength} characters`)
  }
  return text?.toLowerCase()
}

function parseState(text: string): SandboxState {
  const listed = sandboxStates.filter((state) => state !== 'destroyed')
  const state = listed.find((candidate) => candidate === text)
  if (state === undefined) {
    throw new PlatformError('BAD_REQUEST', `each value must be one of the following values: ${listed.join(', ')}`)
  }
  return state
}

function parseLabels(text: string): Record<string, string> {
  const labels = parseJson(text)
  const isMap =
    typeof labels === 'object' &&
    labels !== null &&
    !Array.isArray(labels) &&
    Object.values(labels).every((value) => typeof value === 'string')
  if (!isMap) throw new PlatformError('BAD_REQUEST', 'Invalid labels JSON format')
  if (Object.keys(labels).length > limits.labelCount) {
    throw new PlatformError('BAD_REQUEST', `labels: at most ${limits.labelCount} labels`)
  }
  return labels as Record<string, string>
}
