import { limits } from '@sandyard/protocol'

/** Who is let in to say who he is, and to guess. */
export interface Admission {
  /** A connection comes. `null`: not now. Call what it gives when the connection has said who it is, or is closed. */
  enter(address: string): (() => void) | null
  /** A token was wrong. */
  noteFailure(address: string): void
}

const windowMs = 60_000
/** Addresses that are remembered at a time; the oldest are forgotten first. */
const addressCount = 10_000

/** Bounds connections that have not said who they are, and wrong tokens, for each address. */
export function createAdmission(clock: () => number): Admission {
  const strangers = new Map<string, number>()
  const failures = new Map<string, { count: number; sinceMs: number }>()
  let all = 0

  const failuresOf = (address: string) => {
    const known = failures.get(address)
    if (known !== undefined && clock() - known.sinceMs < windowMs) return known
    return { count: 0, sinceMs: clock() }
  }

  return {
    enter(address) {
      const count = strangers.get(address) ?? 0
      if (all >= limits.sshStrangers || count >= limits.sshStrangersOfAddress) return null
      if (failuresOf(address).count >= limits.sshTriesOfAddress) return null
      strangers.set(address, count + 1)
      all++
      let hasLeft = false
      return () => {
        if (hasLeft) return
        hasLeft = true
        all--
        const left = (strangers.get(address) ?? 1) - 1
        if (left > 0) strangers.set(address, left)
        else strangers.delete(address)
      }
    },
    noteFailure(address) {
      const { count, sinceMs } = failuresOf(address)
      failures.delete(address)
      failures.set(address, { count: count + 1, sinceMs })
      if (failures.size > addressCount) failures.delete(failures.keys().next().value ?? '')
    },
  }
}
