import type { gitRoutes, RouteOutput } from '@sandyard/protocol'
import { gitFailure } from './errors.ts'
import { pathspecs } from './repository.ts'
import type { Git } from './run-git.ts'

type Commit = RouteOutput<(typeof gitRoutes)['gitHistory']>[number]

/** Stages files, folders and patterns; a deleted file is staged as deleted. */
export async function stageFiles(git: Git, files: readonly string[]): Promise<void> {
  const { args, stdin } = pathspecs(files)
  await git.run(['add', ...args], { stdin })
}

/** What a commit says, and who made it. */
export interface CommitInput {
  readonly message: string
  readonly author: string
  readonly email: string
  readonly allow_empty?: boolean | null | undefined
}

/** Commits what is staged; author and committer are the same (toolbox.md 1.3). */
export async function commitStaged(git: Git, input: CommitInput): Promise<{ hash: string }> {
  const args = ['commit', '--quiet', '--no-verify', '--cleanup=whitespace', '--file=-']
  if (input.allow_empty === true) args.push('--allow-empty')
  await git.run(args, {
    stdin: input.message,
    env: {
      GIT_AUTHOR_NAME: input.author,
      GIT_AUTHOR_EMAIL: input.email,
      GIT_COMMITTER_NAME: input.author,
      GIT_COMMITTER_EMAIL: input.email,
    },
  })
  return { hash: (await git.run(['rev-parse', 'HEAD'])).trim() }
}

/**
 * Commits from HEAD, newest first; times are those of the author, in RFC 3339. A history of more than
 * `limits.gitOutputBytes` ends where that is reached; a repository without commits has none.
 */
export async function readHistory(git: Git): Promise<Commit[]> {
  const format = '--format=tformat:%H%x00%an%x00%ae%x00%aI%x00%B'
  const args = ['log', '-z', '--encoding=UTF-8', '--no-show-signature', format]
  const result = await git.probe(args, { overflow: 'cut' })
  if (result.exitCode !== 0) {
    if (/does not have any commits yet/.test(result.stderr)) return []
    throw gitFailure(args, result)
  }
  const fields = result.stdout.split('\0')
  const commits: Commit[] = []
  // The last field is what follows the last NUL: nothing, or a commit that was cut.
  for (let at = 0; at + 5 < fields.length; at += 5) {
    const [hash = '', author = '', email = '', timestamp = '', message = ''] = fields.slice(at, at + 5)
    commits.push({ hash, author, email, message, timestamp })
  }
  return commits
}
