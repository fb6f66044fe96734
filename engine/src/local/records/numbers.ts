/** Hands out numbers, each to one holder at a time. */
export interface Numbers {
  /** The lowest free number; `null` when all are taken. */
  claim(): number | null
  /** Marks a number as taken. */
  keep(number: number): void
  release(number: number): void
}

/** Numbers from 0 to `count`, exclusive. */
export function createNumbers(count: number): Numbers {
  const taken = new Set<number>()
  return {
    claim() {
      for (let number = 0; number < count; number++) {
        if (taken.has(number)) continue
        taken.add(number)
        return number
      }
      return null
    },
    keep(number) {
      taken.add(number)
    },
    release(number) {
      taken.delete(number)
    },
  }
}
