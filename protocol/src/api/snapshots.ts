import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { booleanText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { pageCounts, pageQuery } from '../paging.ts'
import { BuildInfo, WantedBuild } from './build-info.ts'

/** States of a snapshot that this version enters (api.md 2.1 and 2.8). */
export const snapshotStates = [
  'pending',
  'pulling',
  'building',
  'snapshotting',
  'active',
  'inactive',
  'error',
  'build_failed',
  'removing',
] as const

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
  /** why it is in `error` or `build_failed` */
  errorReason: z.nullable(z.string()),
  /** RFC 3339, like the two below */
  createdAt: z.string(),
  updatedAt: z.string(),
  lastUsedAt: z.nullable(z.string()),
  /** the sandbox whose disk it was */
  sourceSandboxId: z.nullable(z.string()),
  sandboxClass: z.string(),
  /** what it was built from; not in listings */
  buildInfo: z.optional(BuildInfo),
})

const wholeNumber = z.optional(z.number().check(z.int(), z.minimum(1)))

/** Body of `POST /snapshots` (api.md 2.8): of an image, or of a Dockerfile. What is not listed is ignored. */
export const CreateSnapshot = z.object({
  name: snapshotName.check(z.minLength(1)),
  /** with a tag or a digest */
  imageName: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(limits.imageNameLength))),
  buildInfo: z.optional(WantedBuild),
  /** instead of the image's own */
  entrypoint: z.optional(
    z
      .array(
        z.string().check(
          z.maxLength(limits.entrypointLength),
          z.refine((text) => !text.includes('\0'), 'must not contain NUL'),
        ),
      )
      .check(z.maxLength(limits.entrypointCount)),
  ),
  /** cores of a sandbox made from it */
  cpu: wholeNumber,
  gpu: z.optional(z.number().check(z.int(), z.minimum(0))),
  /** GiB */
  memory: wholeNumber,
  /** GiB */
  disk: wholeNumber,
  regionId: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sandboxClass: z.optional(z.string().check(z.maxLength(limits.nameLength))),
})

/** Query of `GET /snapshots`. */
export const ListSnapshotsQuery = z.object({
  ...pageQuery,
  /** part of the name, case-insensitive */
  name: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sourceSandboxId: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sort: z.optional(z.enum(['name', 'state', 'lastUsedAt', 'createdAt'])),
  order: z.optional(z.enum(['asc', 'desc'])),
})

/** Snapshots that sandboxes can be made from (api.md 1.2). */
export const snapshotRoutes = defineRoutes({
  createSnapshot: {
    method: 'POST',
    path: '/snapshots',
    summary: 'Make a snapshot of an image or a Dockerfile; the answer does not wait for it',
    access: 'write:snapshots',
    body: CreateSnapshot,
    response: Snapshot,
    status: 200,
  },
  getAllSnapshots: {
    method: 'GET',
    path: '/snapshots',
    summary: 'List snapshots, a page at a time: those of the organization, then the general ones',
    access: 'member',
    query: ListSnapshotsQuery,
    response: z.object({ items: z.array(Snapshot), ...pageCounts }),
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
    summary: 'Delete a snapshot, or cancel the making of one; sandboxes that were made from it stay',
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
  getSnapshotBuildLogs: {
    method: 'GET',
    path: '/snapshots/{id}/build-logs',
    summary: 'What was told while a snapshot was built or pulled, as text; `follow` until that has ended',
    access: 'member',
    query: z.object({ follow: z.optional(booleanText) }),
    isStream: true,
    status: 200,
  },
  getSnapshotBuildLogsUrl: {
    method: 'GET',
    path: '/snapshots/{id}/build-logs-url',
    summary: 'Where that text can be read, with the same credentials',
    access: 'member',
    response: z.object({ url: z.string() }),
    status: 200,
  },
})
