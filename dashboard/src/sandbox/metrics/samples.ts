import type { AnswerOf, ApiOperations } from '@sandyard/sdk'

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

/** The series that it is made of. */
export const metricNames = {
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

/** samples that are missing before it is a gap */
const gapFactor = 2.5

type Series = AnswerOf<ApiOperations['getSandboxMetrics']>['series']

/** Samples out of series; where some are missing an empty one is between, and rates out of what counters say. */
export function toSamples(series: Series): { readonly samples: readonly Sample[]; readonly everyS: number | null } {
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
      cpu: row[metricNames.cpu] ?? null,
      cores: row[metricNames.cores] ?? null,
      memory: row[metricNames.memory] ?? null,
      cache: row[metricNames.cache] ?? null,
      memoryLimit: row[metricNames.memoryLimit] ?? null,
      disk: row[metricNames.disk] ?? null,
      diskLimit: row[metricNames.diskLimit] ?? null,
      received: rateOf(metricNames.received),
      sent: rateOf(metricNames.sent),
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
