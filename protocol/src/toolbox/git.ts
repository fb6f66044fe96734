import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { SandboxPath } from './files.ts'

/** A word that git takes as a name: it must not read as an option. */
const name = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.maxLength(1024),
  z.refine((text) => !text.startsWith('-') && !text.includes('\0'), 'must not start with a dash'),
)
const text = z.optional(z.nullable(z.string()))
const flag = z.optional(z.nullable(z.boolean()))
const login = { username: text, password: text }
const repository = z.object({ path: SandboxPath })
const scope = z.optional(z.nullable(z.enum(['global', 'local', 'system'])))

const fileStatus = z.enum([
  'Unmodified',
  'Untracked',
  'Modified',
  'Added',
  'Deleted',
  'Renamed',
  'Copied',
  'Updated but unmerged',
])

/** State of a work tree (toolbox.md 1.3). */
export const GitStatus = z.object({
  currentBranch: z.string(),
  fileStatus: z.array(z.object({ name: z.string(), extra: z.string(), staging: fileStatus, worktree: fileStatus })),
  ahead: z.number(),
  behind: z.number(),
  branchPublished: z.boolean(),
  detached: z.boolean(),
  upstream: z.optional(z.string()),
})

/** Git calls; `path` is the repository. Field names are snake case on the wire. */
export const gitRoutes = defineRoutes({
  gitAdd: {
    method: 'POST',
    path: '/git/add',
    summary: 'Stage files',
    access: 'member',
    body: z.object({ path: SandboxPath, files: z.array(z.string()).check(z.minLength(1)) }),
    status: 200,
  },
  gitListBranches: {
    method: 'GET',
    path: '/git/branches',
    summary: 'Local branches and the current one',
    access: 'member',
    query: repository,
    response: z.object({ branches: z.array(z.string()), current: z.string() }),
    status: 200,
  },
  gitCreateBranch: {
    method: 'POST',
    path: '/git/branches',
    summary: 'Make a branch and check it out',
    access: 'member',
    body: z.object({ path: SandboxPath, name }),
    status: 201,
  },
  gitDeleteBranch: {
    method: 'DELETE',
    path: '/git/branches',
    summary: 'Delete a local branch',
    access: 'member',
    body: z.object({ path: SandboxPath, name }),
    status: 204,
  },
  gitCheckout: {
    method: 'POST',
    path: '/git/checkout',
    summary: 'Check out a branch, or else a commit',
    access: 'member',
    body: z.object({ path: SandboxPath, branch: name }),
    status: 200,
  },
  gitClone: {
    method: 'POST',
    path: '/git/clone',
    summary: 'Clone a repository',
    access: 'member',
    body: z.object({
      url: name,
      path: SandboxPath,
      branch: text,
      commit_id: text,
      ...login,
      insecure_skip_tls: flag,
      depth: z.optional(z.nullable(z.number().check(z.int(), z.minimum(0)))),
    }),
    status: 200,
  },
  gitCommit: {
    method: 'POST',
    path: '/git/commit',
    summary: 'Commit what is staged',
    access: 'member',
    body: z.object({
      path: SandboxPath,
      message: z.string().check(z.minLength(1)),
      author: z.string().check(z.minLength(1)),
      email: z.string().check(z.minLength(1)),
      allow_empty: flag,
    }),
    response: z.object({ hash: z.string() }),
    status: 200,
  },
  gitHistory: {
    method: 'GET',
    path: '/git/history',
    summary: 'Commits from HEAD, newest first',
    access: 'member',
    query: repository,
    response: z.array(
      z.object({ hash: z.string(), author: z.string(), email: z.string(), message: z.string(), timestamp: z.string() }),
    ),
    status: 200,
  },
  gitStatus: {
    method: 'GET',
    path: '/git/status',
    summary: 'Branch and changed files',
    access: 'member',
    query: repository,
    response: GitStatus,
    status: 200,
  },
  gitPull: {
    method: 'POST',
    path: '/git/pull',
    summary: 'Fast-forward from the remote',
    access: 'member',
    body: z.object({ path: SandboxPath, ...login, branch: text, remote: text }),
    status: 200,
  },
  gitPush: {
    method: 'POST',
    path: '/git/push',
    summary: 'Push the current branch',
    access: 'member',
    body: z.object({ path: SandboxPath, ...login, branch: text, remote: text, set_upstream: flag }),
    status: 200,
  },
  gitInit: {
    method: 'POST',
    path: '/git/init',
    summary: 'Make an empty repository',
    access: 'member',
    body: z.object({ path: SandboxPath, bare: flag, initial_branch: text }),
    status: 201,
  },
  gitListRemotes: {
    method: 'GET',
    path: '/git/remotes',
    summary: 'Remotes and their URLs',
    access: 'member',
    query: repository,
    response: z.object({ remotes: z.array(z.object({ name: z.string(), url: z.string() })) }),
    status: 200,
  },
  gitAddRemote: {
    method: 'POST',
    path: '/git/remotes',
    summary: 'Add a remote',
    access: 'member',
    body: z.object({ path: SandboxPath, name, url: name, fetch: flag, overwrite: flag }),
    status: 201,
  },
  gitReset: {
    method: 'POST',
    path: '/git/reset',
    summary: 'Move HEAD, or unstage files',
    access: 'member',
    body: z.object({
      path: SandboxPath,
      mode: z.optional(z.nullable(z.enum(['soft', 'mixed', 'hard', 'merge', 'keep']))),
      target: z.optional(z.nullable(name)),
      files: z.optional(z.nullable(z.array(z.string()))),
    }),
    status: 200,
  },
  gitRestore: {
    method: 'POST',
    path: '/git/restore',
    summary: 'Put files back as they were',
    access: 'member',
    body: z.object({
      path: SandboxPath,
      files: z.array(z.string()).check(z.minLength(1)),
      staged: flag,
      worktree: flag,
      source: z.optional(z.nullable(name)),
    }),
    status: 200,
  },
  gitGetConfig: {
    method: 'GET',
    path: '/git/config',
    summary: 'One value of the git configuration; null when unset',
    access: 'member',
    query: z.object({
      key: name,
      path: z.optional(SandboxPath),
      scope: z.optional(z.enum(['global', 'local', 'system'])),
    }),
    response: z.object({ value: z.nullable(z.string()) }),
    status: 200,
  },
  gitSetConfig: {
    method: 'POST',
    path: '/git/config',
    summary: 'Set one value of the git configuration',
    access: 'member',
    body: z.object({ key: name, value: z.string(), scope, path: z.optional(z.nullable(SandboxPath)) }),
    status: 200,
  },
  gitConfigureUser: {
    method: 'POST',
    path: '/git/config/user',
    summary: 'Set the name and email of commits',
    access: 'member',
    body: z.object({
      name: z.string().check(z.minLength(1)),
      email: z.string().check(z.minLength(1)),
      scope,
      path: z.optional(z.nullable(SandboxPath)),
    }),
    status: 200,
  },
  gitAuthenticate: {
    method: 'POST',
    path: '/git/credentials',
    summary: 'Keep credentials for a host in the git credential store, in plain text',
    access: 'member',
    body: z.object({
      username: z.string().check(z.minLength(1)),
      password: z.string().check(z.minLength(1)),
      host: text,
      protocol: text,
    }),
    status: 200,
  },
})
