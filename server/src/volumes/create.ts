import { randomUUID } from 'node:crypto'
import { limits, PlatformError } from '@sandyard/protocol'
import { waitForOrder } from '../sandboxes/wait.ts'
import type { VolumeRecord } from '../store/volumes.ts'
import { findVolume } from './find.ts'
import type { VolumeParts } from './parts.ts'

/**
 * Makes an empty volume, and waits until it is ready, or as long as a call may take; its name is the id unless one is
 * given. The row is written before the engine hears of it. Throws BAD_REQUEST for a taken name and for too many.
 */
export async function createVolume(
  { volumes, volumeChanges, volumeWork, clock }: VolumeParts,
  organizationId: string,
  name: string | undefined,
): Promise<VolumeRecord> {
  if ((await volumes.count(organizationId, ['deleted'])) >= limits.volumeCount) {
    throw new PlatformError('BAD_REQUEST', `An organization has at most ${limits.volumeCount} volumes`)
  }
  const id = randomUUID()
  const nowMs = clock()
  await volumeChanges.insert({
    id,
    organizationId,
    name: name ?? id,
    state: 'pending_create',
    errorReason: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastUsedAtMs: null,
  })
  await waitForOrder(volumeWork.run(id))
  return findVolume(volumes, organizationId, id)
}
