import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** States of a snapshot that this version enters (api.md 2.1 and 2.8). */
export const snapshotStates = ['snapshotting', 'active', 'inactive', 'error', 'removing'] as const

export type SnapshotState = (typeof snapshotStates)[number]

/** Name of a snapshot: parts between slashes, and at its end a digest if any (api.md 2.8). */
export const snapshotName = z
  .string()
  .check(
    z.trim(),
    z.maxLength(limits.nameLength),
    z.regex(
      /^[A-Za-z0-9_.:-]+(?:\/[A-Za-z0-9_.:-]+)*(?:@sha256:[0-9a-f]{64})?$/,
      'must be letters, digits, `_`, `.`, `-` and `:`, in parts between slashes',
    ),
  )

/** A snapshot (api.md appendix SnapshotDto); `mem`, not `memory`, is the wire name. */
export const Snapshot = z.object({
  id: z.string(),
  /** absent for a general one */
  organizationId: z.optional(z.string()),
  /** of the platform, for all organizations */
  general: z.boolean(),
  name: z.string(),
  imageName: z.optional(z.string()),
  state: z.enum(snapshotStates),
  /** GB; null until it is known */
  size: z.nullable(z.number()),
  entrypoint: z.nullable(z.array(z.string())),
  /** cores of a sandbox made from it, unless it asks for others */
  cpu: z.number(),
  gpu: z.number(),
  /** GiB */
  mem: z.number(),
  /** GiB */
  disk: z.number(),
  /** why it is in `error` */
  errorReason: z.nullable(z.string()),
  /** RFC 3339, like the two below */
  createdAt: z.string(),
  updatedAt: z.string(),
  lastUsedAt: z.nullable(z.string()),
  /** the sandbox whose disk it was */
  sourceSandboxId: z.nullable(z.string()),
  sandboxClass: z.string(),
})

/** Query of `GET /snapshots`. */
export const ListSnapshotsQuery = z.object({
  page: z.optional(z.pipe(integerText, z.number().check(z.minimum(1)))),
  limit: z.optional(z.pipe(integerText, z.number().check(z.minimum(1), z.maximum(limits.pageSize)))),
  /** part of the name, case-insensitive */
  name: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sourceSandboxId: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sort: z.optional(z.enum(['name', 'state', 'lastUsedAt', 'createdAt'])),
  order: z.optional(z.enum(['asc', 'desc'])),
})

/** Snapshots that sandboxes can be made from (api.md 1.2); making one from an image is not in this version. */
export const snapshotRoutes = defineRoutes({
  getAllSnapshots: {
    method: 'GET',
    path: '/snapshots',
    summary: 'List snapshots, a page at a time: those of the organization, then the general ones',
    access: 'member',
    query: ListSnapshotsQuery,
    response: z.object({ items: z.array(Snapshot), total: z.number(), page: z.number(), totalPages: z.number() }),
    status: 200,
  },
  getSnapshot: {
    method: 'GET',
    path: '/snapshots/{id}',
    summary: 'One snapshot by id or name',
    access: 'member',
    response: Snapshot,
    status: 200,
  },
  removeSnapshot: {
    method: 'DELETE',
    path: '/snapshots/{id}',
    summary: 'Delete a snapshot; sandboxes that were made from it stay',
    access: 'delete:snapshots',
    status: 200,
  },
  activateSnapshot: {
    method: 'POST',
    path: '/snapshots/{id}/activate',
    summary: 'Let sandboxes be made from an inactive snapshot again',
    access: 'write:snapshots',
    response: Snapshot,
    status: 200,
  },
  deactivateSnapshot: {
    method: 'POST',
    path: '/snapshots/{id}/deactivate',
    summary: 'Let no more sandboxes be made from a snapshot; it stays',
    access: 'write:snapshots',
    status: 204,
  },
})
