/** So many may be at work at a time; the others wait in the order in which they came. */
export interface Turns {
  take(): Promise<void>
  end(): void
  /** how many wait */
  waiting(): number
}

/** Makes turns for so many at a time. */
export function createTurns(limit: number): Turns {
  const waiting: (() => void)[] = []
  let busy = 0
  return {
    async take() {
      if (busy < limit) {
        busy += 1
        return
      }
      // Whoever ends hands over the turn.
      await new Promise<void>((resolve) => waiting.push(resolve))
    },
    end() {
      const next = waiting.shift()
      if (next === undefined) busy -= 1
      else next()
    },
    waiting: () => waiting.length,
  }
}
