import { gitFailure } from './errors.ts'
import type { Git } from './run-git.ts'

const heads = 'refs/heads/'

/** Local branches by name and the current one, which is empty when HEAD is detached. */
export async function listBranches(git: Git): Promise<{ branches: string[]; current: string }> {
  const refs = await git.run(['for-each-ref', '--format=%(refname)', heads])
  const branches = refs
    .split('\n')
    .filter((ref) => ref !== '')
    .map((ref) => ref.slice(heads.length))
  return { branches, current: (await currentBranch(git)) ?? '' }
}

/** Name of the branch that HEAD stands on, also one without commits; null when HEAD is detached. */
export async function currentBranch(git: Git): Promise<string | null> {
  const args = ['symbolic-ref', '--quiet', 'HEAD']
  const result = await git.probe(args)
  if (result.exitCode === 1) return null
  if (result.exitCode !== 0) throw gitFailure(args, result)
  return result.stdout.trimEnd().replace(heads, '')
}

/** Makes a branch at HEAD and checks it out. */
export async function createBranch(git: Git, name: string): Promise<void> {
  await git.run(['checkout', '--quiet', '-b', name, '--'])
}

/** Deletes a local branch, merged or not. */
export async function deleteBranch(git: Git, name: string): Promise<void> {
  await git.run(['branch', '--quiet', '-D', '--', name])
}

/** Checks out a branch, one that only the remote has too; any other name is taken for a commit. */
export async function checkout(git: Git, name: string): Promise<void> {
  await git.run(['checkout', '--quiet', name, '--'])
}
