import { cacheFolder, isPlatformError, type VolumeMount } from '@sandyard/protocol'
import { waitForOrder } from '../../sandboxes/wait.ts'
import type { VolumeRecord } from '../../store/volumes.ts'
import { createVolume } from '../../volumes/create.ts'
import type { VolumeParts } from '../../volumes/parts.ts'
import { removeVolume } from '../../volumes/remove.ts'
import type { ProjectRecord } from '../records.ts'

type Project = Pick<ProjectRecord, 'id' | 'organizationId'>

/** Name of the volume with what package managers have fetched for a project. */
export function cacheName({ id }: Pick<Project, 'id'>): string {
  return `preview-cache-${id}`
}

/**
 * What is mounted so that package managers find what they have fetched for another branch of the project. Null where no
 * volume can be made: then it works without, and the organization has reached a limit.
 */
export async function cacheMount(parts: VolumeParts, project: Project): Promise<VolumeMount | null> {
  const volume = await cacheVolume(parts, project)
  return volume === null ? null : { volumeId: volume.id, mountPath: cacheFolder, subpath: null }
}

async function cacheVolume(parts: VolumeParts, project: Project): Promise<VolumeRecord | null> {
  const name = cacheName(project)
  const found = await parts.volumes.byName(project.organizationId, name)
  if (found !== undefined) return whenReady(parts, found)
  try {
    return await whenReady(parts, await createVolume(parts, project.organizationId, name))
  } catch (thrown) {
    if (!isPlatformError(thrown)) throw thrown
    // Another preview of the project has made it in this moment, or there may be no more volumes.
    const other = await parts.volumes.byName(project.organizationId, name)
    return other === undefined ? null : whenReady(parts, other)
  }
}

/** Waits while it is being made, maybe for another preview; null when it cannot be mounted then. */
async function whenReady(parts: VolumeParts, volume: VolumeRecord): Promise<VolumeRecord | null> {
  if (volume.state === 'ready') return volume
  if (volume.state !== 'pending_create' && volume.state !== 'creating') return null
  await waitForOrder(parts.volumeWork.run(volume.id))
  const made = await parts.volumes.byName(volume.organizationId, volume.name)
  return made?.state === 'ready' ? made : null
}

/**
 * Removes the cache of a project that goes. `false` while it is there still, such as while a sandbox has it mounted: to
 * be tried again.
 */
export async function removeCache(parts: VolumeParts, project: Project): Promise<boolean> {
  const volume = await parts.volumes.byName(project.organizationId, cacheName(project))
  if (volume === undefined) return true
  try {
    await removeVolume(parts, volume)
    return true
  } catch (thrown) {
    if (isPlatformError(thrown)) return false
    throw thrown
  }
}
