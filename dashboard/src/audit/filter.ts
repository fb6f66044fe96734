import type { AuditConditions } from './entries.ts'

/** What entries are shown; kept in the address. An empty text is no condition. */
export interface AuditFilter {
  readonly actor: string
  readonly action: string
  readonly type: string
  readonly target: string
  readonly outcome: string
  /** key of `ranges`, or `from` and `to` where it is `own` */
  readonly range: string
  readonly from: string
  readonly to: string
}

const names = ['actor', 'action', 'type', 'target', 'outcome', 'range', 'from', 'to'] as const

const hourMs = 3_600_000
/** Times to choose from, ms. */
export const ranges: Readonly<Record<string, { readonly name: string; readonly ms: number }>> = {
  hour: { name: 'Last hour', ms: hourMs },
  day: { name: 'Last 24 hours', ms: 24 * hourMs },
  week: { name: 'Last 7 days', ms: 7 * 24 * hourMs },
  month: { name: 'Last 30 days', ms: 30 * 24 * hourMs },
}

/** The filter that an address asks for. */
export function readFilter(search: string): AuditFilter {
  const given = new URLSearchParams(search)
  return Object.fromEntries(names.map((name) => [name, given.get(name)?.slice(0, 253) ?? ''])) as unknown as AuditFilter
}

/** The address of a filter, without what is empty. */
export function filterSearch(filter: AuditFilter): string {
  const search = new URLSearchParams(names.flatMap((name) => (filter[name] === '' ? [] : [[name, filter[name]]])))
  return search.size === 0 ? '' : `?${search}`
}

/** True where something is asked for. */
export function isFiltered(filter: AuditFilter): boolean {
  return names.some((name) => filter[name] !== '')
}

/** The filter as the API takes it, at this moment. */
export function conditionsOf({ actor, action, type, target, outcome, range, from, to }: AuditFilter): AuditConditions {
  const since = ranges[range]
  return {
    ...(actor === '' ? {} : { 'actorId[eq]': actor }),
    ...(action === '' ? {} : { 'action[eq]': action }),
    ...(type === '' ? {} : { 'targetType[eq]': type }),
    ...(target === '' ? {} : { 'targetId[eq]': target }),
    ...(outcome === 'done' ? { 'statusCode[lt]': 400 } : {}),
    ...(outcome === 'refused' ? { 'statusCode[gte]': 400 } : {}),
    ...(since === undefined ? {} : { from: new Date(Date.now() - since.ms).toISOString() }),
    ...(range === 'own' ? { ...timeOf('from', from), ...timeOf('to', to) } : {}),
  }
}

/** What a field of date and time holds, in the reader's time zone. */
function timeOf(name: 'from' | 'to', typed: string): { from?: string; to?: string } {
  const ms = Date.parse(typed)
  return Number.isNaN(ms) ? {} : { [name]: new Date(ms).toISOString() }
}
