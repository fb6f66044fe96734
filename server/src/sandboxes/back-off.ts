/** Shortest and longest time between two tries, ms. */
const delayMs = { first: 5_000, longest: 300_000 }

/** Keeps what fails from being tried all the time: later each time. */
export interface BackOff {
  /** Notes a try and answers its number; 0 when it is not its time yet, and nothing is noted. */
  try(key: string): number
  /** Forgets all keys but these: what is no longer to be done begins anew when it comes back. */
  retain(keys: ReadonlySet<string>): void
}

/** Makes one; `clock` gives epoch ms. */
export function createBackOff(clock: () => number): BackOff {
  const tries = new Map<string, { count: number; notBeforeMs: number }>()
  return {
    try(key) {
      const earlier = tries.get(key)
      if ((earlier?.notBeforeMs ?? 0) > clock()) return 0
      const count = (earlier?.count ?? 0) + 1
      tries.set(key, { count, notBeforeMs: clock() + Math.min(delayMs.first * 2 ** (count - 1), delayMs.longest) })
      return count
    },
    retain(keys) {
      for (const key of tries.keys()) if (!keys.has(key)) tries.delete(key)
    },
  }
}
