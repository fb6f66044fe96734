import type { SandboxState } from '@sandyard/protocol'
import { type Kysely, sql } from 'kysely'
import { summaryColumns } from './sandbox-record.ts'
import type { Tables } from './tables.ts'

/** Columns that a listing can be sorted by. */
export type SandboxSort = 'name' | 'cpu' | 'memoryGib' | 'diskGib' | 'lastActivityAtMs' | 'createdAtMs'

/** A listing: every filter that is given must hold. Destroyed sandboxes are never listed. */
export interface SandboxPageQuery {
  readonly organizationId: string
  readonly limit: number
  readonly sort: SandboxSort
  readonly order: 'asc' | 'desc'
  /** the last row of the page before */
  readonly after: { readonly sortValue: string | number; readonly id: string } | undefined
  /** lower case */
  readonly idPrefix: string | undefined
  /** lower case */
  readonly namePrefix: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly states: readonly SandboxState[] | undefined
  readonly snapshots: readonly string[] | undefined
  readonly regions: readonly string[] | undefined
  readonly classes: readonly string[] | undefined
  readonly isPublic: boolean | undefined
  readonly isRecoverable: boolean | undefined
  readonly includeErroredDeleted: boolean
  readonly ranges: readonly Range[]
}

/** Bounds of one column, inclusive. */
export interface Range {
  readonly column: 'cpu' | 'memoryGib' | 'diskGib' | 'createdAtMs' | 'lastActivityAtMs' | 'autoDestroyAtMs'
  readonly min: number | undefined
  readonly max: number | undefined
}

/** The query of a page; sorted by a column and then by id, so that no two rows are equal. */
export function selectPage(db: Kysely<Tables>, query: SandboxPageQuery) {
  const { sort, order, after } = query
  const beyond = order === 'asc' ? '>' : '<'
  let select = db
    .selectFrom('sandboxes')
    .select(summaryColumns)
    .where('organizationId', '=', query.organizationId)
    .where('state', '!=', 'destroyed')
    .orderBy(sort, order)
    .orderBy('id', order)
    .limit(query.limit)
  if (after !== undefined) {
    select = select.where((where) =>
      where.or([
        where(sort, beyond, after.sortValue),
        where.and([where(sort, '=', after.sortValue), where('id', beyond, after.id)]),
      ]),
    )
  }
  if (query.idPrefix !== undefined) select = select.where(startsWith('id', query.idPrefix))
  if (query.namePrefix !== undefined) select = select.where(startsWith('nameFolded', query.namePrefix))
  for (const [key, value] of Object.entries(query.labels)) {
    select = select.where('id', 'in', (inner) =>
      inner.selectFrom('sandboxLabels').select('sandboxId').where('key', '=', key).where('value', '=', value),
    )
  }
  if (query.states !== undefined) select = select.where('state', 'in', query.states)
  if (query.snapshots !== undefined) select = select.where('snapshot', 'in', query.snapshots)
  if (query.regions !== undefined) select = select.where('region', 'in', query.regions)
  if (query.classes !== undefined) select = select.where('sandboxClass', 'in', query.classes)
  if (query.isPublic !== undefined) select = select.where('isPublic', '=', Number(query.isPublic))
  if (query.isRecoverable !== undefined) select = select.where('isRecoverable', '=', Number(query.isRecoverable))
  if (!query.includeErroredDeleted) {
    select = select.where((where) =>
      where.or([where('state', '!=', 'error'), where('desiredState', '!=', 'destroyed')]),
    )
  }
  for (const { column, min, max } of query.ranges) {
    if (min !== undefined) select = select.where(column, '>=', min)
    if (max !== undefined) select = select.where(column, '<=', max)
  }
  return select
}

function startsWith(column: 'id' | 'nameFolded', prefix: string) {
  const pattern = `${prefix.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`
}
