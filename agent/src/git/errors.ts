import type { ErrorCode } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'

/** How a run ended. `stderr` is the last of it, without secrets. */
export interface GitResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Characters of git's text that go into an error. */
const messageLength = 4000

/**
 * What the words of git mean; the first row that fits counts. Lines of a remote begin with `remote:`, so that a
 * pattern that begins with `fatal:` cannot be met by a server's own text.
 */
const meanings: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^fatal: Authentication failed for/m, 'GIT_AUTH_FAILED'],
  [/^fatal: could not read (Username|Password) for/m, 'GIT_AUTH_FAILED'],
  [/^fatal: unable to access .*returned error: 401/m, 'GIT_AUTH_FAILED'],
  [/: Permission denied \((publickey|password|keyboard|gssapi|hostbased)/, 'GIT_AUTH_FAILED'],
  [/^fatal: unable to access .*returned error: 403/m, 'FORBIDDEN'],
  [/No space left on device|Disk quota exceeded/, 'INSUFFICIENT_STORAGE'],
  [/^(fatal|error): (cannot run|unable to fork|external filter)|^No user exists for uid/m, 'UNPROCESSABLE_ENTITY'],
  [/^git: '.*' is not a git command|git-lfs: (command )?not found/m, 'UNPROCESSABLE_ENTITY'],
  [/^fatal: .*: (smudge|clean) filter .* failed/m, 'UNPROCESSABLE_ENTITY'],
  [/^fatal: unable to get credential storage lock .*: No such file/m, 'UNPROCESSABLE_ENTITY'],
  [/^error: could not lock config file .*: No such file/m, 'UNPROCESSABLE_ENTITY'],
  [/died of signal 9|^fatal: Out of memory|Cannot allocate memory$/m, 'UNPROCESSABLE_ENTITY'],

  [/^ ! \[remote rejected\]/m, 'GIT_REMOTE_REJECTED'],
  [/^ ! \[rejected\]/m, 'GIT_PUSH_REJECTED'],

  [/^fatal: repository '.*' (not found|does not exist)/m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: '.*' does not appear to be a git repository/m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: not a git repository/m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: --local can only be used inside a git repository/m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: cannot change to /m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: .*is this a git repository\?/m, 'GIT_REPO_NOT_FOUND'],
  [/^fatal: unable to access .*returned error: (404|410)/m, 'GIT_REPO_NOT_FOUND'],
  [/^ERROR: Repository not found/m, 'GIT_REPO_NOT_FOUND'],
  [/^error: No such remote/m, 'NOT_FOUND'],

  [/^fatal: Remote branch .* not found in upstream/m, 'GIT_BRANCH_NOT_FOUND'],
  [/^fatal: couldn't find remote ref/im, 'GIT_BRANCH_NOT_FOUND'],
  [/^error: branch '.*' not found/m, 'GIT_BRANCH_NOT_FOUND'],
  [/^error: src refspec .* does not match any/m, 'GIT_BRANCH_NOT_FOUND'],
  [
    /^fatal: (invalid reference|ambiguous argument|bad object|bad revision|Failed to resolve|could not resolve) /im,
    'GIT_BRANCH_NOT_FOUND',
  ],
  [/^fatal: (invalid reference|reference is not a tree|unable to read tree)/m, 'GIT_BRANCH_NOT_FOUND'],
  [/not our ref|Server does not allow request for unadvertised object/, 'GIT_BRANCH_NOT_FOUND'],
  [/^(fatal|error): pathspec '.*' did not match any file/m, 'FILE_NOT_FOUND'],

  [/^fatal: a branch named '.*' already exists/im, 'GIT_BRANCH_EXISTS'],
  [/^fatal: destination path '.*' already exists/m, 'CONFLICT'],
  [/^error: remote .* already exists/m, 'CONFLICT'],
  [/^error: cannot delete branch '.*' (checked out|used by)/im, 'CONFLICT'],
  [/Unable to create '.*\.lock': File exists/, 'CONFLICT'],
  [/^(nothing to commit|nothing added to commit|no changes added to commit)/m, 'CONFLICT'],

  [/would be overwritten by/, 'GIT_DIRTY_WORKTREE'],
  [/^error: Entry '.*' (not uptodate|would be overwritten)/m, 'GIT_DIRTY_WORKTREE'],
  [/index contains uncommitted changes/, 'GIT_DIRTY_WORKTREE'],

  [/^fatal: Not possible to fast-forward/m, 'GIT_MERGE_CONFLICT'],
  [/^fatal: (refusing to merge unrelated histories|You have not concluded your merge)/m, 'GIT_MERGE_CONFLICT'],
  [/^error: .*(unmerged|you need to resolve your current index first)/m, 'GIT_MERGE_CONFLICT'],

  [/^fatal: unable to (access|connect|look up)/m, 'GIT_TRANSPORT_FAILED'],
  [/^fatal: .*(hung up unexpectedly|early EOF|unexpected disconnect|invalid server response)/m, 'GIT_TRANSPORT_FAILED'],
  [/^error: RPC failed|^fatal: (protocol|read) error|^ssh: |^Host key verification failed/m, 'GIT_TRANSPORT_FAILED'],
  [/^fatal: Could not read from remote repository/m, 'GIT_TRANSPORT_FAILED'],
  [/: Permission denied$|insufficient permission|detected dubious ownership/m, 'FILE_ACCESS_DENIED'],
]

/** The error that a failed run of git means: what was run, and the last of what git said about it. */
export function gitFailure(args: readonly string[], result: GitResult): PlatformError {
  const said = result.stderr.trim() === '' ? result.stdout : result.stderr
  const code = meanings.find(([pattern]) => pattern.test(said))?.[1] ?? 'BAD_REQUEST'
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !noise.test(line))
  const text = lines.join('\n').slice(-messageLength) || `ended with exit code ${result.exitCode}`
  return new PlatformError(code, `git ${args[0] ?? ''}: ${text}${advice(said)}`)
}

/** Lines for a person at a terminal, and one about a folder that nobody needs. */
const noise = /^hint:|^warning: templates not found in /

const advices: readonly (readonly [RegExp, string])[] = [
  [/terminal prompts disabled/, 'The remote asks for credentials: give username and password.'],
  [
    /^(fatal|error): cannot run .*: No such file or directory/m,
    'The image of this sandbox lacks a program for it: git needs /bin/sh for remotes that are folders, for filters and helpers.',
  ],
  [/^No user exists for uid/m, 'SSH needs an entry for the user in /etc/passwd, which the image does not have.'],
  [
    /(credential storage lock|lock config file) .*: (No such file|Permission denied)/,
    'Git keeps it in the home folder of the user, which must exist and be his.',
  ],
  [/died of signal 9|Out of memory|Cannot allocate memory$/m, 'The sandbox may be out of memory.'],
]

function advice(said: string): string {
  return advices
    .filter(([pattern]) => pattern.test(said))
    .map(([, text]) => `\n${text}`)
    .join('')
}
