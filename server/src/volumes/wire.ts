import type { RouteOutput, VolumeMount, volumeRoutes } from '@sandyard/protocol'
import type { VolumeRecord } from '../store/volumes.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'

/** A volume as answered. */
export type WireVolume = RouteOutput<(typeof volumeRoutes)['getVolume']>

/** A volume in the form of the appendix of api.md. */
export function toWireVolume(volume: VolumeRecord): WireVolume {
  const { lastUsedAtMs } = volume
  return {
    id: volume.id,
    name: volume.name,
    organizationId: volume.organizationId,
    state: volume.state,
    createdAt: wireDate(volume.createdAtMs),
    updatedAt: wireDate(volume.updatedAtMs),
    lastUsedAt: wireDateOrNull(lastUsedAtMs),
    errorReason: volume.errorReason,
  }
}

/** What is mounted in a sandbox, in the form of api.md 2.2. */
export function toWireMounts(mounts: readonly VolumeMount[]) {
  return mounts.map(({ subpath, ...mount }) => ({ ...mount, ...(subpath === null ? {} : { subpath }) }))
}
