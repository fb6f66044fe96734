import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'

/** What a sandbox used at one time; null is not known. */
export interface Sample {
  /** epoch seconds */
  readonly at: number
  /** percent of its cores */
  readonly cpu: number | null
  readonly cores: number | null
  /** bytes, like all below but the rates */
  readonly memory: number | null
  readonly cache: number | null
  readonly memoryLimit: number | null
  readonly disk: number | null
  readonly diskLimit: number | null
  /** bytes a second, like the next */
  readonly received: number | null
  readonly sent: number | null
}

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

export type RangeName = keyof typeof ranges

const names = {
  cpu: 'daytona.sandbox.cpu.utilization',
  cores: 'daytona.sandbox.cpu.limit',
  memory: 'daytona.sandbox.memory.usage',
  cache: 'daytona.sandbox.memory.cache',
  memoryLimit: 'daytona.sandbox.memory.limit',
  disk: 'daytona.sandbox.filesystem.usage',
  diskLimit: 'daytona.sandbox.filesystem.total',
  received: 'daytona.sandbox.network.received',
  sent: 'daytona.sandbox.network.sent',
} as const

/** so often a chart moves on while its range passes: oftener nobody could see */
const movesPerRange = 240
const leastEveryMs = 2000
const leastRangeMs = 60_000
/** samples that are missing before it is a gap */
const gapFactor = 2.5

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
        metricNames: Object.values(names).join(','),
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

type Series = AnswerOf<ApiOperations['getSandboxMetrics']>['series']

function toSamples(series: Series): Pick<Measured, 'samples' | 'everyS'> {
  const byTime = new Map<string, Record<string, number>>()
  for (const { metricName, dataPoints } of series) {
    for (const { timestamp, value } of dataPoints) {
      const row = byTime.get(timestamp) ?? {}
      row[metricName] = value
      byTime.set(timestamp, row)
    }
  }
  const rows = [...byTime].map(([iso, row]) => ({ at: Date.parse(iso) / 1000, row })).toSorted((a, b) => a.at - b.at)
  const steps = rows.slice(1).map(({ at }, before) => at - (rows[before]?.at ?? at))
  const everyS = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? null
  const samples: Sample[] = []
  for (const [index, { at, row }] of rows.entries()) {
    const before = rows[index - 1]
    const passed = before === undefined ? null : at - before.at
    const isAfterGap = passed !== null && everyS !== null && passed > gapFactor * everyS
    if (before !== undefined && isAfterGap) samples.push(emptyAt(before.at + everyS))
    const rateOf = (name: string): number | null => {
      const more = (row[name] ?? 0) - (before?.row[name] ?? 0)
      // It counts from 0 again after a start.
      return passed === null || passed === 0 || isAfterGap || more < 0 ? null : more / passed
    }
    samples.push({
      at,
      cpu: row[names.cpu] ?? null,
      cores: row[names.cores] ?? null,
      memory: row[names.memory] ?? null,
      cache: row[names.cache] ?? null,
      memoryLimit: row[names.memoryLimit] ?? null,
      disk: row[names.disk] ?? null,
      diskLimit: row[names.diskLimit] ?? null,
      received: rateOf(names.received),
      sent: rateOf(names.sent),
    })
  }
  return { samples, everyS }
}

function emptyAt(at: number): Sample {
  return {
    at,
    cpu: null,
    cores: null,
    memory: null,
    cache: null,
    memoryLimit: null,
    disk: null,
    diskLimit: null,
    received: null,
    sent: null,
  }
}
