/** Times of one thing, in ms. */
export interface Figure {
  readonly name: string
  readonly samples: readonly number[]
}

/** Runs the works in turn, round after round, so that what slows the machine slows all of them alike. */
export async function inTurn(rounds: number, works: Readonly<Record<string, () => Promise<void>>>): Promise<Figure[]> {
  const samples = new Map<string, number[]>(Object.keys(works).map((name) => [name, []]))
  for (const work of Object.values(works)) await work() // The first round is for caches.
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      const startedAt = performance.now()
      await work()
      samples.get(name)?.push(performance.now() - startedAt)
    }
  }
  return [...samples].map(([name, values]) => ({ name, samples: values }))
}

/** The value below which this share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Prints p50 and p95 of each figure, and its p50 against that of the first one. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}`)
  const first = percentile(figures[0]?.samples ?? [], 0.5)
  for (const { name, samples } of figures) {
    const p50 = percentile(samples, 0.5)
    const ratio = figures[0]?.name === name ? '' : `   ours / this: ${(first / p50).toFixed(2)}`
    console.log(
      `  ${name.padEnd(34)} p50 ${ms(p50)}   p95 ${ms(percentile(samples, 0.95))}   n ${samples.length}${ratio}`,
    )
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`.padStart(10)
}
