import * as z from 'zod/mini'
import { refusalReasons } from '../engine.ts'
import { defineRoutes } from '../route.ts'

/** Something that the rules of a sandbox have refused. */
export const NetworkRefusal = z.object({
  /** `name`: somebody asked for it; `connection`: somebody sent to it */
  kind: z.enum(['name', 'connection']),
  /** the name, or the IPv4 address */
  target: z.string(),
  /** `tcp`, `udp`, `icmp` or a number; of a name what was asked of it, such as `A` or `TXT` */
  protocol: z.string(),
  port: z.optional(z.number()),
  reason: z.enum(refusalReasons),
  /** queries or packets */
  count: z.number(),
  /** RFC 3339 */
  lastAt: z.string(),
})

/** Calls on the network of sandboxes; not of the original's wire. */
export const networkRoutes = defineRoutes({
  getNetworkRefusals: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/network/refused',
    summary: 'What the network rules of a running sandbox have refused in the last hour, the newest first',
    access: 'member',
    response: z.object({ items: z.array(NetworkRefusal) }),
    status: 200,
  },
})
