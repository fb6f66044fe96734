import type { Quotas } from '../quotas/quotas.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { WarmPoolStore } from '../store/warm-pools.ts'

/** What warm pools work with. */
export interface WarmParts
  extends Pick<SandboxParts, 'engine' | 'changes' | 'snapshots' | 'secrets' | 'orders' | 'config' | 'clock' | 'log'> {
  readonly warmPools: WarmPoolStore
  readonly quotas: Pick<Quotas, 'madeAhead'>
  /** ids of warm sandboxes that a claim is changing just now: nobody else touches them */
  readonly beingClaimed: Set<string>
}
