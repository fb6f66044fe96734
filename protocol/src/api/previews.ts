import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'

/** What proxies of previews ask for their visitors (api.md 1.11); the rows that take a proxy's own key are not there. */
export const previewRoutes = defineRoutes({
  hasSandboxAccess: {
    method: 'GET',
    path: '/preview/{sandboxId}/access',
    summary: 'True when the caller may open private previews of the sandbox; else it is not found',
    access: 'member',
    response: z.boolean(),
    status: 200,
  },
})
