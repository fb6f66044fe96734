import { parseStatus, type Status } from './parse-status.ts'
import type { Git } from './run-git.ts'

/** Branch and changed files; every untracked file by itself. A repository without commits has its branch already. */
export async function readStatus(git: Git): Promise<Status> {
  const output = await git.run(['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all'])
  const { branch, upstream, distance, files } = parseStatus(output)
  const counted = distance ?? (branch === null || upstream !== undefined ? undefined : await distanceTo(git, branch))
  return {
    currentBranch: branch ?? 'HEAD',
    fileStatus: files,
    ahead: counted?.ahead ?? 0,
    behind: counted?.behind ?? 0,
    branchPublished: counted !== undefined,
    detached: branch === null,
    ...(upstream === undefined ? {} : { upstream }),
  }
}

/** A branch that was pushed without setting its upstream is published too: counts from what is known of origin's. */
async function distanceTo(git: Git, branch: string): Promise<{ ahead: number; behind: number } | undefined> {
  const remote = `refs/remotes/origin/${branch}`
  const { exitCode, stdout } = await git.probe(['rev-list', '--left-right', '--count', `HEAD...${remote}`, '--'])
  const counts = /^(\d+)\s+(\d+)/.exec(stdout)
  if (exitCode !== 0 || counts === null) return undefined
  return { ahead: Number(counts[1]), behind: Number(counts[2]) }
}
