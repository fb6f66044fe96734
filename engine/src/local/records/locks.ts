/** Lets one piece of work at a time run for each key, in the order it was asked for. */
export interface Locks {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Queues for the key now; whoever takes several keys at once so, in one go, cannot come to a deadlock. */
  take(key: string): Turn
}

/** A place in the queue for a key. */
export interface Turn {
  /** resolves when it is our turn */
  readonly come: Promise<void>
  /** Lets the next one go. Can be called at any time, and again. */
  end(): void
}

/** Locks that live in this process. */
export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  const run = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    tails.set(key, mine)
    const forget = (): void => {
      if (tails.get(key) === mine) tails.delete(key)
    }
    mine.then(forget, forget)
    return mine
  }
  return {
    run,
    take(key) {
      const come = Promise.withResolvers<void>()
      const end = Promise.withResolvers<void>()
      void run(key, () => {
        come.resolve()
        return end.promise
      })
      return { come: come.promise, end: end.resolve }
    },
  }
}
