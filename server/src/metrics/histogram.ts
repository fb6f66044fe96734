/** Upper ends of the buckets, seconds. */
export const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const

/** One value of a metric, as the library prints it. */
export interface MetricValue {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** How long things took, by their labels. To note one costs a look into a map and a few additions. */
export interface Histogram {
  note(key: string, labels: () => Readonly<Record<string, string>>, seconds: number): void
  values(name: string): MetricValue[]
}

interface Row {
  readonly labels: Readonly<Record<string, string>>
  /** how many ended in each bucket alone; the last is for those beyond all */
  readonly counts: Float64Array
  sum: number
}

/** Makes an empty histogram. Keys stand for sets of labels; the caller sees to it that there are few. */
export function createHistogram(): Histogram {
  const rows = new Map<string, Row>()
  return {
    note(key, labels, seconds) {
      let row = rows.get(key)
      if (row === undefined) {
        row = { labels: labels(), counts: new Float64Array(buckets.length + 1), sum: 0 }
        rows.set(key, row)
      }
      let index = 0
      while (index < buckets.length && seconds > (buckets[index] ?? 0)) index += 1
      row.counts[index] = (row.counts[index] ?? 0) + 1
      row.sum += seconds
    },
    values(name) {
      return [...rows.values()].flatMap(({ labels, counts, sum }) => {
        let count = 0
        const ends = [...counts].map((each, index) => {
          count += each
          return { metricName: `${name}_bucket`, labels: { ...labels, le: buckets[index] ?? '+Inf' }, value: count }
        })
        return [
          ...ends,
          { metricName: `${name}_sum`, labels, value: sum },
          { metricName: `${name}_count`, labels, value: count },
        ]
      })
    },
  }
}
