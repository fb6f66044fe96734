import type { Quotas } from '../quotas/quotas.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { WarmPoolStore } from '../store/warm-pools.ts'
import type { OwnPool } from './own-pool.ts'

/** What warm pools work with. */
export interface WarmParts
  extends Pick<SandboxParts, 'engine' | 'changes' | 'snapshots' | 'secrets' | 'orders' | 'config' | 'clock' | 'log'> {
  readonly warmPools: WarmPoolStore
  readonly quotas: Pick<Quotas, 'madeAhead'>
  readonly own: OwnPool
  /** when a create call came last, by the process's own clock, ms */
  readonly callers: { lastAtMs: number }
  /** ids of warm sandboxes that a claim is changing just now: nobody else touches them */
  readonly beingClaimed: Set<string>
}
