import type { PlatformEvents } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { usePlatform } from './platform.tsx'

/** How the rows of a list are told of by events: the row out of what each carries. */
export interface Telling<Row> {
  readonly events: Readonly<Partial<Record<keyof PlatformEvents, (payload: never) => Row>>>
  /** true for what is no longer in the list */
  readonly isGone: (row: Row) => boolean
  /** what else is told and makes the list be read anew, where it answers true */
  readonly outdates?: Readonly<Partial<Record<keyof PlatformEvents, (payload: never) => boolean>>>
}

/** time after which a list is read anew that may be older than an event, ms */
const readAgainMs = 500

/**
 * Puts what events tell into the list that a query with the key `[what, id of the organization]` holds, for as long as the
 * component is there. New rows come first. `telling` must be the same each time.
 */
export function useTold<Row extends { readonly id: string; readonly updatedAt?: string }>(
  what: string,
  telling: Telling<Row>,
): void {
  const { events, organization } = usePlatform()
  const queries = useQueryClient()
  useEffect(() => {
    const queryKey = [what, organization.id]
    let timer: ReturnType<typeof setTimeout> | undefined
    /** What is being read may be older than what was told meanwhile. */
    const readAgain = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        if (queries.isFetching({ queryKey, exact: true }) > 0) readAgain()
        else void queries.invalidateQueries({ queryKey, exact: true })
      }, readAgainMs)
    }
    const told = Object.entries(telling.events) as [keyof PlatformEvents, (payload: never) => Row][]
    const stops = told.map(([name, rowOf]) =>
      events.on(name, (payload) => {
        if (queries.isFetching({ queryKey, exact: true }) > 0) readAgain()
        const row = rowOf(payload as never)
        queries.setQueryData(queryKey, (rows: readonly Row[] | undefined) => putRow(rows, row, telling.isGone(row)))
      }),
    )
    const outdating = Object.entries(telling.outdates ?? {}) as [keyof PlatformEvents, (payload: never) => boolean][]
    for (const [name, isOutdated] of outdating)
      stops.push(events.on(name, (payload) => isOutdated(payload as never) && readAgain()))
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [events, organization.id, queries, what, telling])
}

/** A list with a row as it is now, in its place or first; undefined for one that was not read. */
export function putRow<Row extends { readonly id: string; readonly updatedAt?: string }>(
  rows: readonly Row[] | undefined,
  row: Row,
  isGone = false,
): readonly Row[] | undefined {
  if (rows === undefined) return undefined
  if (isGone) return rows.filter(({ id }) => id !== row.id)
  if (!rows.some(({ id }) => id === row.id)) return [row, ...rows]
  return rows.map((one) => (one.id === row.id && !isOlder(row, one) ? { ...one, ...row } : one))
}

/** True for what is older than what is known: an answer may come after the event of what was next. */
export function isOlder(told: { readonly updatedAt?: string }, known: { readonly updatedAt?: string }): boolean {
  return told.updatedAt !== undefined && known.updatedAt !== undefined && told.updatedAt < known.updatedAt
}
