// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/volumes.ts: change that, and run it again. */

export interface CreateVolume {
  name?: string | null
}

export interface CreateVolumeInput {
  name?: string | null | undefined
}

export interface Volume {
  id: string
  name: string
  organizationId: string
  state: 'pending_create' | 'creating' | 'ready' | 'pending_delete' | 'deleting' | 'deleted' | 'error'
  createdAt: string
  updatedAt: string
  lastUsedAt: string | null
  errorReason: string | null
  mountedBy?: {
    id: string
    name: string
  }[]
}

/** What is sent and answered. */
export interface VolumeOperations {
  /** Make an empty volume and wait until it is ready */
  createVolume: {
    body?: CreateVolumeInput
    answer: Volume
  }
  /** List volumes, those first that were used last */
  listVolumes: {
    query?: {
      includeDeleted?: string | number | boolean | undefined
    }
    answer: Volume[]
  }
  /** One volume by id */
  getVolume: {
    params: { volumeId: string | number | boolean }
    answer: Volume
  }
  /** One volume by name */
  getVolumeByName: {
    params: { name: string | number | boolean }
    answer: Volume
  }
  /** Delete a volume with all that is in it; not while a sandbox has it mounted */
  deleteVolume: {
    params: { volumeId: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const volumeOperations = {
  createVolume: 'POST /volumes',
  listVolumes: 'GET /volumes',
  getVolume: 'GET /volumes/{volumeId}',
  getVolumeByName: 'GET /volumes/by-name/{name}',
  deleteVolume: 'DELETE /volumes/{volumeId}',
} as const
