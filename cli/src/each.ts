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
  const done: (Done | undefined)[] = []
  const progress = screen.progress(work.doing)
  let next = 0
  let failed = 0
  const worker = async (): Promise<void> => {
    while (next < things.length && !signal.aborted) {
      const index = next
      next += 1
      const thing = things[index] as T
      try {
        done[index] = await work.run(thing)
      } catch (error) {
        if (things.length === 1) throw error
        failed += 1
        screen.note(`sandyard: ${work.nameOf(thing)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, worker))
  } finally {
    progress.end()
  }
  screen.tellEach(done.filter((one) => one !== undefined))
  if (things.length === 0) screen.note(work.none)
  return failed === 0 ? exitCodes.done : exitCodes.failed
}
