import { readdir, realpath, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isPlatformError, PlatformError } from '@sandyard/protocol/errors'
import { errnoOf } from '../files/file-error.ts'
import { makeFolders } from '../files/make-folders.ts'
import { readCredentials } from './credentials.ts'
import { loginFor } from './login.ts'
import { normalizeUrl, splitCredentials } from './remote-url.ts'
import { absolutePath, type GitContext, gitAnywhere, openRepository, readBranch } from './repository.ts'
import type { GitOptions } from './run-git.ts'

/** What to clone, and where to. */
export interface CloneInput {
  readonly url: string
  readonly path: string
  readonly branch?: string | null | undefined
  readonly commit_id?: string | null | undefined
  readonly username?: string | null | undefined
  readonly password?: string | null | undefined
  readonly insecure_skip_tls?: boolean | null | undefined
  readonly depth?: number | null | undefined
}

/** Folders that a clone is filling now. */
const underway = new Set<string>()

/** Clones into a folder that is absent or empty, with its parents; leaves nothing behind when it fails. */
export async function cloneRepository(context: GitContext, input: CloneInput, signal: AbortSignal): Promise<void> {
  const branch = readBranch(input.branch)
  const commit = readCommit(input.commit_id)
  const remote = splitCredentials(normalizeUrl(input.url, context.workDir))
  const credentials = readCredentials(input.username, input.password) ?? remote.credentials
  const git = gitAnywhere(context, signal)
  // Settings of the user may lead the URL elsewhere (`insteadOf`); the credentials are for where it really goes.
  const url = (await git.run(['ls-remote', '--get-url', '--', remote.url])).trim()
  const login = await loginFor(git, url, credentials)
  const options: GitOptions = { login, isTlsUnchecked: input.insecure_skip_tls === true }
  const depth = typeof input.depth === 'number' && input.depth > 0 ? [`--depth=${input.depth}`] : []

  const target = await claimTarget(absolutePath(context, input.path), input.path)
  try {
    const args = ['clone', '--quiet', '--origin=origin', ...depth]
    if (branch !== undefined) args.push(`--branch=${branch}`)
    if (commit !== undefined) args.push('--no-checkout')
    await git.run([...args, '--', remote.url, target.folder], options)
    if (commit === undefined) return
    const clone = await openRepository(context, target.folder, signal)
    const present = await clone.probe(['rev-parse', '--verify', '--quiet', `${commit}^{commit}`])
    if (present.exitCode !== 0) await clone.run(['fetch', '--quiet', ...depth, '--', 'origin', commit], options)
    await clone.run(['checkout', '--quiet', '--detach', commit, '--'], options)
  } catch (thrown) {
    // Why the clone failed matters more than what could not be removed.
    await removeTarget(target).catch(() => undefined)
    throw thrown
  } finally {
    underway.delete(target.folder)
  }
}

/** A folder made ready for a clone. */
interface Target {
  readonly folder: string
  /** the topmost folder that was made for it; undefined when it was there, empty */
  readonly made: string | undefined
}

async function claimTarget(path: string, shown: string): Promise<Target> {
  const made = await makeFolders(path, 0o777).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST' || cause.code === 'ENOTDIR') throw taken(shown, 'it or a parent is a file')
    if (cause.code === 'EACCES' || cause.code === 'EPERM' || cause.code === 'EROFS') {
      throw new PlatformError('FILE_ACCESS_DENIED', `Cannot make the folder ${shown}: ${cause.code}`, { cause })
    }
    if (['ENOSPC', 'EDQUOT'].includes(errnoOf(cause) ?? ''))
      throw new PlatformError('INSUFFICIENT_STORAGE', `Cannot make the folder ${shown}`)
    throw new PlatformError('INVALID_FILE_PATH', `Cannot make the folder ${shown}: ${cause.message}`, { cause })
  })
  const folder = await realpath(path)
  if (underway.has(folder)) throw taken(shown, 'another clone is filling it')
  underway.add(folder)
  try {
    if ((await readdir(folder)).length > 0) throw taken(shown, 'it is not empty')
  } catch (thrown) {
    underway.delete(folder)
    if (isPlatformError(thrown)) throw thrown
    throw new PlatformError('FILE_ACCESS_DENIED', `Cannot read the folder ${shown}`, { cause: thrown })
  }
  return { folder, made }
}

/** Takes away what the clone wrote, and the folders made for it as far as nobody else uses them. */
async function removeTarget(target: Target): Promise<void> {
  for (const name of await readdir(target.folder).catch(() => [])) {
    await rm(join(target.folder, name), { recursive: true, force: true })
  }
  if (target.made === undefined) return
  const top = await realpath(target.made).catch(() => target.folder)
  for (let folder = target.folder; folder.startsWith(top); folder = dirname(folder)) {
    // Git may have removed it already; a folder that is not empty, or not ours, ends the walk.
    const isGone = await rmdir(folder).then(
      () => true,
      (cause: NodeJS.ErrnoException) => cause.code === 'ENOENT',
    )
    if (!isGone) return
  }
}

function readCommit(commit: string | null | undefined): string | undefined {
  if (commit === undefined || commit === null || commit === '') return undefined
  if (/^[0-9a-f]{4,64}$/i.test(commit)) return commit
  throw new PlatformError('INVALID_REQUEST_BODY', 'bad request: body: commit_id: must be the hash of a commit')
}

function taken(path: string, why: string): PlatformError {
  return new PlatformError('CONFLICT', `Cannot clone into ${path}: ${why}`)
}
