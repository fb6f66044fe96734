import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { sandboxStates } from '../states.ts'
import { Sandbox, WantedSecrets } from './sandboxes.ts'

const name = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(limits.nameLength),
    z.regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, hyphens and underscores'),
  )

/** It goes into headers and queries, so that it is one line of what they may hold. */
const value = z.string().check(
  z.minLength(1),
  z.maxLength(limits.secretValueLength),
  z.regex(/^[\x20-\x7e]*$/, 'must be one line of ASCII: it goes into headers and queries'),
  z.refine((text) => text.trim() === text, 'must not begin or end with a space'),
)

const description = z.optional(z.nullable(z.string().check(z.maxLength(limits.descriptionLength))))

/** Their form is checked with what they mean. */
const hosts = z.optional(
  z.nullable(z.array(z.string().check(z.maxLength(limits.nameLength + 2))).check(z.maxLength(limits.secretHosts))),
)

/** A secret of an organization (api.md appendix Secret); the value is never answered. */
export const Secret = z.object({
  id: z.string(),
  name: z.string(),
  description: z.optional(z.string()),
  /** stands for the value inside of sandboxes */
  placeholder: z.string(),
  /** hosts that get the value: `example.com`, or `*.example.com` for all names below */
  hosts: z.array(z.string()),
  /** RFC 3339, like the next */
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** A sandbox that has a secret. Not of the original's wire. */
export const SecretHolder = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(sandboxStates),
  /** in which it has the placeholder */
  variables: z.array(z.string()),
})

/** Query of a page of secrets (api.md 1.4). */
export const ListSecretsQuery = z.object({
  cursor: z.optional(z.string().check(z.maxLength(2 * limits.nameLength))),
  limit: z.optional(z.pipe(integerText, z.number().check(z.minimum(1), z.maximum(limits.pageSize)))),
  /** part of the name, in any case */
  name: z.optional(z.string().check(z.maxLength(limits.nameLength))),
  sort: z.optional(z.enum(['name', 'createdAt', 'updatedAt'])),
  order: z.optional(z.enum(['asc', 'desc'])),
})

/** Secrets that sandboxes use without having them (api.md 1.4, and of 1.1 what is about them). */
export const secretRoutes = defineRoutes({
  createSecret: {
    method: 'POST',
    path: '/secret',
    summary: 'Keep a secret for the hosts that may get it',
    access: 'manage:secrets',
    body: z.object({ name, value, description, hosts }),
    response: Secret,
    status: 201,
  },
  listSecrets: {
    method: 'GET',
    path: '/secret',
    summary: 'Secrets of the organization without their values, the newest first; refused where there are very many',
    access: 'manage:secrets',
    response: z.array(Secret),
    status: 200,
  },
  // Before the row with an id in its place.
  listSecretsPaginated: {
    method: 'GET',
    path: '/secret/paginated',
    summary: 'Secrets of the organization without their values, a page at a time',
    access: 'manage:secrets',
    query: ListSecretsQuery,
    response: z.object({ items: z.array(Secret), total: z.number(), nextCursor: z.nullable(z.string()) }),
    status: 200,
  },
  getSecret: {
    method: 'GET',
    path: '/secret/{secretId}',
    summary: 'One secret without its value',
    access: 'manage:secrets',
    response: Secret,
    status: 200,
  },
  listSecretSandboxes: {
    method: 'GET',
    path: '/secret/{secretId}/sandboxes',
    summary: 'Sandboxes that have a secret, by name, as many as fit one page, and how many there are',
    access: 'manage:secrets',
    response: z.object({ items: z.array(SecretHolder), total: z.number() }),
    status: 200,
  },
  updateSecret: {
    method: 'PATCH',
    path: '/secret/{secretId}',
    summary: 'Change the value, the description or the hosts of a secret, at once in every sandbox that has it',
    access: 'manage:secrets',
    body: z.object({ value: z.optional(value), description, hosts }),
    response: Secret,
    status: 200,
  },
  deleteSecret: {
    method: 'DELETE',
    path: '/secret/{secretId}',
    summary: 'Forget a secret; it is taken from every sandbox that has it, at once',
    access: 'manage:secrets',
    status: 204,
  },
  updateSandboxSecrets: {
    method: 'PUT',
    path: '/sandbox/{sandboxIdOrName}/secrets',
    summary: 'Replace the secrets of a sandbox; an empty list takes all from it',
    access: 'write:sandboxes',
    body: z.object({ secrets: WantedSecrets }),
    response: Sandbox,
    status: 200,
  },
})
