import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

const text = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(limits.registryTextLength),
  z.refine((value) => !/\p{Cc}/u.test(value), 'must not contain control characters'),
)
const password = z.string().check(
  z.minLength(1),
  z.maxLength(limits.registryPasswordLength),
  z.refine((value) => !/[\0\r\n]/.test(value), 'must be one line'),
)
const project = z
  .string()
  .check(
    z.trim(),
    z.maxLength(limits.registryTextLength),
    z.regex(/^(?:[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)?$/, 'must be lower-case letters, digits, `.`, `_`, `-` and slashes'),
  )

/** Login at an image registry (api.md appendix DockerRegistry); the password is never answered. */
export const DockerRegistry = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  username: z.string(),
  /** empty for none */
  project: z.string(),
  registryType: z.literal('organization'),
  /** RFC 3339, like the next */
  createdAt: z.string(),
  updatedAt: z.string(),
})

const fields = { name: text, url: text, username: text, project: z.optional(z.nullable(project)) }

/** Logins at image registries, which pulls and builds of the organization use (api.md 1.5). */
export const registryRoutes = defineRoutes({
  getTransientPushAccess: {
    method: 'GET',
    path: '/docker-registry/registry-push-access',
    summary: 'Refused always: there is no registry to push to, images are pulled from one or built',
    access: 'member',
    query: z.object({ regionId: z.optional(z.string().check(z.maxLength(limits.nameLength))) }),
    response: z.object({ statusCode: z.literal(501), message: z.string() }),
    status: 501,
  },
  createRegistry: {
    method: 'POST',
    path: '/docker-registry',
    summary: 'Keep a login at an image registry',
    access: 'write:registries',
    body: z.object({ ...fields, password }),
    response: DockerRegistry,
    status: 201,
  },
  listRegistries: {
    method: 'GET',
    path: '/docker-registry',
    summary: 'Logins of the organization, the oldest first',
    access: 'member',
    response: z.array(DockerRegistry),
    status: 200,
  },
  getRegistry: {
    method: 'GET',
    path: '/docker-registry/{id}',
    summary: 'One login',
    access: 'member',
    response: DockerRegistry,
    status: 200,
  },
  updateRegistry: {
    method: 'PATCH',
    path: '/docker-registry/{id}',
    summary: 'Change a login; without a password the old one stays, which another host does not get',
    access: 'write:registries',
    body: z.object({
      name: z.optional(text),
      url: z.optional(text),
      username: z.optional(text),
      project: fields.project,
      password: z.optional(password),
    }),
    response: DockerRegistry,
    status: 200,
  },
  deleteRegistry: {
    method: 'DELETE',
    path: '/docker-registry/{id}',
    summary: 'Forget a login; what was pulled with it stays',
    access: 'delete:registries',
    status: 204,
  },
})
