import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { reservedPorts } from '../preview.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** Repositories that previews are made of, and the webhooks of git hosts. None of this is of the published API. */

/** Where a repository lies, and thus who sends webhooks and gets comments. `other` sends none. */
export const gitHosts = ['github', 'gitlab', 'gitea', 'other'] as const
export type GitHost = (typeof gitHosts)[number]

/** What is told at the git host when a preview of a pull request is there. */
export const reportings = ['comment', 'status', 'both', 'none'] as const
export type Reporting = (typeof reportings)[number]

/** One line of text, without control characters. */
export const oneLine = (most: number) =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(most, { abort: true }),
    z.refine((text) => !/\p{Cc}/u.test(text), 'must not contain control characters'),
  )

/** A command for `sh -c`; `null` leaves its step out. */
const command = z.nullable(
  z.string().check(
    z.minLength(1),
    z.maxLength(limits.environmentCommandLength, { abort: true }),
    z.refine((text) => !text.includes('\0'), 'must not contain NUL'),
  ),
)

const variables = z.record(
  z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/, 'is no name of a variable')),
  z.string().check(z.maxLength(limits.envValueBytes)),
)

const port = z.int().check(
  z.minimum(1),
  z.maximum(65_535),
  z.refine((one) => !reservedPorts.has(one), 'is a port of the platform'),
)

/** How a repository is brought to serve, as far as somebody says it; the rest is found out (see `planProject`). */
export const servingFields = {
  /** folder of the repository in which the application lies; default its root */
  rootDirectory: z.optional(z.string().check(z.maxLength(limits.rootDirectoryLength))),
  mode: z.optional(z.enum(['production', 'development'])),
  install: z.optional(command),
  build: z.optional(command),
  start: z.optional(command),
  port: z.optional(port),
  env: z.optional(variables),
  /** names of secrets of the organization that its programs may use; never in a preview of a fork */
  secrets: z.optional(z.array(z.string()).check(z.maxLength(100))),
  /** snapshot that its sandboxes are made from; default the platform's own */
  snapshot: z.optional(z.string()),
  cpu: z.optional(z.number()),
  /** GiB, like the next */
  memory: z.optional(z.number()),
  disk: z.optional(z.number()),
  /** whoever has the URL sees it; default true, but false where a token is needed to read the repository */
  public: z.optional(z.boolean()),
  /** minutes without a request until it stops; the next request wakes it; 0: never; default 60 */
  autoStopInterval: z.optional(z.int().check(z.minimum(0))),
}

export const projectFields = {
  ...servingFields,
  name: z.optional(oneLine(limits.nameLength)),
  host: z.optional(z.enum(gitHosts)),
  /** base of the git host's API; default that of github.com or gitlab.com, or found from the repository's URL */
  apiUrl: z.optional(z.nullable(z.url())),
  /** reads the repository and writes comments; never shown again; `null` takes it away */
  token: z.optional(z.nullable(oneLine(limits.gitTokenLength))),
  /** name that goes with the token at the git host; default as the host wants it */
  username: z.optional(z.nullable(oneLine(limits.nameLength))),
  reporting: z.optional(z.enum(reportings)),
  /** pull requests of forks get previews too: of strangers' code, without the secrets, the token and the cache of the project; default false */
  forks: z.optional(z.boolean()),
}

/** A repository, as previews are made of it. */
export const PreviewProject = z.object({
  id: z.string(),
  organizationId: z.string(),
  name: z.string(),
  /** without credentials */
  repository: z.string(),
  host: z.enum(gitHosts),
  apiUrl: z.nullable(z.string()),
  hasToken: z.boolean(),
  username: z.nullable(z.string()),
  reporting: z.enum(reportings),
  forks: z.boolean(),
  /** where the git host sends its webhooks */
  webhookUrl: z.string(),
  /** when one came last that was signed with the secret */
  lastWebhookAt: z.nullable(z.string()),
  /** why the git host is told nothing any more; a new token, API or way of reporting tries again; null: it is told */
  reportError: z.nullable(z.string()),
  settings: z.object(servingFields),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** A new project, with the secret that its webhooks are signed with; shown this once. */
export const NewPreviewProject = z.extend(PreviewProject, { webhookSecret: z.string() })

export const CreatePreviewProject = z.object({ ...projectFields, repository: oneLine(limits.repositoryLength) })
export const UpdatePreviewProject = z.object(projectFields)

export const HookAnswer = z.object({
  /** what came of it, for people who look at the git host's list of deliveries */
  message: z.string(),
  previewId: z.nullable(z.string()),
})

export const previewProjectRoutes = defineRoutes({
  createPreviewProject: {
    method: 'POST',
    path: '/preview-projects',
    summary: 'Make previews of a repository: its settings, and where it sends its webhooks',
    access: 'write:sandboxes',
    body: CreatePreviewProject,
    response: NewPreviewProject,
    status: 200,
  },
  listPreviewProjects: {
    method: 'GET',
    path: '/preview-projects',
    summary: 'List the repositories that previews are made of',
    access: 'member',
    response: z.array(PreviewProject),
    status: 200,
  },
  getPreviewProject: {
    method: 'GET',
    path: '/preview-projects/{projectId}',
    summary: 'One repository that previews are made of',
    access: 'member',
    response: PreviewProject,
    status: 200,
  },
  updatePreviewProject: {
    method: 'PATCH',
    path: '/preview-projects/{projectId}',
    summary: 'Change how previews of a repository are made, from the next run on',
    access: 'write:sandboxes',
    body: UpdatePreviewProject,
    response: PreviewProject,
    status: 200,
  },
  deletePreviewProject: {
    method: 'DELETE',
    path: '/preview-projects/{projectId}',
    summary: 'Delete a project with its preview environments and its cache',
    access: 'delete:sandboxes',
    status: 202,
  },
  rotatePreviewWebhookSecret: {
    method: 'POST',
    path: '/preview-projects/{projectId}/webhook-secret',
    summary: 'Make a new secret for the webhooks of a repository; the old one ends',
    access: 'write:sandboxes',
    response: z.object({ webhookSecret: z.string() }),
    status: 200,
  },
  receivePreviewHook: {
    method: 'POST',
    path: '/preview-hooks/{projectId}',
    summary: 'Webhook of a git host; its signature is what opens it',
    access: 'public',
    isRawBody: true,
    response: HookAnswer,
    status: 200,
  },
})
