import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'

/** A region (api.md appendix Region). */
export const Region = z.object({
  id: z.string(),
  name: z.string(),
  organizationId: z.nullable(z.string()),
  regionType: z.enum(['shared', 'dedicated', 'custom']),
  createdAt: z.string(),
  updatedAt: z.string(),
  proxyUrl: z.nullable(z.string()),
  sshGatewayUrl: z.nullable(z.string()),
  snapshotManagerUrl: z.nullable(z.string()),
  otelEndpoint: z.nullable(z.string()),
})

/**
 * Regions (api.md 1.9). This platform is one region; those of organizations do not exist, and the calls that would
 * change them answer 404, as the original does where they are switched off.
 */
export const regionRoutes = defineRoutes({
  listSharedRegions: {
    method: 'GET',
    path: '/shared-regions',
    summary: 'Regions that are there for everybody',
    access: 'public',
    response: z.array(Region),
    status: 200,
  },
  listAvailableRegions: {
    method: 'GET',
    path: '/regions',
    summary: 'Regions in which the organization can have sandboxes',
    access: 'member',
    response: z.array(Region),
    status: 200,
  },
  getRegionById: {
    method: 'GET',
    path: '/regions/{id}',
    summary: 'One region',
    access: 'member',
    response: Region,
    status: 200,
  },
  createRegion: {
    method: 'POST',
    path: '/regions',
    summary: 'Not there: answers 404',
    access: 'write:regions',
    status: 404,
  },
  updateRegion: {
    method: 'PATCH',
    path: '/regions/{id}',
    summary: 'Not there: answers 404',
    access: 'write:regions',
    status: 404,
  },
  deleteRegion: {
    method: 'DELETE',
    path: '/regions/{id}',
    summary: 'Not there: answers 404',
    access: 'delete:regions',
    status: 404,
  },
  regenerateProxyApiKey: {
    method: 'POST',
    path: '/regions/{id}/regenerate-proxy-api-key',
    summary: 'Not there: answers 404',
    access: 'write:regions',
    status: 404,
  },
  regenerateSshGatewayApiKey: {
    method: 'POST',
    path: '/regions/{id}/regenerate-ssh-gateway-api-key',
    summary: 'Not there: answers 404',
    access: 'write:regions',
    status: 404,
  },
  regenerateSnapshotManagerCredentials: {
    method: 'POST',
    path: '/regions/{id}/regenerate-snapshot-manager-credentials',
    summary: 'Not there: answers 404',
    access: 'write:regions',
    status: 404,
  },
})
