import { limits, networkOf } from '@sandyard/protocol'

/** Who is let in to say who he is, and to guess. */
export interface Admission {
  /**
   * A connection comes. `null`: not now. Call what it gives when the connection has said who it is (`true`), or is
   * closed (`false`).
   */
  enter(address: string): ((isKnown: boolean) => void) | null
  /** A token was wrong. */
  noteFailure(address: string): void
}

const windowMs = 60_000
/** Networks that are remembered at a time; the oldest are forgotten first. */
const networkCount = 10_000

/** What the callers of a network do in a minute. */
interface Minute {
  readonly sinceMs: number
  /** connections that have not said who they are */
  strangers: number
  failures: number
}

/** Bounds connections that have not said who they are, at a time and in a minute, and wrong tokens, for each network of callers. */
export function createAdmission(clock: () => number): Admission {
  const strangers = new Map<string, number>()
  const minutes = new Map<string, Minute>()
  let all = 0

  function minuteOf(network: string): Minute {
    const known = minutes.get(network)
    if (known !== undefined && clock() - known.sinceMs < windowMs) return known
    const minute = { sinceMs: clock(), strangers: 0, failures: 0 }
    minutes.delete(network)
    minutes.set(network, minute)
    if (minutes.size > networkCount) minutes.delete(minutes.keys().next().value ?? '')
    return minute
  }

  return {
    enter(address) {
      const network = networkOf(address)
      const count = strangers.get(network) ?? 0
      if (all >= limits.sshStrangers || count >= limits.sshStrangersOfAddress) return null
      const minute = minuteOf(network)
      if (minute.failures >= limits.sshTriesOfAddress || minute.strangers >= limits.sshStrangersOfMinute) return null
      minute.strangers++
      strangers.set(network, count + 1)
      all++
      let hasLeft = false
      return (isKnown) => {
        if (hasLeft) return
        hasLeft = true
        all--
        if (isKnown) minute.strangers--
        const left = (strangers.get(network) ?? 1) - 1
        if (left > 0) strangers.set(network, left)
        else strangers.delete(network)
      }
    },
    noteFailure(address) {
      minuteOf(networkOf(address)).failures++
    },
  }
}
