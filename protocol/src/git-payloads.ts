import * as z from 'zod/mini'
import { PlatformError } from './errors.ts'
import { limits } from './limits.ts'
import { describeIssues } from './route.ts'
import './messages.ts'

/**
 * What git hosts send to webhooks, as far as it is used. Hosts add fields as they like; what is in these comes from
 * whoever names branches and writes titles there.
 */

/** Longest text of a payload that is taken, characters. */
const text = z.string().check(z.maxLength(4096))
const commit = z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'is no commit'))
const number = z.int().check(z.minimum(1), z.maximum(2 ** 31 - 1))

const githubRepository = z.object({ clone_url: text, html_url: z.optional(text) })

/** `pull_request` of GitHub, and of Gitea, Forgejo and Gogs, which say it alike; the last has `head_branch` and no commit. */
export const GithubPull = z.object({
  action: text,
  number,
  /** commit that the branch was at before; with `synchronize` only */
  before: z.optional(z.nullable(text)),
  pull_request: z.object({
    title: z.optional(z.nullable(z.string())),
    html_url: z.optional(z.nullable(text)),
    head: z.optional(z.nullable(z.object({ ref: text, sha: commit, repo: z.optional(z.nullable(githubRepository)) }))),
    head_branch: z.optional(text),
    head_repo: z.optional(z.nullable(githubRepository)),
  }),
  repository: githubRepository,
})

/** `push` of the same hosts. */
export const GithubPush = z.object({ ref: text, before: commit, after: commit, repository: githubRepository })

/** `delete` of the same hosts: of a branch or tag. */
export const GithubDelete = z.object({ ref: text, ref_type: text, repository: githubRepository })

const gitlabProject = z.object({ git_http_url: text, web_url: z.optional(z.nullable(text)) })

/** `Merge Request Hook` of GitLab. */
export const GitlabMerge = z.object({
  project: gitlabProject,
  object_attributes: z.object({
    iid: number,
    title: z.optional(z.nullable(z.string())),
    url: z.optional(z.nullable(text)),
    /** absent where something else has set it going, such as a comment */
    action: z.optional(z.nullable(text)),
    /** commit that the branch was at before; with an `update` that brings commits only */
    oldrev: z.optional(z.nullable(text)),
    source_branch: text,
    source: z.optional(z.nullable(gitlabProject)),
    last_commit: z.optional(z.nullable(z.object({ id: commit }))),
  }),
})

/** `Push Hook` of GitLab. */
export const GitlabPush = z.object({ ref: text, before: commit, after: commit, project: gitlabProject })

/** Reads a payload. Throws INVALID_REQUEST_BODY with what is wrong with it. */
export function parsePayload<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new PlatformError('INVALID_REQUEST_BODY', `The payload of the webhook: ${describeIssues(result.error)}`)
}

/** Name of a branch as git allows it, and as no program takes it for an option. */
export function isBranchName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= limits.branchLength &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what git refuses, too
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|\/\.|[/.]$|\.lock(?:\/|$)/.test(name) &&
    name !== '@'
  )
}
