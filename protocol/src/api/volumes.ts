import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { booleanText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** States of a volume (api.md 2.1 and 2.9). */
export const volumeStates = [
  'pending_create',
  'creating',
  'ready',
  'pending_delete',
  'deleting',
  'deleted',
  'error',
] as const

export type VolumeState = (typeof volumeStates)[number]

/** Which state may follow which. */
const transitions: Readonly<Record<VolumeState, readonly VolumeState[]>> = {
  pending_create: ['creating'],
  creating: ['ready', 'error'],
  ready: ['pending_delete'],
  pending_delete: ['deleting'],
  deleting: ['deleted', 'error'],
  deleted: [],
  error: ['pending_delete'],
}

/** True when a volume may go from one state to the other. */
export function canVolumeFollow(from: VolumeState, to: VolumeState): boolean {
  return transitions[from].includes(to)
}

/** Name of a volume: shown to people, and part of paths (api.md 1.3). */
export const volumeName = z.string().check(
  z.trim(),
  z.minLength(1),
  // What is too long is not looked at any further: the look at what stands before `://` grows with its square.
  z.maxLength(limits.nameLength, { abort: true }),
  z.refine(
    (text) => !/[\p{Cc}\p{Surrogate}<>]|[a-z][a-z0-9+.-]*:\/\/|\bwww\./iu.test(text),
    'must not contain HTML tags, URLs, or control characters',
  ),
)

/** A volume (api.md appendix VolumeDto). */
export const Volume = z.object({
  id: z.string(),
  name: z.string(),
  organizationId: z.string(),
  state: z.enum(volumeStates),
  /** RFC 3339, like the two below */
  createdAt: z.string(),
  updatedAt: z.string(),
  /** when a sandbox was made with it last */
  lastUsedAt: z.nullable(z.string()),
  /** why it is in `error` */
  errorReason: z.nullable(z.string()),
  /** sandboxes that have it mounted, the newest 20; only in listings. Not of the original's wire */
  mountedBy: z.optional(z.array(z.object({ id: z.string(), name: z.string() }))),
})

/** Body of `POST /volumes`. */
export const CreateVolume = z.object({
  /** unique in the organization; default: the id */
  name: z.optional(z.nullable(volumeName)),
})

/** Folders that outlive sandboxes and can be mounted in many (api.md 1.3). */
export const volumeRoutes = defineRoutes({
  createVolume: {
    method: 'POST',
    path: '/volumes',
    summary: 'Make an empty volume and wait until it is ready',
    access: 'write:volumes',
    body: CreateVolume,
    isBodyOptional: true,
    response: Volume,
    status: 200,
  },
  listVolumes: {
    method: 'GET',
    path: '/volumes',
    summary: 'List volumes, those first that were used last',
    access: 'read:volumes',
    query: z.object({ includeDeleted: z.optional(booleanText) }),
    response: z.array(Volume),
    status: 200,
  },
  getVolume: {
    method: 'GET',
    path: '/volumes/{volumeId}',
    summary: 'One volume by id',
    access: 'read:volumes',
    response: Volume,
    status: 200,
  },
  getVolumeByName: {
    method: 'GET',
    path: '/volumes/by-name/{name}',
    summary: 'One volume by name',
    access: 'read:volumes',
    response: Volume,
    status: 200,
  },
  deleteVolume: {
    method: 'DELETE',
    path: '/volumes/{volumeId}',
    summary: 'Delete a volume with all that is in it; not while a sandbox has it mounted',
    access: 'delete:volumes',
    status: 200,
  },
})
