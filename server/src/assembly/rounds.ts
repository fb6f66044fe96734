import type { Reconcile } from '../sandboxes/reconcile.ts'

/** Time between two rounds of the reconciler, ms. */
const roundMs = 5_000

/** Runs the reconciler, one round after the other. */
export interface Rounds {
  /** Begins with a round now. */
  start(): void
  /** Ends them; resolves when none is under way. */
  close(): Promise<void>
}

/** Makes the rounds. */
export function createRounds(reconcile: Reconcile): Rounds {
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  let isClosed = false

  function start(): void {
    round = reconcile.round().finally(() => {
      if (!isClosed) timer = setTimeout(start, roundMs).unref()
    })
  }

  return {
    start,
    async close() {
      isClosed = true
      clearTimeout(timer)
      await round
    },
  }
}
