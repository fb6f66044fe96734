import * as z from 'zod/mini'
import { isBranchName } from '../git-payloads.ts'
import { limits } from '../limits.ts'
import { frameworks, packageManagers } from '../project/plan.ts'
import { booleanText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import { oneLine, projectFields, servingFields } from './preview-projects.ts'
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
  /** null: the repository's own, whose name is not known yet */
  branch: z.nullable(z.string()),
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
  repository: oneLine(limits.repositoryLength),
  /** default the repository's own */
  branch: z.optional(
    oneLine(limits.branchLength).check(z.refine(isBranchName, 'is no name that git takes for a branch')),
  ),
  /** kept with the project */
  token: projectFields.token,
  username: projectFields.username,
  /** for this and later previews of the repository: they are kept with its project */
  ...servingFields,
})

export const PreviewHealth = z.object({
  /** its sandbox is there and the application answers; one that rests and wakes on request counts as alive */
  isAlive: z.boolean(),
  status: z.enum(environmentStatuses),
  sandboxState: z.nullable(z.string()),
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
})
