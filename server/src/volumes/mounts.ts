import {
  isWithin,
  mountPathFault,
  PlatformError,
  type RouteInput,
  type sandboxRoutes,
  subpathFault,
  trimSlash,
  type VolumeMount,
} from '@sandyard/protocol'
import type { VolumeStore } from '../store/volumes.ts'

/** What a call asks to have mounted, its shape checked. */
export type WantedVolumes = RouteInput<(typeof sandboxRoutes)['createSandbox']>['body']['volumes']

/**
 * The volumes for a new sandbox, named by id or name (api.md 2.3). Throws BAD_REQUEST for a wrong path, for two that are
 * mounted one within the other, and for a volume that is not ready; NOT_FOUND for one that is not there.
 */
export async function planMounts(
  volumes: VolumeStore,
  organizationId: string,
  asked: WantedVolumes,
): Promise<VolumeMount[]> {
  const wanted = asked ?? []
  const paths = wanted.map(({ mountPath }) => mountPath)
  for (const [index, { mountPath, subpath }] of wanted.entries()) {
    const fault = mountPathFault(mountPath)
    if (fault !== null) refuse(`Invalid mount path ${mountPath} (${fault})`)
    const folderFault = subpathFault(subpath ?? '')
    if (folderFault !== null) refuse(`Invalid subpath ${subpath} (${folderFault})`)
    const other = paths.find((path, at) => at !== index && isWithin(mountPath, path))
    if (other !== undefined) refuse(`Invalid mount path ${mountPath} (another volume is mounted at ${other})`)
  }
  const mounts: VolumeMount[] = []
  for (const { volumeId, mountPath, subpath } of wanted) {
    const id = await readyVolume(volumes, organizationId, volumeId)
    mounts.push({ volumeId: id, mountPath: trimSlash(mountPath), subpath: trimSlash(subpath ?? '') || null })
  }
  return mounts
}

async function readyVolume(volumes: VolumeStore, organizationId: string, idOrName: string): Promise<string> {
  const byId = await volumes.byId(idOrName, organizationId)
  const volume = byId ?? (await volumes.byName(organizationId, idOrName))
  if (volume === undefined || volume.state === 'deleted') {
    throw new PlatformError('NOT_FOUND', `Volume '${idOrName}' not found`)
  }
  if (volume.state !== 'ready')
    refuse(`Volume '${volume.name}' is not in a ready state. Current state: ${volume.state}`)
  return volume.id
}

function refuse(message: string): never {
  throw new PlatformError('BAD_REQUEST', message)
}
