import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { currentBranch } from './branches.ts'
import { type Login, readCredentials } from './credentials.ts'
import { loginFor } from './login.ts'
import { readBranch } from './repository.ts'
import type { Git } from './run-git.ts'

/** Which branch of which remote, and the credentials for it. */
export interface SyncInput {
  readonly username?: string | null | undefined
  readonly password?: string | null | undefined
  readonly branch?: string | null | undefined
  readonly remote?: string | null | undefined
  readonly set_upstream?: boolean | null | undefined
}

/**
 * Moves the current branch forward to the remote's; up to date is fine, a merge is not made (toolbox.md 1.3).
 * Without a branch: the upstream that is set, else the remote's branch of the same name.
 */
export async function pull(git: Git, input: SyncInput): Promise<void> {
  const tracking = await readTracking(git)
  const remote = readRemote(input.remote) ?? tracking.fetchRemote ?? 'origin'
  const branch = readBranch(input.branch)
  const tracked = tracking.fetchRemote === remote ? tracking.fetchRef : undefined
  const ref = branch === undefined ? (tracked ?? headRef(tracking)) : `refs/heads/${branch}`
  const login = await readLogin(git, input, ['remote', 'get-url', '--', remote])
  await git.run(['pull', '--quiet', '--ff-only', '--no-rebase', '--', remote, ref], { login })
}

/** Pushes the current branch, or the one named, to the branch of the same name. */
export async function push(git: Git, input: SyncInput): Promise<void> {
  const tracking = await readTracking(git)
  const remote = readRemote(input.remote) ?? tracking.pushRemote ?? 'origin'
  const branch = readBranch(input.branch)
  const ref = branch === undefined ? headRef(tracking) : `refs/heads/${branch}`
  const login = await readLogin(git, input, ['remote', 'get-url', '--push', '--', remote])
  await pushLargeFiles(git, remote, ref, login)
  const upstream = input.set_upstream === true ? ['--set-upstream'] : []
  await git.run(['push', '--quiet', ...upstream, '--', remote, `${ref}:${ref}`], { login })
}

/** Git LFS sends its files from a hook, and hooks do not run in our calls: it is told to send them. */
async function pushLargeFiles(git: Git, remote: string, ref: string, login: Login | undefined): Promise<void> {
  const store = (await git.run(['rev-parse', '--git-path', 'lfs/objects'])).trimEnd()
  if (existsSync(resolve(git.folder, store))) await git.run(['lfs', 'push', remote, ref], { login })
}

/** What the configuration says of the current branch; nothing when HEAD is detached. */
interface Tracking {
  readonly branch: string | null
  readonly fetchRemote: string | undefined
  readonly fetchRef: string | undefined
  readonly pushRemote: string | undefined
}

async function readTracking(git: Git): Promise<Tracking> {
  const branch = await currentBranch(git)
  const format = '--format=%(upstream:remotename)%00%(upstream:remoteref)%00%(push:remotename)'
  const line = branch === null ? '' : await git.run(['for-each-ref', format, `refs/heads/${branch}`])
  const [fetchRemote, fetchRef, pushRemote] = line.trimEnd().split('\0')
  // An upstream in the same repository has the remote `.`, which is nowhere to push to.
  return {
    branch,
    fetchRemote: fetchRemote || undefined,
    fetchRef: fetchRef || undefined,
    pushRemote: pushRemote === '.' ? undefined : pushRemote || undefined,
  }
}

function headRef(tracking: Tracking): string {
  if (tracking.branch !== null) return `refs/heads/${tracking.branch}`
  throw new PlatformError('BAD_REQUEST', 'HEAD is not on a branch: name the branch')
}

function readRemote(name: string | null | undefined): string | undefined {
  if (name === undefined || name === null || name === '') return undefined
  if (!/^-|[\s\0]/.test(name)) return name
  throw new PlatformError(
    'BAD_REQUEST',
    `bad request: ${JSON.stringify(name.slice(0, 200))} is not the name of a remote`,
  )
}

/** Asks for the URL in any case, so that a remote that is not configured, an address for one, is refused. */
async function readLogin(git: Git, input: SyncInput, urlArgs: readonly string[]): Promise<Login | undefined> {
  const url = (await git.run(urlArgs)).trim()
  return await loginFor(git, url, readCredentials(input.username, input.password))
}
