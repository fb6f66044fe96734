import { PlatformError, type VolumeState } from '@sandyard/protocol'
import type { Quotas } from '../quotas/quotas.ts'
import type { Feed, SandboxChange, VolumeChange } from '../sandboxes/feed.ts'
import type { VolumePatch, VolumeRecord, VolumeStore } from '../store/volumes.ts'

/** The only way in which volumes are written: the store first, then the feed. */
export interface VolumeChanges {
  /** Writes a new volume. Throws BAD_REQUEST when its name is taken (api.md 1.3) and when it passes a limit. */
  insert(volume: VolumeRecord): Promise<void>
  /** Takes a volume from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile. */
  move(volume: VolumeRecord, to: VolumeState, patch?: VolumePatch): Promise<VolumeRecord>
  /** The same for one that is to be deleted. Throws CONFLICT also when a sandbox has it mounted (api.md 2.9). */
  moveUnlessMounted(volume: VolumeRecord, to: VolumeState, patch?: VolumePatch): Promise<VolumeRecord>
  /** Tells that a sandbox was made with volumes, which its own writing has noted. */
  tellUse(change: SandboxChange): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly volumes: VolumeStore
  readonly quotas: Pick<Quotas, 'volume'>
  readonly volumeFeed: Feed<VolumeChange>
  readonly clock: () => number
}

/** Makes the writer. */
export function createVolumeChanges({ volumes, quotas, volumeFeed, clock }: Parts): VolumeChanges {
  const moved = (before: VolumeRecord, after: VolumeRecord | undefined): VolumeRecord => {
    if (after === undefined) throw new PlatformError('CONFLICT', 'Volume was modified by another operation')
    volumeFeed.publish({ before, after })
    return after
  }
  return {
    async insert(volume) {
      if (!(await volumes.insert(volume, quotas.volume(volume.organizationId)))) {
        throw new PlatformError('BAD_REQUEST', `Volume with name ${volume.name} already exists`)
      }
      volumeFeed.publish({ before: null, after: volume })
    },
    async move(volume, to, patch = {}) {
      const change = { id: volume.id, from: volume.state, to, patch, nowMs: clock() }
      return moved(volume, await volumes.changeState(change))
    },
    async moveUnlessMounted(volume, to, patch = {}) {
      const change = { id: volume.id, from: volume.state, to, patch, nowMs: clock() }
      const after = await volumes.changeStateUnlessMounted(change)
      if (after !== undefined && 'mountedBy' in after) {
        throw new PlatformError(
          'CONFLICT',
          `Volume cannot be deleted because it is in use by one or more sandboxes (e.g. ${after.mountedBy})`,
        )
      }
      return moved(volume, after)
    },
    async tellUse({ before, after: sandbox }) {
      if (before !== null) return
      for (const id of new Set(sandbox.volumes.map(({ volumeId }) => volumeId))) {
        const volume = await volumes.byId(id)
        if (volume !== undefined) volumeFeed.publish({ before: { ...volume, lastUsedAtMs: null }, after: volume })
      }
    },
  }
}
