import { PlatformError } from '@sandyard/protocol'
import { waitForOrder } from '../sandboxes/wait.ts'
import type { VolumeRecord } from '../store/volumes.ts'
import type { VolumeParts } from './parts.ts'

/**
 * Marks a volume for deletion, from where no sandbox can be made with it any more, and waits for its end, or as long as
 * a call may take. Throws BAD_REQUEST unless it is ready or in error, CONFLICT while a sandbox has it mounted.
 */
export async function removeVolume({ volumeChanges, volumeWork }: VolumeParts, volume: VolumeRecord): Promise<void> {
  if (volume.state !== 'ready' && volume.state !== 'error') {
    throw new PlatformError(
      'BAD_REQUEST',
      `Volume '${volume.name}' is ${volume.state}; it can be deleted when it is ready or in error`,
    )
  }
  await volumeChanges.moveUnlessMounted(volume, 'pending_delete', { errorReason: null })
  await waitForOrder(volumeWork.run(volume.id))
}
