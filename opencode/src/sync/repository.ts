import { resolve } from 'node:path'
import { createGit, type Git, GitError } from './run-git.ts'

/** The user's repository. */
export interface Repository {
  /** in the work tree */
  readonly git: Git
  /** root of the work tree, absolute */
  readonly root: string
  /** from the root to where OpenCode was started, `''` or such as `packages/web` */
  readonly prefix: string
  /** folder of the objects, absolute; shared by work trees */
  readonly objects: string
  /** file that lists where the history is cut off; it may not exist */
  readonly shallowFile: string
  readonly format: 'sha1' | 'sha256'
}

/** A repository, or why there is none to synchronise with. */
export type Found = { readonly repository: Repository } | { readonly reason: string }

/** Looks for the repository of a folder. */
export async function findRepository(
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<Found> {
  const git = createGit(environment, directory)
  try {
    const asked = ['--is-inside-work-tree', '--show-toplevel', '--git-common-dir', '--show-prefix']
    const { exitCode, stdout, stderr } = await git.probe(['rev-parse', ...asked])
    const [isInside, root, common, prefix = ''] = stdout.split('\n')
    if (/dubious ownership/.test(stderr)) return { reason: `git does not trust the owner of ${directory}` }
    if (exitCode !== 0 || isInside !== 'true' || !root || !common) {
      return { reason: `${directory} is not in a git repository` }
    }
    if (/["\n]/.test(common)) return { reason: 'the path of the repository has a quote or a line break in it' }
    const format = (await git.probe(['rev-parse', '--show-object-format'])).stdout.trim()
    const folder = resolve(directory, common)
    return {
      repository: {
        git: createGit(environment, root),
        root,
        prefix: prefix.replace(/\/$/, ''),
        objects: resolve(folder, 'objects'),
        shallowFile: resolve(folder, 'shallow'),
        format: format === 'sha256' ? 'sha256' : 'sha1',
      },
    }
  } catch (error) {
    if (error instanceof GitError) return { reason: error.message }
    throw error
  }
}

/** A full name of an object. */
export const objectName = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** The commit that a ref or `HEAD` is at, null when there is none. */
export async function commitAt(git: Git, name: string): Promise<string | null> {
  const { exitCode, stdout } = await git.probe(['rev-parse', '--verify', '--quiet', `${name}^{commit}`])
  const sha = stdout.trim()
  return exitCode === 0 && objectName.test(sha) ? sha : null
}

/** Whether all of one commit's history is in another's. */
export async function isWithin(git: Git, commit: string, other: string): Promise<boolean> {
  return commit === other || (await git.probe(['merge-base', '--is-ancestor', commit, other])).exitCode === 0
}

/**
 * Changes refs, all or none. A line is one of `git update-ref --stdin`; with the value that it expects, a change that
 * somebody else was faster with fails.
 *
 * @returns false when it did not come to that
 */
export async function changeRefs(git: Git, lines: readonly string[], reason: string): Promise<boolean> {
  const input = ['start', ...lines, 'prepare', 'commit', ''].join('\n')
  const { exitCode } = await git.probe(['update-ref', '--create-reflog', '-m', reason, '--stdin'], { stdin: input })
  return exitCode === 0
}
