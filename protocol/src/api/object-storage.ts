import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'

/** Where clients put the local files that images are built with (api.md 2.10). */
export const objectStorageRoutes = defineRoutes({
  getPushAccess: {
    method: 'GET',
    path: '/object-storage/push-access',
    summary: 'Credentials for an hour to upload build contexts by S3; needs write:snapshots or write:sandboxes',
    access: 'member',
    response: z.object({
      accessKey: z.string(),
      secret: z.string(),
      sessionToken: z.string(),
      storageUrl: z.string(),
      organizationId: z.string(),
      bucket: z.string(),
      region: z.string(),
    }),
    status: 200,
  },
})
