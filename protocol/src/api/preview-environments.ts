import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { frameworks, packageManagers } from '../project/plan.ts'
import { booleanText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/**
 * Preview environments: for a branch of a repository a sandbox that serves it. None of this is of the published API; it
 * is what the documents build by hand, as calls.
 */

/**
 * `queued`: it waits for its turn. `building`: a run is under way. `ready`: what its URL shows is of `commit`. `failed`:
 * the last run has failed, and says why; what served before may still serve. `deleting`: it goes.
 */
export const environmentStatuses = ['queued', 'building', 'ready', 'failed', 'deleting'] as const
export type EnvironmentStatus = (typeof environmentStatuses)[number]

/** Steps of a run, in their order. Those that a project does not need are `skipped`. */
export const stepNames = ['sandbox', 'clone', 'detect', 'prepare', 'install', 'build', 'start', 'ready'] as const
export type StepName = (typeof stepNames)[number]

export const stepStates = ['pending', 'running', 'done', 'failed', 'skipped'] as const
export type StepState = (typeof stepStates)[number]

/** Where a repository lies, and thus who sends webhooks and gets comments. `other` sends none. */
export const gitHosts = ['github', 'gitlab', 'gitea', 'other'] as const
export type GitHost = (typeof gitHosts)[number]

/** What is told at the git host when a preview of a pull request is there. */
export const reportings = ['comment', 'status', 'both', 'none'] as const
export type Reporting = (typeof reportings)[number]

/** One line of text, without control characters. */
const line = (most: number) =>
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

const port = z.int().check(z.minimum(1), z.maximum(65_535))

/** How a repository is brought to serve, as far as somebody says it; the rest is found out (see `planProject`). */
const serving = {
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

const projectSettings = {
  ...serving,
  name: z.optional(line(limits.nameLength)),
  host: z.optional(z.enum(gitHosts)),
  /** base of the git host's API; default that of github.com or gitlab.com, or found from the repository's URL */
  apiUrl: z.optional(z.nullable(z.url())),
  /** reads the repository and writes comments; never shown again; `null` takes it away */
  token: z.optional(z.nullable(line(limits.gitTokenLength))),
  /** name that goes with the token at the git host; default as the host wants it */
  username: z.optional(z.nullable(line(limits.nameLength))),
  reporting: z.optional(z.enum(reportings)),
  /** pull requests of forks get previews too: of strangers' code, without secrets and with a cache of their own; default false */
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
  settings: z.object(serving),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** A new project, with the secret that its webhooks are signed with; shown this once. */
export const NewPreviewProject = z.extend(PreviewProject, { webhookSecret: z.string() })

export const CreatePreviewProject = z.object({ ...projectSettings, repository: line(limits.repositoryLength) })
export const UpdatePreviewProject = z.object(projectSettings)

/** A step of the run that is shown. */
export const PreviewStep = z.object({
  name: z.enum(stepNames),
  state: z.enum(stepStates),
  /** how often it was begun in this run */
  attempts: z.int(),
  startedAt: z.nullable(z.string()),
  endedAt: z.nullable(z.string()),
  /** for people, one sentence: why it failed, or was left out */
  reason: z.nullable(z.string()),
})

/** A preview environment. */
export const Preview = z.object({
  id: z.string(),
  organizationId: z.string(),
  projectId: z.string(),
  repository: z.string(),
  branch: z.string(),
  /** that is or was built last; null: it is not known yet */
  commit: z.nullable(z.string()),
  pullRequest: z.nullable(
    z.object({ number: z.int(), title: z.nullable(z.string()), url: z.nullable(z.string()), isFork: z.boolean() }),
  ),
  status: z.enum(environmentStatuses),
  /** why it has failed, one sentence */
  error: z.nullable(z.string()),
  framework: z.nullable(z.enum(frameworks)),
  packageManager: z.nullable(z.enum(packageManagers)),
  sandboxId: z.nullable(z.string()),
  port: z.nullable(z.int()),
  /** where it is seen; null: not yet */
  url: z.nullable(z.string()),
  /** what people should know of it, one sentence each */
  notes: z.array(z.string()),
  /** counts the runs; the steps are of this one */
  run: z.int(),
  steps: z.array(PreviewStep),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** Body of `POST /previews`. */
export const CreatePreview = z.object({
  /** URL to clone from; credentials in it are refused, `token` is for that */
  repository: line(limits.repositoryLength),
  /** default the repository's own */
  branch: z.optional(line(limits.branchLength)),
  /** kept with the project */
  token: projectSettings.token,
  username: projectSettings.username,
  /** for this and later previews of the repository: they are kept with its project */
  ...serving,
})

export const PreviewHealth = z.object({
  /** its sandbox is there and the application answers; one that rests and wakes on request counts as alive */
  isAlive: z.boolean(),
  status: z.enum(environmentStatuses),
  sandboxState: z.nullable(z.string()),
})

export const HookAnswer = z.object({
  /** what came of it, for people who look at the git host's list of deliveries */
  message: z.string(),
  previewId: z.nullable(z.string()),
})

export const previewEnvironmentRoutes = defineRoutes({
  createPreview: {
    method: 'POST',
    path: '/previews',
    summary: 'Make a preview environment of a branch, or build it anew where there is one; answers at once',
    access: 'write:sandboxes',
    body: CreatePreview,
    response: Preview,
    status: 200,
  },
  listPreviews: {
    method: 'GET',
    path: '/previews',
    summary: 'List preview environments, the newest first',
    access: 'member',
    query: z.object({
      repository: z.optional(z.string()),
      branch: z.optional(z.string()),
      projectId: z.optional(z.string()),
    }),
    response: z.array(Preview),
    status: 200,
  },
  getPreview: {
    method: 'GET',
    path: '/previews/{previewId}',
    summary: 'One preview environment with the steps of its last run',
    access: 'member',
    response: Preview,
    status: 200,
  },
  deletePreview: {
    method: 'DELETE',
    path: '/previews/{previewId}',
    summary: 'Delete a preview environment with its sandbox; answers at once',
    access: 'delete:sandboxes',
    status: 202,
  },
  restartPreview: {
    method: 'POST',
    path: '/previews/{previewId}/restart',
    summary: 'Build a preview environment anew in a fresh sandbox; answers at once',
    access: 'write:sandboxes',
    response: Preview,
    status: 200,
  },
  getPreviewHealth: {
    method: 'GET',
    path: '/previews/{previewId}/health',
    summary: 'Whether a preview environment is alive',
    access: 'member',
    response: PreviewHealth,
    status: 200,
  },
  getPreviewLog: {
    method: 'GET',
    path: '/previews/{previewId}/log',
    summary: 'What the steps of the last run have told, as text; with follow until the run ends',
    access: 'member',
    query: z.object({ follow: z.optional(booleanText) }),
    isStream: true,
    status: 200,
  },
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
