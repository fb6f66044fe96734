import { notFound } from '../not-found.ts'
import type { VolumeRecord, VolumeStore } from '../store/volumes.ts'

/** A volume of the organization by id, also one that is deleted. Throws NOT_FOUND, also for those of others. */
export async function findVolume(volumes: VolumeStore, organizationId: string, id: string): Promise<VolumeRecord> {
  const volume = await volumes.byId(id, organizationId)
  if (volume === undefined) throw notFound('Volume with ID', id)
  return volume
}

/** A volume of the organization by name. Throws NOT_FOUND. */
export async function findNamedVolume(
  volumes: VolumeStore,
  organizationId: string,
  name: string,
): Promise<VolumeRecord> {
  const volume = await volumes.byName(organizationId, name)
  if (volume === undefined) throw notFound('Volume with name', name)
  return volume
}
