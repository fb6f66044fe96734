import { setTimeout as sleep } from 'node:timers/promises'
import type { Closings } from './closings.ts'

/** Looks up where denied names lead. */
export interface DeniedNames {
  /**
   * Has what the names lead to closed; resolves when that is so, or after a second. What is found later is closed then.
   */
  close(names: readonly string[], closings: Pick<Closings, 'close'>): Promise<void>
  /** Where the names lead, as far as it is known already. */
  known(names: readonly string[]): readonly string[]
}

/** What is known is used so long, ms: an order that denies what others deny does not wait. */
const knownMs = 60_000
const mostKnown = 1000
/** Longest that an order waits, ms: name servers that do not answer must not keep sandboxes from starting. */
const waitMs = 1000

interface Found {
  readonly addresses: Promise<readonly string[]>
  readonly atMs: number
  /** none until they are there */
  now: readonly string[]
}

/** Looks names up for all sandboxes. */
export function createDeniedNames(
  addressesOf: (name: string) => Promise<readonly string[]>,
  clock: () => number,
): DeniedNames {
  const known = new Map<string, Found>()

  function find(name: string): Promise<readonly string[]> {
    const found = known.get(name)
    if (found !== undefined && clock() - found.atMs < knownMs) return found.addresses
    const addresses = addressesOf(name).catch(() => [])
    known.delete(name)
    const entry: Found = { addresses, atMs: clock(), now: [] }
    known.set(name, entry)
    void addresses.then((all) => {
      entry.now = all
      // Nobody has answered, or there is none: the next one asks again.
      if (all.length === 0 && known.get(name) === entry) known.delete(name)
    })
    const [oldest] = known.keys()
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest)
    return addresses
  }

  return {
    known: (names) => names.flatMap((name) => known.get(name)?.now ?? []),
    async close(names, closings) {
      if (names.length === 0) return
      const done = new AbortController()
      const closing = Promise.all(names.map(async (name) => closings.close(await find(name))))
      const late = sleep(waitMs, undefined, { signal: done.signal }).catch(() => {})
      try {
        await Promise.race([closing, late])
      } finally {
        closing.catch(() => {}) // Of what comes late, too.
        done.abort()
      }
    },
  }
}
