import type { SandboxRecord } from '../store/sandbox-record.ts'
import { claimWarm, type Wanted } from './claim.ts'
import { createFilling } from './fill.ts'
import { createOwnPool } from './own-pool.ts'
import type { WarmParts } from './parts.ts'

/** Sandboxes made ahead, by pool. They are no sandboxes of anybody until a create call claims them. */
export interface WarmPools {
  /** Takes one that fits; `null` when there is none. Throws CONFLICT for a taken name. */
  claim(wanted: Wanted): Promise<SandboxRecord | null>
  /** Something has changed: pools are brought to what they are to be, in the background. */
  poke(): void
  /** Resolves when there is nothing to do just now. */
  settled(): Promise<void>
  /** Waits for what is under way, and removes what is ready for everybody. */
  close(): Promise<void>
}

/** Makes the pools. Nothing happens before the first `poke`. */
export function createWarmPools(given: Omit<WarmParts, 'own' | 'callers' | 'beingClaimed'>): WarmPools {
  const parts: WarmParts = {
    ...given,
    own: createOwnPool(given.config),
    callers: { lastAtMs: -Infinity },
    beingClaimed: new Set(),
  }
  let isClosed = false
  let isPoked = false
  let working: Promise<void> | undefined
  const filling = createFilling(parts, () => isClosed)

  async function work(): Promise<void> {
    while (isPoked && !isClosed) {
      isPoked = false
      try {
        await filling.run()
      } catch (error) {
        parts.log.error({ error }, 'warm pools could not be filled; they are tried again')
      }
    }
    working = undefined
  }

  function poke(): void {
    isPoked = true
    working ??= work()
  }

  return {
    poke,
    async claim(wanted) {
      parts.callers.lastAtMs = performance.now()
      const claimed = await claimWarm(parts, wanted)
      if (claimed !== null) poke()
      return claimed
    },
    async settled() {
      while (working !== undefined) await working
    },
    async close() {
      isClosed = true
      await working
      await filling.leave()
    },
  }
}
