import type { Answered } from './ask.ts'
import { outcomes } from './dns-message.ts'
import type { NamePolicy } from './name-policy.ts'

/*
 * Names go out to whoever runs them, so that they carry data: the queries of a sandbox whose rules say where it may connect
 * to are bounded by what fits into them. Each one that goes out costs its length and something for itself; for a while the
 * answer is remembered, and asking again costs nothing and goes nowhere.
 */

/** What a sandbox may ask for. */
export interface LookupBounds {
  /** cost that may come at once */
  readonly burst: number
  /** cost that is allowed anew, a second */
  readonly rate: number
  /** time for which an answer is remembered, ms */
  readonly keptMs: number
}

/** For names below a pattern: who runs them is known, but not what they are. */
const belowPattern: LookupBounds = { burst: 64 * 1024, rate: 1024, keptMs: 5000 }
/** For names of anybody: those that lead into a network of the sandbox. */
const anyName: LookupBounds = { burst: 8 * 1024, rate: 40, keptMs: 60_000 }

/** Cost of a query beside the length of its name: that it comes, and when, tells something too. */
const queryCost = 32
/** Answers that are remembered of one sandbox; which of them it asks for anew tells something too. */
const mostKept = 256
/** Time for which it is remembered that nobody has answered, ms. */
const failureKeptMs = 5000

/** Asks for names on behalf of one sandbox. */
export interface Lookups {
  /** What `ask` gives, or has given before; `null` when too much was asked for. */
  lookUp(name: string, ask: () => Promise<Answered | undefined>): Promise<Answered | undefined | null>
  /** Whether one more query of a name may go out now, and counts it. */
  take(name: string): boolean
}

interface Kept {
  readonly answer: Promise<Answered | undefined>
  untilMs: number
}

/** Lookups as rules bound them; `null`: all that is asked goes out. The clock is in ms. */
export function lookupsFor(domains: NamePolicy | null, clock: () => number): Lookups | null {
  if (domains === null || domains.mode === 'but') return null
  return createLookups(domains.mode === 'listed' ? belowPattern : anyName, domains.isExact, clock)
}

/** Makes the lookups of one sandbox; names that are `isFree` cost nothing. The clock is in ms. */
function createLookups(
  { burst, rate, keptMs }: LookupBounds,
  isFree: (name: string) => boolean,
  clock: () => number,
): Lookups {
  const kept = new Map<string, Kept>()
  let left = burst
  let atMs = clock()

  function take(name: string): boolean {
    if (isFree(name)) return true
    const nowMs = clock()
    left = Math.min(burst, left + (Math.max(0, nowMs - atMs) * rate) / 1000)
    atMs = nowMs
    const cost = name.length + queryCost
    if (left < cost) return false
    left -= cost
    return true
  }

  function keep(name: string, answer: Promise<Answered | undefined>): void {
    const entry: Kept = { answer, untilMs: Number.POSITIVE_INFINITY }
    kept.delete(name)
    kept.set(name, entry)
    const settle = (answered: Answered | undefined): void => {
      const isFailure = answered === undefined || ![outcomes.good, outcomes.noName].includes(answered.response.outcome)
      entry.untilMs = clock() + (isFailure ? Math.min(keptMs, failureKeptMs) : keptMs)
    }
    answer.then(settle, () => settle(undefined))
    const [oldest] = kept.keys()
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
  }

  return {
    take,
    async lookUp(name, ask) {
      const known = kept.get(name)
      if (known !== undefined && clock() < known.untilMs) return await known.answer
      if (!take(name)) return null
      const answer = ask()
      keep(name, answer)
      return await answer
    },
  }
}
