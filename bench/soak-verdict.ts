import type { SandboxState } from './soak-watch.ts'

/** A sandbox or the platform, and how it was over time. */
export interface Watched {
  readonly name: string
  readonly look: () => SandboxState
  /** while the clients worked */
  readonly samples: (SandboxState & { readonly atMs: number })[]
  /** after the warm-up, without calls */
  before?: SandboxState
  /** after all clients were done, without calls */
  after?: SandboxState
}

/** What resident memory may grow over the last two thirds of the time, by the line through its samples, as part of its mean. */
const mostGrowth = 0.15
/** What it may be above the mean of the second third when all is quiet again, as part of that mean. */
const mostKept = 0.1
/** With fewer samples a line says nothing. */
const fewestSamples = 30

/** What is wrong, a sentence each; none when the soak has passed. */
export function judge(watched: readonly Watched[]): string[] {
  return watched.flatMap(({ name, samples, before, after }) => {
    if (before === undefined || after === undefined) return [`${name} was not looked at`]
    const faults: string[] = []
    const growth = growthOf(samples.slice(Math.floor(samples.length / 3)))
    if (samples.length >= fewestSamples && growth > mostGrowth) {
      faults.push(`its memory grew by ${percent(growth)} over the last two thirds, more than ${percent(mostGrowth)}`)
    }
    const second = samples.slice(Math.floor(samples.length / 3), Math.ceil((samples.length * 2) / 3))
    const kept = (after.agent.rssKib * second.length) / second.reduce((sum, { agent }) => sum + agent.rssKib, 0) - 1
    if (kept > mostKept) faults.push(`it has ${percent(kept)} more memory than when it worked, though all is quiet`)
    if (after.agent.fds > before.agent.fds) {
      faults.push(`it has ${after.agent.fds} descriptors, and had ${before.agent.fds}`)
    }
    if (after.agent.threads > before.agent.threads) {
      faults.push(`it has ${after.agent.threads} threads, and had ${before.agent.threads}`)
    }
    if (after.processes > before.processes) {
      faults.push(`${after.processes} processes are there, and were ${before.processes}`)
    }
    if (after.zombies.length > 0) faults.push(`zombies stay: ${after.zombies.join(' ')}`)
    for (const [i, { zombies }] of samples.entries()) {
      // One that is seen only once was about to be waited for.
      const stayed = zombies.filter((pid) => samples[i + 1]?.zombies.includes(pid))
      if (stayed.length > 0) faults.push(`zombies stayed for a whole interval: ${stayed.join(' ')}`)
    }
    return faults.map((fault) => `${name}: ${fault}`)
  })
}

/** Prints how each was before, at most, and after. */
export function printTable(watched: readonly Watched[]): void {
  console.log(
    '\nbefore / at most / after      PSS, MiB     resident, MiB    grew   descriptors     threads   processes  zombies',
  )
  for (const { name, samples, before, after } of watched) {
    const three = (figure: (state: SandboxState) => number, digits = 0): string =>
      [before, undefined, after]
        .map((state, i) =>
          i === 1 ? Math.max(...samples.map(figure)) : state === undefined ? Number.NaN : figure(state),
        )
        .map((value) => value.toFixed(digits))
        .join('/')
    const columns = [
      name.padEnd(16),
      three(({ agent }) => agent.pssKib / 1024).padStart(21),
      three(({ agent }) => agent.rssKib / 1024).padStart(17),
      percent(growthOf(samples.slice(Math.floor(samples.length / 3)))).padStart(7),
      three(({ agent }) => agent.fds).padStart(13),
      three(({ agent }) => agent.threads).padStart(11),
      three(({ processes }) => processes).padStart(11),
      three(({ zombies }) => zombies.length).padStart(8),
    ]
    console.log(columns.join(' '))
  }
}

/** Growth of resident memory (of which no other process's sharing takes a part) over the samples by the straight line nearest to them, as part of their mean. */
function growthOf(samples: Watched['samples']): number {
  if (samples.length < 2) return 0
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const times = samples.map(({ atMs }) => atMs)
  const sizes = samples.map(({ agent }) => agent.rssKib)
  const [middleTime, middleSize] = [mean(times), mean(sizes)]
  const slope =
    times.reduce((sum, time, i) => sum + (time - middleTime) * ((sizes[i] ?? 0) - middleSize), 0) /
    times.reduce((sum, time) => sum + (time - middleTime) ** 2, 0)
  return (slope * ((times.at(-1) ?? 0) - (times[0] ?? 0))) / middleSize
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
