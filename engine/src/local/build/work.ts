import { buildLimits } from './limits.ts'

/** The disk of a stage after a step, sealed. The key says all that it was made of. */
export interface CachedStep {
  readonly key: string
  readonly diskId: string
  /** when a build last began with it, epoch ms */
  readonly usedAtMs: number
}

/** What the builds of one engine share. */
export interface BuildWork {
  /** finished steps, by key: the same as on disk */
  readonly cached: Map<string, CachedStep>
  /** steps that a build is about to begin with, and how many */
  readonly held: Map<string, number>
  /** builds that run now */
  running: number
  /** those that wait, the first one first */
  readonly waiting: (() => void)[]
}

/** Begins with nothing; `recover` takes in what is on disk. */
export function createBuildWork(): BuildWork {
  return { cached: new Map(), held: new Map(), running: 0, waiting: [] }
}

/** Waits for a place among the builds and gives what lets it go again. */
export async function takePlace(work: BuildWork, onWait: () => void, signal: AbortSignal): Promise<() => void> {
  if (work.running >= buildLimits.atOnce) {
    onWait()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    work.waiting.push(resolve)
    try {
      await promise
    } catch (error) {
      const at = work.waiting.indexOf(resolve)
      if (at >= 0) work.waiting.splice(at, 1)
      // The place came in the same moment.
      else pass(work)
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  } else work.running += 1
  return () => pass(work)
}

/** The place goes to the next one as it is, else it is free. */
function pass(work: BuildWork): void {
  const next = work.waiting.shift()
  if (next === undefined) work.running -= 1
  else next()
}
