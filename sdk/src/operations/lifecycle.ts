// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/lifecycle.ts: change that, and run it again. */

import type { Sandbox } from './sandboxes.ts'

export interface NetworkSettings {
  networkBlockAll?: boolean
  networkAllowList?: string
  domainAllowList?: string
  networkDenyList?: string
  domainDenyList?: string
}

export interface NetworkSettingsInput {
  networkBlockAll?: boolean | undefined
  networkAllowList?: string | undefined
  domainAllowList?: string | undefined
  networkDenyList?: string | undefined
  domainDenyList?: string | undefined
}

export interface ResizeSandbox {
  cpu?: number
  memory?: number
  disk?: number
}

export interface ResizeSandboxInput {
  cpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
}

/** What is sent and answered. */
export interface LifecycleOperations {
  /** Freeze the processes of a started sandbox; its memory stays */
  pauseSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Pack the disk of a stopped sandbox away */
  archiveSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Bring a sandbox back from a recoverable error, and start it */
  recoverSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      skipStart?: string | number | boolean | undefined
    }
    answer: Sandbox
  }
  /** Change what a sandbox may use; less, or another disk, only while it is stopped */
  resizeSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    body: ResizeSandboxInput
    answer: Sandbox
  }
  /** Make a sandbox whose disk begins as a copy of this one */
  forkSandbox: {
    params: { sandboxIdOrName: string | number | boolean }
    body?: {
      name?: string | undefined
    }
    answer: Sandbox
  }
  /** Sandboxes that were forked from this one, newest first; at most 100 */
  getSandboxForks: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      includeDestroyed?: string | number | boolean | undefined
    }
    answer: Sandbox[]
  }
  /** The sandbox that this one was forked from */
  getSandboxParent: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** The line of sandboxes that this one was forked from, the first one first; at most 50 */
  getSandboxAncestors: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox[]
  }
  /** Save the disk of a sandbox as a snapshot */
  createSandboxSnapshot: {
    params: { sandboxIdOrName: string | number | boolean }
    body: {
      name: string
      includeMemory?: boolean | undefined
    }
    answer: Sandbox
  }
  /** Kept for old clients: does nothing, disks need no backup to be archived */
  createBackup: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: Sandbox
  }
  /** Minutes without activity after which it is paused; 0 is never */
  setAutoPauseInterval: {
    params: { sandboxIdOrName: string | number | boolean; interval: string | number | boolean }
    answer: Sandbox
  }
  /** Minutes from now after which it is deleted, whatever its state; 0 is never */
  setTtl: {
    params: { sandboxIdOrName: string | number | boolean; ttlMinutes: string | number | boolean }
    answer: Sandbox
  }
  /** Whether a request starts it when it rests: true, false, or idle (when it rests because nobody used it) */
  setAutoWake: {
    params: { sandboxIdOrName: string | number | boolean; mode: string | number | boolean }
    answer: Sandbox
  }
  /** Change where a sandbox may connect to, at once */
  updateNetworkSettings: {
    params: { sandboxIdOrName: string | number | boolean }
    body: NetworkSettingsInput
    answer: Sandbox
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const lifecycleOperations = {
  pauseSandbox: 'POST /sandbox/{sandboxIdOrName}/pause',
  archiveSandbox: 'POST /sandbox/{sandboxIdOrName}/archive',
  recoverSandbox: 'POST /sandbox/{sandboxIdOrName}/recover',
  resizeSandbox: 'POST /sandbox/{sandboxIdOrName}/resize',
  forkSandbox: 'POST /sandbox/{sandboxIdOrName}/fork',
  getSandboxForks: 'GET /sandbox/{sandboxIdOrName}/forks',
  getSandboxParent: 'GET /sandbox/{sandboxIdOrName}/parent',
  getSandboxAncestors: 'GET /sandbox/{sandboxIdOrName}/ancestors',
  createSandboxSnapshot: 'POST /sandbox/{sandboxIdOrName}/snapshot',
  createBackup: 'POST /sandbox/{sandboxIdOrName}/backup',
  setAutoPauseInterval: 'POST /sandbox/{sandboxIdOrName}/autopause/{interval}',
  setTtl: 'POST /sandbox/{sandboxIdOrName}/ttl/{ttlMinutes}',
  setAutoWake: 'POST /sandbox/{sandboxIdOrName}/autowake/{mode}',
  updateNetworkSettings: 'POST /sandbox/{sandboxIdOrName}/network-settings',
} as const
