/** Lets one piece of work at a time run for each key, in the order it was asked for. */
export interface Locks {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

/** Locks that live in this process. */
export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const before = tails.get(key) ?? Promise.resolve()
      const mine = before.then(work, work)
      tails.set(key, mine)
      const forget = (): void => {
        if (tails.get(key) === mine) tails.delete(key)
      }
      mine.then(forget, forget)
      return mine
    },
  }
}
