import { PlatformError } from '@sandyard/protocol'

/** Failures are forgotten after so long without another one, ms. */
const memoryMs = 3600_000
/** Names and addresses that are remembered at a time; the oldest are forgotten first. */
const keptKeys = 20_000

/** How failures slow down further tries. */
export interface BrakeRule {
  /** failures that cost nothing */
  readonly free: number
  /** longest wait for the next try, ms */
  readonly longestMs: number
}

/** Slows down who guesses. */
export interface Brake {
  /** Counts a try as failed until told otherwise. Throws TOO_MANY_REQUESTS before the time of the next try. */
  begin(key: string, rule: BrakeRule): void
  /** The try was good. `isForgiven` also forgets the failures before it. */
  succeeded(key: string, isForgiven: boolean): void
}

interface Failures {
  readonly count: number
  readonly nextAtMs: number
  readonly lastAtMs: number
}

/** Makes a brake. It forgets with the process, and so does whoever waits. */
export function createBrake(clock: () => number): Brake {
  const kept = new Map<string, Failures>()

  function read(key: string): Failures | undefined {
    const known = kept.get(key)
    return known === undefined || clock() - known.lastAtMs > memoryMs ? undefined : known
  }

  function write(key: string, failures: Failures): void {
    kept.delete(key)
    kept.set(key, failures)
    if (kept.size > keptKeys) kept.delete(kept.keys().next().value ?? '')
  }

  return {
    begin(key, { free, longestMs }) {
      const nowMs = clock()
      const known = read(key)
      if (known !== undefined && known.nextAtMs > nowMs) {
        const seconds = Math.ceil((known.nextAtMs - nowMs) / 1000)
        throw new PlatformError('TOO_MANY_REQUESTS', `Too many failed sign-ins; try again in ${seconds} s`)
      }
      const count = (known?.count ?? 0) + 1
      const waitMs = count <= free ? 0 : Math.min(longestMs, 1000 * 2 ** Math.min(count - free - 1, 30))
      write(key, { count, nextAtMs: nowMs + waitMs, lastAtMs: nowMs })
    },
    succeeded(key, isForgiven) {
      const known = read(key)
      if (known === undefined) return
      if (isForgiven || known.count <= 1) kept.delete(key)
      else write(key, { count: known.count - 1, nextAtMs: 0, lastAtMs: known.lastAtMs })
    },
  }
}
