import { PlatformError } from '@sandyard/protocol/errors'
import { pathspecs } from './repository.ts'
import type { Git } from './run-git.ts'

/** How far HEAD moves, and what moves with it. */
export interface ResetInput {
  readonly mode?: 'soft' | 'mixed' | 'hard' | 'merge' | 'keep' | null | undefined
  readonly target?: string | null | undefined
  readonly files?: readonly string[] | null | undefined
}

/** Moves HEAD to a commit; with files it only unstages them, and HEAD stays. */
export async function reset(git: Git, input: ResetInput): Promise<void> {
  const mode = input.mode ?? 'mixed'
  // Without a name git means HEAD, also where there is no commit yet.
  const target = input.target === undefined || input.target === null ? [] : [input.target]
  if (input.files === undefined || input.files === null || input.files.length === 0) {
    await git.run(['reset', '--quiet', `--${mode}`, ...target, '--'])
    return
  }
  if (mode !== 'mixed') {
    throw new PlatformError('BAD_REQUEST', `bad request: body: mode: ${mode} is not possible for single files`)
  }
  const { args, stdin } = pathspecs(input.files)
  await git.run(['reset', '--quiet', ...args, ...target, '--'], { stdin })
}

/** Which files to put back, where, and from which commit. */
export interface RestoreInput {
  readonly files: readonly string[]
  readonly staged?: boolean | null | undefined
  readonly worktree?: boolean | null | undefined
  readonly source?: string | null | undefined
}

/** Puts files back: in the work tree unless only the stage is asked for. */
export async function restore(git: Git, input: RestoreInput): Promise<void> {
  const { args, stdin } = pathspecs(input.files)
  const flags = ['--quiet']
  if (input.staged === true) flags.push('--staged')
  if (input.worktree === true || input.staged !== true) flags.push('--worktree')
  if (input.source !== undefined && input.source !== null) flags.push(`--source=${input.source}`)
  await git.run(['restore', ...flags, ...args], { stdin })
}
