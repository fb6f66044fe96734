// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/secrets.ts: change that, and run it again. */

import type { Sandbox } from './sandboxes.ts'

export interface Secret {
  id: string
  name: string
  description?: string
  placeholder: string
  hosts: string[]
  createdAt: string
  updatedAt: string
}

export interface SecretHolder {
  id: string
  name: string
  state: 'creating' | 'restoring' | 'destroyed' | 'destroying' | 'started' | 'stopped' | 'starting' | 'stopping' | 'error' | 'build_failed' | 'pending_build' | 'building_snapshot' | 'unknown' | 'pulling_snapshot' | 'archived' | 'archiving' | 'resizing' | 'snapshotting' | 'forking' | 'pausing' | 'paused' | 'resuming'
  variables: string[]
}

/** What is sent and answered. */
export interface SecretOperations {
  /** Keep a secret for the hosts that may get it */
  createSecret: {
    body: {
      name: string
      value: string
      description?: string | null | undefined
      hosts?: readonly string[] | null | undefined
    }
    answer: Secret
  }
  /** Secrets of the organization without their values, the newest first; refused where there are very many */
  listSecrets: {
    answer: Secret[]
  }
  /** Secrets of the organization without their values, a page at a time */
  listSecretsPaginated: {
    query?: {
      cursor?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      name?: string | number | boolean | undefined
      sort?: 'name' | 'createdAt' | 'updatedAt' | undefined
      order?: 'asc' | 'desc' | undefined
    }
    answer: {
      items: Secret[]
      total: number
      nextCursor: string | null
    }
  }
  /** One secret without its value */
  getSecret: {
    params: { secretId: string | number | boolean }
    answer: Secret
  }
  /** Sandboxes that have a secret, by name, as many as fit one page, and how many there are */
  listSecretSandboxes: {
    params: { secretId: string | number | boolean }
    answer: {
      items: SecretHolder[]
      total: number
    }
  }
  /** Change the value, the description or the hosts of a secret, at once in every sandbox that has it */
  updateSecret: {
    params: { secretId: string | number | boolean }
    body: {
      value?: string | undefined
      description?: string | null | undefined
      hosts?: readonly string[] | null | undefined
    }
    answer: Secret
  }
  /** Forget a secret; it is taken from every sandbox that has it, at once */
  deleteSecret: {
    params: { secretId: string | number | boolean }
    answer: undefined
  }
  /** Replace the secrets of a sandbox; an empty list takes all from it */
  updateSandboxSecrets: {
    params: { sandboxIdOrName: string | number | boolean }
    body: {
      secrets: readonly (Readonly<Record<string, string>>)[]
    }
    answer: Sandbox
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const secretOperations = {
  createSecret: 'POST /secret',
  listSecrets: 'GET /secret',
  listSecretsPaginated: 'GET /secret/paginated',
  getSecret: 'GET /secret/{secretId}',
  listSecretSandboxes: 'GET /secret/{secretId}/sandboxes',
  updateSecret: 'PATCH /secret/{secretId}',
  deleteSecret: 'DELETE /secret/{secretId}',
  updateSandboxSecrets: 'PUT /sandbox/{sandboxIdOrName}/secrets',
} as const
