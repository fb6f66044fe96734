import { exitCodes } from './exit-codes.ts'
import type { Screen } from './screen.ts'

/** Things that are worked on at once. */
const atOnce = 8

/**
 * Does the same to many things, some at a time. What fails is named on standard error, and the rest goes on; resolves to
 * the exit code.
 */
export async function each<T>(
  things: readonly T[],
  screen: Screen,
  work: { readonly nameOf: (thing: T) => string; readonly run: (thing: T) => Promise<void>; readonly doing: string },
): Promise<number> {
  const waiting = [...things]
  let failed = 0
  const progress = screen.progress(work.doing)
  const worker = async (): Promise<void> => {
    for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift()) {
      try {
        await work.run(thing)
      } catch (error) {
        failed += 1
        screen.note(`sandyard: ${work.nameOf(thing)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, worker))
  progress.end()
  return failed === 0 ? exitCodes.done : exitCodes.failed
}
