/** Takes that come at a rate. */
export interface Allowance {
  take(): boolean
}

/** So many a second, and so many at once; the clock is in ms. */
export function createAllowance(rate: number, burst: number, clock: () => number): Allowance {
  let left = burst
  let atMs = clock()
  return {
    take() {
      const nowMs = clock()
      left = Math.min(burst, left + (Math.max(0, nowMs - atMs) * rate) / 1000)
      atMs = nowMs
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
