import { type MetricName, metricNames } from '@sandyard/protocol'
import { wireDate } from '../wire-date.ts'
import type { Sample } from './ring.ts'

/** One metric over time. */
export interface Series {
  readonly metricName: string
  readonly dataPoints: { readonly timestamp: string; readonly value: number }[]
}

/** Most points of one series in an answer. */
export const mostPoints = 1500

const KiB = 1024
const GiB = 1024 ** 3

const readings: Readonly<Record<MetricName, (sample: Sample) => number>> = {
  'daytona.sandbox.cpu.utilization': ({ cpuPercent }) => cpuPercent,
  'daytona.sandbox.cpu.limit': ({ cores }) => cores,
  'daytona.sandbox.memory.utilization': ({ memoryKib, memoryGib }) => percent(memoryKib * KiB, memoryGib * GiB),
  'daytona.sandbox.memory.usage': ({ memoryKib }) => memoryKib * KiB,
  'daytona.sandbox.memory.limit': ({ memoryGib }) => memoryGib * GiB,
  'daytona.sandbox.memory.cache': ({ cacheKib }) => cacheKib * KiB,
  'daytona.sandbox.filesystem.utilization': ({ diskKib, diskGib }) => percent(diskKib * KiB, diskGib * GiB),
  'daytona.sandbox.filesystem.usage': ({ diskKib }) => diskKib * KiB,
  'daytona.sandbox.filesystem.total': ({ diskGib }) => diskGib * GiB,
  'daytona.sandbox.filesystem.available': ({ diskKib, diskGib }) => Math.max(0, diskGib * GiB - diskKib * KiB),
  'daytona.sandbox.network.received': ({ receivedKib }) => receivedKib * KiB,
  'daytona.sandbox.network.sent': ({ sentKib }) => sentKib * KiB,
}

/** The samples as series; all that there are when none are named. A name that nothing is known of has no series. */
export function toSeries(samples: readonly Sample[], wanted: readonly string[]): Series[] {
  const groups = group(samples)
  return metricNames
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((metricName) => {
      const value = readings[metricName]
      const dataPoints = groups.flatMap((together) => {
        const values = together.map(value).filter((one) => !Number.isNaN(one))
        const last = together.at(-1)
        if (values.length === 0 || last === undefined) return []
        const average = values.reduce((sum, one) => sum + one, 0) / values.length
        return [{ timestamp: wireDate(last.at * 1000), value: round(average) }]
      })
      return { metricName, dataPoints }
    })
}

/** What goes into one point together. */
function group(samples: readonly Sample[]): Sample[][] {
  const size = Math.ceil(samples.length / mostPoints)
  const groups: Sample[][] = []
  for (let index = 0; index < samples.length; index += size) groups.push(samples.slice(index, index + size))
  return groups
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
