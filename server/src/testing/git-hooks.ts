import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A project with the secret of its webhooks. */
export interface TestProject {
  readonly id: string
  readonly webhookSecret: string
  readonly repository: string
}

/** Makes a project. */
export async function makeProject(server: TestServer, body: object = {}): Promise<TestProject> {
  const answer = await server.call('POST /preview-projects', {
    body: { repository: 'https://github.com/acme/shop', ...body },
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as TestProject
}

/** How one webhook differs from a good one. */
export interface HookOptions {
  readonly secret?: string
  readonly deliveryId?: string
  readonly headers?: Readonly<Record<string, string>>
}

const mac = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex')

/** Sends what GitHub would. */
export function githubHook(
  server: TestServer,
  { id, webhookSecret }: TestProject,
  event: string,
  payload: unknown,
  { secret = webhookSecret, deliveryId = randomUUID(), headers }: HookOptions = {},
): Promise<TestAnswer> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return server.call(`POST /preview-hooks/${id}`, {
    key: null,
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': `sha256=${mac(secret, body)}`,
      ...headers,
    },
  })
}

/** Sends what Gitea would; `name` is that of the headers. */
export function giteaHook(
  server: TestServer,
  { id, webhookSecret }: TestProject,
  event: string,
  payload: unknown,
  { secret = webhookSecret, deliveryId = randomUUID(), name = 'gitea' }: HookOptions & { readonly name?: string } = {},
): Promise<TestAnswer> {
  const body = JSON.stringify(payload)
  return server.call(`POST /preview-hooks/${id}`, {
    key: null,
    body,
    headers: {
      'content-type': 'application/json',
      [`x-${name}-event`]: event,
      [`x-${name}-delivery`]: deliveryId,
      [`x-${name}-signature`]: mac(secret, body),
    },
  })
}

/** Sends what GitLab would with a secret token. */
export function gitlabHook(
  server: TestServer,
  { id, webhookSecret }: TestProject,
  event: string,
  payload: unknown,
  { secret = webhookSecret, deliveryId = randomUUID() }: HookOptions = {},
): Promise<TestAnswer> {
  return server.call(`POST /preview-hooks/${id}`, {
    key: null,
    body: payload,
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': event,
      'x-gitlab-event-uuid': randomUUID(),
      'idempotency-key': deliveryId,
      'x-gitlab-token': secret,
    },
  })
}

let moment = 0

/** Hosts write when it was: no two events have the same body. */
const updatedAt = () => new Date(Date.UTC(2030, 0, 1) + 1000 * moment++).toISOString()

/** A commit of tests. */
export const commit = (digit: string) => digit.repeat(40)

const noCommit = '0'.repeat(40)

/** `pull_request` of GitHub; Gitea sends the like. */
export function githubPull(action: string, changes: { head?: object; pull?: object; [name: string]: unknown } = {}) {
  const { head, pull, ...rest } = changes
  return {
    action,
    number: 7,
    pull_request: {
      id: 1,
      number: 7,
      state: 'open',
      title: 'A better shop',
      html_url: 'https://github.com/acme/shop/pull/7',
      draft: false,
      updated_at: updatedAt(),
      head: { ref: 'better', sha: commit('a'), repo: repository('acme/shop'), ...head },
      base: { ref: 'main', sha: commit('0'), repo: repository('acme/shop') },
      ...pull,
    },
    repository: { ...repository('acme/shop'), default_branch: 'main' },
    sender: { login: 'ann' },
    ...rest,
  }
}

/** `push` of GitHub; Gitea sends the like. */
export function githubPush(branch: string, before: string, after: string | null) {
  return {
    ref: `refs/heads/${branch}`,
    before,
    after: after ?? noCommit,
    deleted: after === null,
    repository: { ...repository('acme/shop'), pushed_at: updatedAt() },
  }
}

function repository(path: string) {
  const url = `https://github.com/${path}`
  return { id: 1, full_name: path, clone_url: `${url}.git`, html_url: url, private: false }
}

/** `Merge Request Hook` of GitLab. */
export function gitlabMerge(action: string | undefined, changes: object = {}) {
  const project = gitlabProject('acme/web/shop')
  return {
    object_kind: 'merge_request',
    event_type: 'merge_request',
    project,
    object_attributes: {
      id: 99,
      iid: 7,
      title: 'A better shop',
      url: 'https://gitlab.com/acme/web/shop/-/merge_requests/7',
      action,
      state: 'opened',
      source_branch: 'better',
      target_branch: 'main',
      source: project,
      target: project,
      last_commit: { id: commit('a'), message: 'Better' },
      updated_at: updatedAt(),
      ...changes,
    },
  }
}

/** `Push Hook` of GitLab. */
export function gitlabPush(branch: string, before: string, after: string | null) {
  return {
    object_kind: 'push',
    ref: `refs/heads/${branch}`,
    before,
    after: after ?? noCommit,
    checkout_sha: after,
    project: gitlabProject('acme/web/shop'),
    commits: [{ timestamp: updatedAt() }],
  }
}

function gitlabProject(path: string) {
  const url = `https://gitlab.com/${path}`
  return { id: 5, path_with_namespace: path, git_http_url: `${url}.git`, web_url: url }
}
