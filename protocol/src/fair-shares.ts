/** What many have of something that is limited: nobody can keep the others from it. */
export interface FairShares {
  /**
   * Gives a function that gives it back, or `null` when the address has all that it may have. When all is taken, whoever has
   * most loses what it has had for longest, by a call of its `end`; unless that is hardly more than the address itself has.
   */
  take(address: string, end: () => void): (() => void) | null
  /** Ends all that is taken. */
  endAll(): void
}

/** Shares of so many each, and so many together. Addresses are what nobody can forge or have many of. */
export function createFairShares({ own, all }: { readonly own: number; readonly all: number }): FairShares {
  /** what each has, the oldest first */
  const taken = new Map<string, Set<() => void>>()
  let count = 0

  function giveBack(address: string, end: () => void): void {
    const ends = taken.get(address)
    if (ends?.delete(end) !== true) return
    count -= 1
    if (ends.size === 0) taken.delete(address)
  }

  /** False when nobody has more than what is fair. */
  function makeRoom(mine: number): boolean {
    const [greedy, ends] = [...taken].reduce((most, one) => (one[1].size > most[1].size ? one : most))
    const [oldest] = ends
    if (ends.size <= mine + 1 || oldest === undefined) return false
    giveBack(greedy, oldest)
    oldest()
    return true
  }

  return {
    take(address, end) {
      const mine = taken.get(address)?.size ?? 0
      if (mine >= own || (count >= all && !makeRoom(mine))) return null
      // Each has its own, also when two are ended alike.
      const one = (): void => end()
      const ends = taken.get(address) ?? new Set()
      taken.set(address, ends.add(one))
      count += 1
      return () => giveBack(address, one)
    },
    endAll() {
      for (const ends of [...taken.values()]) for (const end of [...ends]) end()
    },
  }
}
