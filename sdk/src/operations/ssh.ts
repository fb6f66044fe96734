// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/ssh.ts: change that, and run it again. */

import type { Sandbox } from './sandboxes.ts'

export interface ListedSshAccess {
  id: string
  createdAt: string
  expiresAt: string
  userId: string | null
}

export interface SshAccess {
  id: string
  sandboxId: string
  token: string
  expiresAt: string
  createdAt: string
  updatedAt: string
  sshCommand: string
}

/** What is sent and answered. */
export interface SshOperations {
  /** Whether a token for SSH opens a sandbox of the organization now */
  validateSshAccess: {
    query: {
      token: string | number | boolean
    }
    answer: {
      valid: boolean
      sandboxId: string
    }
  }
  /** Make a token for SSH; earlier ones stay valid until they expire */
  createSshAccess: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      expiresInMinutes?: string | number | boolean | undefined
    }
    answer: SshAccess
  }
  /** Tokens for SSH that are good now, the newest first; the tokens themselves are not told */
  listSshAccesses: {
    params: { sandboxIdOrName: string | number | boolean }
    answer: ListedSshAccess[]
  }
  /** End a token for SSH, or all of the sandbox, and the connections that it has opened */
  revokeSshAccess: {
    params: { sandboxIdOrName: string | number | boolean }
    query?: {
      token?: string | number | boolean | undefined
      id?: string | number | boolean | undefined
    }
    answer: Sandbox
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const sshOperations = {
  validateSshAccess: 'GET /sandbox/ssh-access/validate',
  createSshAccess: 'POST /sandbox/{sandboxIdOrName}/ssh-access',
  listSshAccesses: 'GET /sandbox/{sandboxIdOrName}/ssh-access',
  revokeSshAccess: 'DELETE /sandbox/{sandboxIdOrName}/ssh-access',
} as const
