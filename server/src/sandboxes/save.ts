import { randomUUID } from 'node:crypto'
import { PlatformError } from '@sandyard/protocol'
import { generalSnapshots } from '../snapshots/find.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'
import { readSandbox } from './find.ts'
import { giveUp, isRefusal } from './give-up.ts'
import type { SandboxParts } from './parts.ts'
import { failureReason } from './reason.ts'
import { homeState, requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Saves the disk of a started or stopped sandbox as a snapshot, and waits until it is saved, or as long as a call may
 * take. Throws CONFLICT for a taken name, BAD_REQUEST from any other state.
 */
export async function saveSandbox(
  parts: SandboxParts,
  { id }: SandboxRecord,
  options: { name: string; includeMemory: boolean },
): Promise<SandboxRecord> {
  const { name, includeMemory } = options
  if (includeMemory) throw new PlatformError('BAD_REQUEST', 'includeMemory is not supported for this sandbox')
  if (generalSnapshots(parts).some((general) => general.name === name)) {
    throw new PlatformError('CONFLICT', `Snapshot with name ${name} already exists`)
  }
  const order = parts.orders.begin(id, 'changed', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['started', 'stopped'], 'Sandbox must be started or stopped to be saved')
    const saving = await parts.changes.moveWith(sandbox, 'snapshotting', {
      snapshot: newSnapshot(sandbox, name, parts.clock()),
    })
    accept()
    await finishSave(parts, saving)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `snapshotting`; also of one that a crash left there. */
export async function finishSave(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { engine, snapshots, snapshotChanges, changes } = parts
  const snapshot = await snapshots.unsaved(sandbox.id)
  if (snapshot !== undefined) {
    try {
      const saved = engine.snapshots().find(({ name }) => name === snapshot.id)
      const { sizeBytes, user, entrypoint } = saved ?? (await engine.saveSnapshot(sandbox.id, snapshot.id))
      await snapshotChanges.move(snapshot, 'active', { sizeBytes, user, entrypoint })
    } catch (error) {
      if (isRefusal(error)) await snapshotChanges.remove(snapshot)
      else await snapshotChanges.move(snapshot, 'error', { errorReason: failureReason(error) })
      await giveUp(parts, sandbox, error)
    }
  }
  await changes.move(sandbox, homeState(sandbox))
}

function newSnapshot(sandbox: SandboxRecord, name: string, nowMs: number): SnapshotRecord {
  return {
    id: randomUUID(),
    organizationId: sandbox.organizationId,
    name,
    state: 'snapshotting',
    sourceSandboxId: sandbox.id,
    buildId: null,
    imageName: null,
    user: sandbox.user,
    entrypoint: null,
    sizeBytes: null,
    cpu: sandbox.cpu,
    memoryGib: sandbox.memoryGib,
    diskGib: sandbox.diskGib,
    errorReason: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastUsedAtMs: null,
  }
}
