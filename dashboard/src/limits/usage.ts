import { type AnswerOf, type ApiOperations, createClient, type PlatformEvents } from '@sandyard/sdk'
import { type UseQueryResult, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { usePlatform } from '../platform/platform.tsx'

type Overview = AnswerOf<ApiOperations['getOrganizationUsageOverview']>

/** What an organization has in use and may have in one region. */
export type RegionUsage = Overview['regionUsage'][number]

/** Calls of the organization in a time, when the platform limits them. */
export interface CallRate {
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

/** What is in use, and what may be. */
export interface Usage extends Overview {
  readonly rate: CallRate | null
}

/** A total of this or more is no limit. */
export const unlimited = 1_000_000

const usageKey = (organizationId: string) => ['usage', organizationId] as const

/** What tells that something takes more or less now. */
const changes: readonly (keyof PlatformEvents)[] = [
  'sandbox.created',
  'sandbox.state.updated',
  'snapshot.created',
  'snapshot.state.updated',
  'snapshot.removed',
  'volume.created',
  'volume.state.updated',
]
const settledMs = 800
const refreshMs = 60_000

/** What the organization has in use. It is read anew when events tell of a change, and each minute for what they do not. */
export function useUsage(): UseQueryResult<Usage> {
  const { daytona, organization, events } = usePlatform()
  const queries = useQueryClient()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const refresh = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => void queries.invalidateQueries({ queryKey: usageKey(organization.id) }), settledMs)
    }
    const stops = changes.map((name) => events.on(name, refresh))
    return () => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    }
  }, [events, queries, organization.id])

  return useQuery({
    queryKey: usageKey(organization.id),
    refetchInterval: refreshMs,
    queryFn: async ({ signal }) => {
      const { settings } = daytona.client
      const send = settings.fetch ?? fetch
      let rate: CallRate | null = null
      // How many calls are left stands in the head of each answer, and only there.
      const client = createClient({
        ...settings,
        fetch: async (...request) => {
          const response = await send(...request)
          rate = rateOf(response.headers)
          return response
        },
      })
      const params = { organizationId: organization.id }
      const overview = await client.call('getOrganizationUsageOverview', { params }, { signal })
      return { ...overview, rate }
    },
  })
}

function rateOf(headers: Headers): CallRate | null {
  const number = (name: string): number => Number(headers.get(`X-RateLimit-${name}-authenticated`) ?? Number.NaN)
  const rate = { limit: number('Limit'), remaining: number('Remaining'), resetSeconds: number('Reset') }
  return Object.values(rate).some(Number.isNaN) ? null : rate
}

/** What all sandboxes took on one day. */
export interface DayUse {
  /** its begin, epoch ms */
  readonly startMs: number
  readonly endMs: number
  readonly cpuHours: number
  readonly memoryGiBHours: number
  readonly diskGiBHours: number
}

/** What was taken on each of the last days, by the clock of the reader; days that are over are read once. */
export function useDays(count: number): {
  readonly days: readonly DayUse[]
  readonly left: number
  error: Error | null
} {
  const { daytona, organization } = usePlatform()
  const starts = lastDays(count)
  const answers = useQueries({
    queries: starts.map((startMs, at) => {
      const isToday = at === starts.length - 1
      return {
        queryKey: ['usage', organization.id, 'day', startMs],
        staleTime: isToday ? 0 : Number.POSITIVE_INFINITY,
        refetchInterval: isToday ? refreshMs : (false as const),
        queryFn: async ({ signal }: { signal: AbortSignal }): Promise<DayUse> => {
          const endMs = nextDay(startMs)
          const { totals } = await daytona.client.call(
            'getOrganizationUsagePeriods',
            {
              params: { organizationId: organization.id },
              query: { from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString(), limit: 1 },
            },
            { signal },
          )
          return { startMs, endMs, ...totals }
        },
      }
    }),
  })
  return {
    days: answers.flatMap(({ data }) => (data === undefined ? [] : [data])),
    left: answers.filter(({ data }) => data === undefined).length,
    error: answers.find(({ error, data }) => error !== null && data === undefined)?.error ?? null,
  }
}

function lastDays(count: number): number[] {
  const today = new Date()
  return Array.from({ length: count }, (_, at) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - (count - 1 - at)).getTime(),
  )
}

/** Days of a change of the clock are shorter or longer. */
function nextDay(startMs: number): number {
  const day = new Date(startMs)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()
}
