import type { WarmClaims } from '../sandboxes/parts.ts'
import { sandboxSpec } from '../sandboxes/spec.ts'
import { secretsOf } from '../secrets/uses.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { WarmSandbox } from '../store/warm-pools.ts'
import { type Adjustment, adjustmentsFor } from './fit.ts'
import type { WarmParts } from './parts.ts'

/** Warm sandboxes that a create call looks at before it makes a new one. */
const mostLooks = 10

/** What is asked for. */
export type Wanted = Parameters<WarmClaims['claim']>[0]

/**
 * Takes a warm sandbox that fits, or that can be made to fit while it runs; `null` when there is none. Throws CONFLICT
 * for a taken name. One that has to be changed first is given up before: a crash leaves nothing of one caller to another.
 */
export async function claimWarm(parts: WarmParts, wanted: Wanted): Promise<SandboxRecord | null> {
  const found = await parts.warmPools.ready(wanted.organizationId, wanted.snapshotRef, mostLooks)
  // Most creates end here: where there are no pools they ask for nothing more.
  if (found.length === 0) return null
  const snapshot = parts.engine.snapshots().find(({ name }) => name === wanted.snapshotRef)
  if (snapshot === undefined) return null
  for (const warm of found) {
    const { state } = await parts.engine.inspect(warm.id)
    if (state !== 'started') {
      await parts.warmPools.move(warm.id, 'ready', 'leaving')
      continue
    }
    const sandbox: SandboxRecord = { ...wanted.record(warm.id), state: 'started' }
    const spec = { ...sandboxSpec(sandbox), ...(await secretsOf(parts.secrets, sandbox)) }
    const adjustments = adjustmentsFor(warm.spec, spec, snapshot)
    if (adjustments === null) continue
    if (await take(parts, warm, sandbox, adjustments)) return sandbox
  }
  return null
}

async function take(
  parts: WarmParts,
  warm: WarmSandbox,
  sandbox: SandboxRecord,
  adjustments: readonly Adjustment[],
): Promise<boolean> {
  if (adjustments.length === 0) return parts.changes.claim(sandbox, 'ready')
  // A call that is refused must not cost one.
  if (!(await parts.changes.rehearseClaim(sandbox, 'ready'))) return false
  parts.beingClaimed.add(warm.id)
  try {
    if (!(await parts.warmPools.move(warm.id, 'ready', 'leaving'))) return false
    if (!(await adjust(parts, warm.id, adjustments))) return false
    return await parts.changes.claim(sandbox, 'leaving')
  } finally {
    parts.beingClaimed.delete(warm.id)
  }
}

async function adjust(parts: WarmParts, sandboxId: string, adjustments: readonly Adjustment[]): Promise<boolean> {
  try {
    for (const adjustment of adjustments) await adjustment(parts.engine)
    return true
  } catch (error) {
    parts.log.warn({ error, sandboxId }, 'a warm sandbox could not be made to fit; another one is made')
    return false
  }
}
