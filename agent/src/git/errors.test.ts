import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gitFailure } from './errors.ts'

const table: readonly (readonly [string, string])[] = [
  ["fatal: Authentication failed for 'https://example.com/a.git/'", 'GIT_AUTH_FAILED'],
  ["fatal: could not read Username for 'https://example.com': terminal prompts disabled", 'GIT_AUTH_FAILED'],
  ['git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'GIT_AUTH_FAILED'],
  ["fatal: unable to access 'https://example.com/a.git/': The requested URL returned error: 403", 'FORBIDDEN'],
  ['fatal: write error: No space left on device', 'INSUFFICIENT_STORAGE'],
  [
    "To http://e/a\n ! [remote rejected] main -> main (pre-receive hook declined)\nerror: failed to push some refs to 'e'",
    'GIT_REMOTE_REJECTED',
  ],
  [" ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'e'", 'GIT_PUSH_REJECTED'],
  ["remote: no\nfatal: repository 'http://example.com/a.git/' not found", 'GIT_REPO_NOT_FOUND'],
  [
    "fatal: '/a' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    'GIT_REPO_NOT_FOUND',
  ],
  ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'GIT_REPO_NOT_FOUND'],
  ['fatal: not a git repository (or any of the parent directories): .git', 'GIT_REPO_NOT_FOUND'],
  ['fatal: Remote branch nope not found in upstream origin', 'GIT_BRANCH_NOT_FOUND'],
  ["fatal: couldn't find remote ref refs/heads/nope", 'GIT_BRANCH_NOT_FOUND'],
  ['fatal: remote error: upload-pack: not our ref 0123', 'GIT_BRANCH_NOT_FOUND'],
  ["fatal: A branch named 'x' already exists.", 'GIT_BRANCH_EXISTS'],
  ["fatal: a branch named 'x' already exists", 'GIT_BRANCH_EXISTS'],
  ["error: cannot delete branch 'x' used by worktree at '/w'", 'CONFLICT'],
  ["fatal: Unable to create '/w/.git/index.lock': File exists.", 'CONFLICT'],
  ['error: Your local changes to the following files would be overwritten by checkout:\n\ta', 'GIT_DIRTY_WORKTREE'],
  ["error: Entry 'a' not uptodate. Cannot merge.", 'GIT_DIRTY_WORKTREE'],
  ['fatal: Not possible to fast-forward, aborting.', 'GIT_MERGE_CONFLICT'],
  ['error: Committing is not possible because you have unmerged files.', 'GIT_MERGE_CONFLICT'],
  ["fatal: unable to access 'https://nope/': Could not resolve host: nope", 'GIT_TRANSPORT_FAILED'],
  ['fatal: the remote end hung up unexpectedly', 'GIT_TRANSPORT_FAILED'],
  ['Host key verification failed.\nfatal: Could not read from remote repository.', 'GIT_TRANSPORT_FAILED'],
  ['error: could not lock config file /etc/gitconfig: Permission denied', 'FILE_ACCESS_DENIED'],
  [
    "fatal: cannot run git-upload-pack '/r/.git': No such file or directory\nfatal: unable to fork",
    'UNPROCESSABLE_ENTITY',
  ],
  ['No user exists for uid 7\nfatal: Could not read from remote repository.', 'UNPROCESSABLE_ENTITY'],
  ['error: index-pack died of signal 9\nfatal: index-pack failed', 'UNPROCESSABLE_ENTITY'],
  ["git: 'lfs' is not a git command. See 'git --help'.", 'UNPROCESSABLE_ENTITY'],
  ['git-lfs filter-process: 1: git-lfs: not found\nfatal: the remote end hung up unexpectedly', 'UNPROCESSABLE_ENTITY'],
  ['fatal: a.bin: smudge filter lfs failed', 'UNPROCESSABLE_ENTITY'],
  ['error: could not lock config file /home/x/.gitconfig: No such file or directory', 'UNPROCESSABLE_ENTITY'],
  ["fatal: detected dubious ownership in repository at '/r'", 'FILE_ACCESS_DENIED'],
  // A server's own words, and names of files, decide nothing.
  ['remote: fatal: Authentication failed for x\nfatal: something else', 'BAD_REQUEST'],
  ['fatal: something git has never said before', 'BAD_REQUEST'],
]

for (const [stderr, code] of table) {
  test(`git saying "${stderr.split('\n', 1)[0]}" means ${code}`, () => {
    assert.equal(gitFailure(['push'], { exitCode: 128, stdout: '', stderr }).code, code)
  })
}

test('what an image lacks is said', () => {
  const said = (stderr: string): string => gitFailure(['clone'], { exitCode: 128, stdout: '', stderr }).message
  assert.match(said("fatal: cannot run git-upload-pack '/r': No such file or directory"), /needs \/bin\/sh/)
  assert.match(said('No user exists for uid 7'), /\/etc\/passwd/)
  assert.doesNotMatch(said('warning: templates not found in /usr/share\nfatal: x'), /templates/)
})

test('the message names the command and the end of what git said, without hints', () => {
  const stderr = `hint: try again\n${'x'.repeat(10_000)}\nfatal: the reason\n`
  const { message } = gitFailure(['pull'], { exitCode: 1, stdout: '', stderr })
  assert.match(message, /^git pull: /)
  assert.match(message, /fatal: the reason$/)
  assert.doesNotMatch(message, /hint/)
  assert.ok(message.length < 5000)
})

test('a failure without words tells the exit code', () => {
  assert.equal(gitFailure(['add'], { exitCode: 7, stdout: '', stderr: '' }).message, 'git add: ended with exit code 7')
})
