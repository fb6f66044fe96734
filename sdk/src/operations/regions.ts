// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/regions.ts: change that, and run it again. */

export interface Region {
  id: string
  name: string
  organizationId: string | null
  regionType: 'shared' | 'dedicated' | 'custom'
  createdAt: string
  updatedAt: string
  proxyUrl: string | null
  sshGatewayUrl: string | null
  snapshotManagerUrl: string | null
  otelEndpoint: string | null
}

/** What is sent and answered. */
export interface RegionOperations {
  /** Regions that are there for everybody */
  listSharedRegions: {
    answer: Region[]
  }
  /** Regions in which the organization can have sandboxes */
  listAvailableRegions: {
    answer: Region[]
  }
  /** One region */
  getRegionById: {
    params: { id: string | number | boolean }
    answer: Region
  }
  /** Not there: answers 404 */
  createRegion: {
    answer: undefined
  }
  /** Not there: answers 404 */
  updateRegion: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** Not there: answers 404 */
  deleteRegion: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** Not there: answers 404 */
  regenerateProxyApiKey: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** Not there: answers 404 */
  regenerateSshGatewayApiKey: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** Not there: answers 404 */
  regenerateSnapshotManagerCredentials: {
    params: { id: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const regionOperations = {
  listSharedRegions: 'GET /shared-regions',
  listAvailableRegions: 'GET /regions',
  getRegionById: 'GET /regions/{id}',
  createRegion: 'POST /regions',
  updateRegion: 'PATCH /regions/{id}',
  deleteRegion: 'DELETE /regions/{id}',
  regenerateProxyApiKey: 'POST /regions/{id}/regenerate-proxy-api-key',
  regenerateSshGatewayApiKey: 'POST /regions/{id}/regenerate-ssh-gateway-api-key',
  regenerateSnapshotManagerCredentials: 'POST /regions/{id}/regenerate-snapshot-manager-credentials',
} as const
