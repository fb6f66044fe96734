// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/api-keys.ts: change that, and run it again. */

export interface ApiKeyListed {
  name: string
  value: string
  permissions: ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
  userId: string
  organizationId: string
  createdAt: string
  lastUsedAt: string | null
  expiresAt: string | null
}

/** What is sent and answered. */
export interface ApiKeyOperations {
  /** Make a key; the only answer that shows its value. It can hold no more than its maker */
  createApiKey: {
    body: {
      name: string
      permissions: readonly ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
      expiresAt?: string | null | undefined
    }
    answer: {
      name: string
      value: string
      permissions: ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
      createdAt: string
      expiresAt: string | null
    }
  }
  /** Keys of the user; for an owner, of all members */
  listApiKeys: {
    answer: ApiKeyListed[]
  }
  /** The key of this request */
  getCurrentApiKey: {
    answer: ApiKeyListed
  }
  /** One key by name */
  getApiKey: {
    params: { name: string | number | boolean }
    answer: ApiKeyListed
  }
  /** Delete a key of the user; it stops working at once */
  deleteApiKey: {
    params: { name: string | number | boolean }
    answer: undefined
  }
  /** Delete a key of a member; an owner may delete those of others */
  deleteApiKeyForUser: {
    params: { userId: string | number | boolean; name: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const apiKeyOperations = {
  createApiKey: 'POST /api-keys',
  listApiKeys: 'GET /api-keys',
  getCurrentApiKey: 'GET /api-keys/current',
  getApiKey: 'GET /api-keys/{name}',
  deleteApiKey: 'DELETE /api-keys/{name}',
  deleteApiKeyForUser: 'DELETE /api-keys/{userId}/{name}',
} as const
