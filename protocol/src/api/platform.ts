import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** What a client may know before it has credentials (api.md 3.6). */
export const platformRoutes = defineRoutes({
  getConfig: {
    method: 'GET',
    path: '/config',
    summary: 'What a client needs to know of this platform',
    access: 'public',
    response: z.looseObject({ version: z.string(), proxyTemplateUrl: z.string(), proxyToolboxUrl: z.string() }),
    status: 200,
  },
  getHealth: {
    method: 'GET',
    path: '/health',
    summary: 'Answers when the platform is ready',
    access: 'public',
    response: z.object({ status: z.string() }),
    status: 200,
  },
})
