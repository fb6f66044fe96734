import { exitCodes } from './exit-codes.ts'
import type { Done, Screen } from './screen.ts'

/** Things that are worked on at once. */
const atOnce = 8

/** What is done to each of many things. */
export interface Work<T> {
  /** shown while it goes on */
  readonly doing: string
  readonly nameOf: (thing: T) => string
  /** resolves to what is told of it */
  readonly run: (thing: T) => Promise<Done>
  /** whether a failure may be over once others are done; then it is tried again for as long as that helps */
  readonly isWorthAnotherTry?: (error: unknown) => boolean
  /** what is said where there are no things */
  readonly none: string
}

/**
 * Does the same to many things, some at a time. What fails is named on standard error, and the rest goes on; resolves to
 * the exit code. Of a single thing the failure is thrown, so that its own exit code counts.
 */
export async function each<T>(
  things: readonly T[],
  { screen, signal }: { readonly screen: Screen; readonly signal: AbortSignal },
  work: Work<T>,
): Promise<number> {
  const done = new Map<T, Done>()
  const failures = new Map<T, unknown>()
  const progress = screen.progress(work.doing)
  const attempt = async (waiting: T[]): Promise<void> => {
    for (let thing = waiting.shift(); thing !== undefined && !signal.aborted; thing = waiting.shift()) {
      try {
        done.set(thing, await work.run(thing))
        failures.delete(thing)
      } catch (error) {
        failures.set(thing, error)
      }
    }
  }
  const attemptAll = async (tried: readonly T[]): Promise<void> => {
    const waiting = [...tried]
    await Promise.all(Array.from({ length: Math.min(atOnce, tried.length) }, () => attempt(waiting)))
  }
  try {
    await attemptAll(things)
    for (let before = Number.POSITIVE_INFINITY; failures.size < before && things.length > 1; ) {
      before = failures.size
      await attemptAll([...failures].filter(([, error]) => work.isWorthAnotherTry?.(error)).map(([thing]) => thing))
    }
  } finally {
    progress.end()
  }
  const [only] = failures.values()
  if (things.length === 1 && failures.size === 1) throw only
  for (const [thing, error] of failures)
    screen.note(`sandyard: ${work.nameOf(thing)}: ${error instanceof Error ? error.message : String(error)}`)
  screen.tellEach(things.flatMap((thing) => done.get(thing) ?? []))
  if (things.length === 0) screen.note(work.none)
  return failures.size === 0 ? exitCodes.done : exitCodes.failed
}
