import * as z from 'zod/mini'
import { dateText } from '../query.ts'
import { defineRoutes, permissions } from '../route.ts'
import { personName } from './users.ts'
import '../messages.ts'

const permission = z.enum(permissions)

/** An API key as listed: never its value (api.md 1.6, appendix ApiKeyList). */
export const ApiKeyListed = z.object({
  name: z.string(),
  /** first and last characters only */
  value: z.string(),
  permissions: z.array(permission),
  userId: z.string(),
  organizationId: z.string(),
  createdAt: z.string(),
  lastUsedAt: z.nullable(z.string()),
  expiresAt: z.nullable(z.string()),
})

const keyName = personName

/** API keys (api.md 1.6). */
export const apiKeyRoutes = defineRoutes({
  createApiKey: {
    method: 'POST',
    path: '/api-keys',
    summary: 'Make a key; the only answer that shows its value. It can hold no more than its maker',
    access: 'manage:api_keys',
    body: z.object({
      name: keyName,
      permissions: z.array(permission),
      expiresAt: z.optional(z.nullable(dateText)),
    }),
    response: z.object({
      name: z.string(),
      value: z.string(),
      permissions: z.array(permission),
      createdAt: z.string(),
      expiresAt: z.nullable(z.string()),
    }),
    status: 201,
  },
  listApiKeys: {
    method: 'GET',
    path: '/api-keys',
    summary: 'Keys of the user; for an owner, of all members',
    access: 'member',
    response: z.array(ApiKeyListed),
    status: 200,
  },
  getCurrentApiKey: {
    method: 'GET',
    path: '/api-keys/current',
    summary: 'The key of this request',
    access: 'member',
    response: ApiKeyListed,
    status: 200,
  },
  getApiKey: {
    method: 'GET',
    path: '/api-keys/{name}',
    summary: 'One key by name',
    access: 'member',
    response: ApiKeyListed,
    status: 200,
  },
  deleteApiKey: {
    method: 'DELETE',
    path: '/api-keys/{name}',
    summary: 'Delete a key of the user; it stops working at once',
    access: 'member',
    status: 204,
  },
  deleteApiKeyForUser: {
    method: 'DELETE',
    path: '/api-keys/{userId}/{name}',
    summary: 'Delete a key of a member; an owner may delete those of others',
    access: 'member',
    status: 204,
  },
})
