import * as z from 'zod/mini'
import { Environment } from '../environment.ts'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** What commands inherit. */
export const variableRoutes = defineRoutes({
  updateEnv: {
    method: 'POST',
    path: '/env',
    summary: 'Change the environment of commands started from now on',
    access: 'member',
    body: z.object({
      set: z.optional(z.nullable(Environment)),
      unset: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(limits.envCount)))),
      unsetValuePrefix: z.optional(z.nullable(z.string())),
    }),
    response: z.record(z.string(), z.string()),
    status: 200,
  },
})
