import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** A pool of sandboxes made ahead (api.md appendix WarmPool). */
export const WarmPool = z.object({
  id: z.string(),
  organizationId: z.string(),
  /** name of the snapshot that its sandboxes are of */
  snapshot: z.string(),
  /** region */
  target: z.string(),
  /** how many are to be ready */
  pool: z.number(),
  /** how many are ready now */
  currentSize: z.number(),
  /** cores */
  cpu: z.number(),
  /** GiB */
  mem: z.number(),
  /** GiB */
  disk: z.number(),
  osUser: z.string(),
  env: z.record(z.string(), z.string()),
  /** why none can be made */
  errorReason: z.nullable(z.string()),
  /** RFC 3339, like the one below */
  createdAt: z.string(),
  updatedAt: z.string(),
})

const size = z.number().check(z.int(), z.maximum(limits.warmPoolSize))

/** Sandboxes made ahead, which a create call takes when they fit it (api.md 1.4 and 2.11). */
export const warmPoolRoutes = defineRoutes({
  listWarmPools: {
    method: 'GET',
    path: '/warm-pools',
    summary: 'Pools of the organization',
    access: 'member',
    response: z.array(WarmPool),
    status: 200,
  },
  createWarmPool: {
    method: 'POST',
    path: '/warm-pools',
    summary: 'Keep sandboxes of a snapshot ready; one pool a snapshot',
    access: 'write:sandboxes',
    body: z.object({
      /** id or name */
      snapshot: z.string().check(z.minLength(1), z.maxLength(limits.nameLength)),
      pool: size.check(z.minimum(1)),
      /** region */
      target: z.optional(z.nullable(z.string().check(z.maxLength(limits.nameLength)))),
    }),
    response: WarmPool,
    status: 201,
  },
  updateWarmPool: {
    method: 'PATCH',
    path: '/warm-pools/{id}',
    summary: 'Change how many are kept ready',
    access: 'write:sandboxes',
    body: z.object({ pool: size.check(z.minimum(0)) }),
    response: WarmPool,
    status: 200,
  },
  deleteWarmPool: {
    method: 'DELETE',
    path: '/warm-pools/{id}',
    summary: 'Delete a pool with those that nobody has taken',
    access: 'delete:sandboxes',
    status: 204,
  },
})
