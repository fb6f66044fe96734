import { isPlatformError, PlatformError } from '@sandyard/protocol'
import { destroyedName } from '../sandboxes/destroyed-name.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'

/** What removing needs. */
type Parts = Pick<
  SandboxParts,
  'engine' | 'sandboxes' | 'snapshots' | 'snapshotChanges' | 'orders' | 'builds' | 'clock' | 'log'
>

/**
 * Takes a snapshot away: nobody sees it any more, and its name is free. What the engine has of it goes with the last
 * sandbox that stands on it; one that is being built or pulled is so no more. Throws CONFLICT while it is being saved.
 */
export async function removeSnapshot(parts: Parts, snapshot: SnapshotRecord): Promise<void> {
  if (snapshot.state === 'snapshotting') {
    throw new PlatformError('CONFLICT', `Snapshot ${snapshot.name} is still being saved`)
  }
  const name = destroyedName(snapshot.name, parts.clock())
  await clear(parts, await parts.snapshotChanges.move(snapshot, 'removing', { name }))
}

/**
 * What is left to do with snapshots: removes those that nobody stands on any more, and ends those that lost their
 * sandbox.
 */
export async function tidySnapshots(parts: Parts): Promise<void> {
  for (const snapshot of await parts.snapshots.inState('removing')) await clear(parts, snapshot)
  for (const snapshot of await parts.snapshots.inState('snapshotting')) {
    const { sourceSandboxId } = snapshot
    if (sourceSandboxId === null) continue
    const sandbox = await parts.sandboxes.byId(sourceSandboxId)
    if (sandbox?.state === 'snapshotting' || parts.orders.isUnderWay(sourceSandboxId)) continue
    await parts.snapshotChanges.move(snapshot, 'error', { errorReason: 'Its sandbox was lost while it was saved' })
  }
}

async function clear(parts: Parts, snapshot: SnapshotRecord): Promise<void> {
  if (snapshot.buildId !== null) {
    await parts.snapshotChanges.remove(snapshot)
    await parts.builds.tidy()
    return
  }
  if (await parts.sandboxes.standsOn(snapshot.id)) return
  try {
    await parts.engine.removeSnapshot(snapshot.id)
  } catch (error) {
    // A sandbox that the store has let go of can still be on its way out in the engine.
    const isInUse = isPlatformError(error) && error.code === 'CONFLICT'
    if (!isInUse)
      parts.log.warn({ error, snapshotId: snapshot.id }, 'a snapshot could not be removed; it is tried again')
    return
  }
  await parts.snapshotChanges.remove(snapshot)
}
