import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../../platform/platform.tsx'
import type { SandboxDetail } from '../../sandboxes/live.ts'
import { metricNames, type Sample, toSamples } from './samples.ts'

/** Samples of a time; between them empty ones where the sandbox did not run. */
export interface Measured {
  readonly samples: readonly Sample[]
  /** both ends, epoch seconds */
  readonly from: number
  readonly to: number
  /** seconds between two samples; null where there are too few to tell */
  readonly everyS: number | null
}

/** Times that can be looked at; of `all` it is as long as the sandbox has been there. */
export const ranges = {
  '15m': { name: '15 min', ms: 15 * 60_000 },
  '1h': { name: '1 h', ms: 3_600_000 },
  '6h': { name: '6 h', ms: 6 * 3_600_000 },
  '24h': { name: '24 h', ms: 24 * 3_600_000 },
  all: { name: 'All', ms: Number.POSITIVE_INFINITY },
} as const

/** How far back, as it is chosen. */
export type RangeName = keyof typeof ranges

/** so often a chart moves on while its range passes: oftener nobody could see */
const movesPerRange = 240
const leastEveryMs = 2000
const leastRangeMs = 60_000

/** What a sandbox has used. While it runs and the page is seen, it is read anew as often as it would look different. */
export function useMetrics(sandbox: SandboxDetail, range: RangeName): UseQueryResult<Measured> {
  const { daytona, organization } = usePlatform()
  const { id, createdAt } = sandbox
  const isRunning = sandbox.state === 'started'
  return useQuery({
    queryKey: ['metrics', organization.id, id, range, isRunning],
    queryFn: async ({ signal }) => {
      const to = Date.now()
      // Of a sandbox that is younger than the range, not the time before it was there; a little of it, so that lines have room.
      const from = Math.max(to - ranges[range].ms, Math.min(Date.parse(createdAt), to - leastRangeMs))
      const query = {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        metricNames: Object.values(metricNames).join(','),
      }
      const { series } = await daytona.client.call(
        'getSandboxMetrics',
        { params: { sandboxId: id }, query },
        { signal },
      )
      return { ...toSamples(series), from: from / 1000, to: to / 1000 }
    },
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => {
      if (!isRunning) return false
      const { everyS, from, to } = data ?? { everyS: null, from: 0, to: 0 }
      return Math.max(leastEveryMs, (everyS ?? 5) * 1000, ((to - from) * 1000) / movesPerRange)
    },
  })
}
