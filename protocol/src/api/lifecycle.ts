import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { booleanText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { Sandbox, sandboxName } from './sandboxes.ts'
import { snapshotName } from './snapshots.ts'

const wholeNumber = z.optional(z.number().check(z.int(), z.minimum(1)))

/** Body of `POST /sandbox/{id}/resize`: what is not given stays (api.md 2.6). */
export const ResizeSandbox = z.object({
  /** cores */
  cpu: wholeNumber,
  /** GiB */
  memory: wholeNumber,
  /** GiB */
  disk: wholeNumber,
})

/** Body of `POST /sandbox/{id}/network-settings` (api.md 2.6). */
export const NetworkSettings = z.object({
  /** true: nothing but loopback; false alone: everywhere, also when there were lists */
  networkBlockAll: z.optional(z.boolean()),
  /** up to ten IPv4 CIDRs, comma separated; empty clears the list */
  networkAllowList: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  /** up to ten names, comma separated, `*.example.com` for all below; empty clears the list */
  domainAllowList: z.optional(z.string().check(z.maxLength(limits.domainListLength))),
  /** up to 50 IPv4 CIDRs that are closed whatever else is open; empty clears the list. Not of the original's wire */
  networkDenyList: z.optional(z.string().check(z.maxLength(limits.networkDenyListLength))),
  /** up to 50 names that are not known inside, `*.example.com` for all below; empty clears the list. As before */
  domainDenyList: z.optional(z.string().check(z.maxLength(limits.domainDenyListLength))),
})

/** Calls that lead a sandbox through its life, in the order of api.md 1.1. */
export const lifecycleRoutes = defineRoutes({
  pauseSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/pause',
    summary: 'Freeze the processes of a started sandbox; its memory stays',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 200,
  },
  archiveSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/archive',
    summary: 'Pack the disk of a stopped sandbox away',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 200,
  },
  recoverSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/recover',
    summary: 'Bring a sandbox back from a recoverable error, and start it',
    access: 'write:sandboxes',
    query: z.object({ skipStart: z.optional(booleanText) }),
    response: Sandbox,
    status: 200,
  },
  resizeSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/resize',
    summary: 'Change what a sandbox may use; less, or another disk, only while it is stopped',
    access: 'write:sandboxes',
    body: ResizeSandbox,
    response: Sandbox,
    status: 200,
  },
  forkSandbox: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/fork',
    summary: 'Make a sandbox whose disk begins as a copy of this one',
    access: 'write:sandboxes',
    body: z.object({ name: z.optional(sandboxName) }),
    isBodyOptional: true,
    response: Sandbox,
    status: 200,
  },
  getSandboxForks: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/forks',
    summary: 'Sandboxes that were forked from this one, newest first; at most 100',
    access: 'member',
    query: z.object({ includeDestroyed: z.optional(booleanText) }),
    response: z.array(Sandbox),
    status: 200,
  },
  getSandboxParent: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/parent',
    summary: 'The sandbox that this one was forked from',
    access: 'member',
    response: Sandbox,
    status: 200,
  },
  getSandboxAncestors: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/ancestors',
    summary: 'The line of sandboxes that this one was forked from, the first one first; at most 50',
    access: 'member',
    response: z.array(Sandbox),
    status: 200,
  },
  createSandboxSnapshot: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/snapshot',
    summary: 'Save the disk of a sandbox as a snapshot',
    access: 'write:sandboxes',
    body: z.object({ name: snapshotName, includeMemory: z.optional(z.boolean()) }),
    response: Sandbox,
    status: 200,
  },
  createBackup: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/backup',
    summary: 'Kept for old clients: does nothing, disks need no backup to be archived',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setAutoPauseInterval: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/autopause/{interval}',
    summary: 'Minutes without activity after which it is paused; 0 is never',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setTtl: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/ttl/{ttlMinutes}',
    summary: 'Minutes from now after which it is deleted, whatever its state; 0 is never',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  setAutoWake: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/autowake/{mode}',
    summary: 'Whether a request starts it when it rests: true, false, or idle (when it rests because nobody used it)',
    access: 'write:sandboxes',
    response: Sandbox,
    status: 201,
  },
  updateNetworkSettings: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/network-settings',
    summary: 'Change where a sandbox may connect to, at once',
    access: 'write:sandboxes',
    body: NetworkSettings,
    response: Sandbox,
    status: 200,
  },
})
