import { limits, type volumeRoutes } from '@sandyard/protocol'
import { createVolume } from '../volumes/create.ts'
import { findNamedVolume, findVolume } from '../volumes/find.ts'
import type { VolumeParts } from '../volumes/parts.ts'
import { removeVolume } from '../volumes/remove.ts'
import { toWireVolume } from '../volumes/wire.ts'
import type { Answers } from './call.ts'

/** sandboxes that are named of a volume */
const mostNamed = 20

/** Answers of the calls on volumes. */
export function volumeAnswers(parts: VolumeParts): Answers<typeof volumeRoutes> {
  const { volumes } = parts
  return {
    async createVolume({ principal, body }) {
      return toWireVolume(await createVolume(parts, principal.organizationId, body.name ?? undefined))
    },
    async listVolumes({ principal, query }) {
      const read = (areDeleted: boolean) =>
        volumes.of(principal.organizationId, { areDeleted, limit: limits.volumeCount })
      const there = await read(false)
      const deleted = query.includeDeleted === true ? await read(true) : []
      const mounts = Map.groupBy(await volumes.mounts(principal.organizationId, mostNamed), ({ volumeId }) => volumeId)
      return [...there, ...deleted].map((volume) => ({
        ...toWireVolume(volume),
        mountedBy: (mounts.get(volume.id) ?? []).map(({ id, name }) => ({ id, name })),
      }))
    },
    async getVolume({ principal, params }) {
      return toWireVolume(await findVolume(volumes, principal.organizationId, params.volumeId))
    },
    async getVolumeByName({ principal, params }) {
      return toWireVolume(await findNamedVolume(volumes, principal.organizationId, params.name))
    },
    async deleteVolume({ principal, params }) {
      await removeVolume(parts, await findVolume(volumes, principal.organizationId, params.volumeId))
    },
  }
}
