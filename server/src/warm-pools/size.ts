import { isPlatformError } from '@sandyard/protocol'
import type { Resources, ServerConfig } from '../options.ts'
import { planSandbox } from '../sandboxes/plan.ts'
import { type SnapshotSources, snapshotFor } from '../snapshots/find.ts'
import type { WarmPoolRecord } from '../store/warm-pools.ts'

/** What the sandboxes of a pool are made with. */
export interface WarmSize extends Resources {
  readonly user: string
}

/** As the snapshot says; nothing when it is gone. */
export async function warmSizeOf(
  parts: SnapshotSources & { readonly config: ServerConfig },
  pool: Pick<WarmPoolRecord, 'organizationId' | 'snapshot'>,
): Promise<WarmSize> {
  try {
    const snapshot = await snapshotFor(parts, pool.organizationId, pool.snapshot)
    const { cpu, memoryGib, diskGib, user } = planSandbox(parts.config, snapshot, {})
    return { cpu, memoryGib, diskGib, user }
  } catch (error) {
    if (!isPlatformError(error)) throw error
    return { cpu: 0, memoryGib: 0, diskGib: 0, user: '' }
  }
}
