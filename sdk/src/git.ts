import type { GitStatus as WireStatus } from './operations/git.ts'
import type { Toolbox } from './toolbox.ts'

type WireFile = WireStatus['fileStatus'][number]

/** State of a work tree. `status` of a file sums up its two: `modified`, `added`, `untracked` and so on. */
export interface GitStatus extends Omit<WireStatus, 'fileStatus'> {
  fileStatus: (WireFile & { status: string })[]
}

/** A commit that was made. */
export interface GitCommitResponse {
  readonly sha: string
}

/** Git in a sandbox. Paths are absolute, or relative to its work dir. */
export class Git {
  readonly #toolbox: Toolbox

  constructor(toolbox: Toolbox) {
    this.#toolbox = toolbox
  }

  /** Stages files; `.` is all. */
  async add(path: string, files: string[]): Promise<void> {
    await this.#toolbox.call('gitAdd', { body: { path, files } })
  }

  /** Local branches and the current one. */
  branches(path: string): Promise<{ branches: string[]; current: string }> {
    return this.#toolbox.call('gitListBranches', { query: { path } })
  }

  /** Makes a branch and checks it out. */
  async createBranch(path: string, name: string): Promise<void> {
    await this.#toolbox.call('gitCreateBranch', { body: { path, name } })
  }

  /** Deletes a local branch. */
  async deleteBranch(path: string, name: string): Promise<void> {
    await this.#toolbox.call('gitDeleteBranch', { body: { path, name } })
  }

  /** Checks out a branch, or else a commit. */
  async checkoutBranch(path: string, branch: string): Promise<void> {
    await this.#toolbox.call('gitCheckout', { body: { path, branch } })
  }

  /**
   * Clones a repository. The fourth argument is a commit to check out; a number there is the depth.
   *
   * @throws DaytonaGitAuthFailedError, DaytonaGitRepoNotFoundError, DaytonaGitBranchNotFoundError …
   */
  async clone(
    url: string,
    path: string,
    branch?: string,
    commitId?: string | number,
    username?: string,
    password?: string,
    insecureSkipTls?: boolean,
    depth?: number,
  ): Promise<void> {
    const [commit, few] = typeof commitId === 'number' ? [undefined, commitId] : [commitId, depth]
    const login = { username, password, insecure_skip_tls: insecureSkipTls }
    await this.#toolbox.call('gitClone', { body: { url, path, branch, commit_id: commit, ...login, depth: few } })
  }

  /** Commits what is staged. */
  async commit(
    path: string,
    message: string,
    author: string,
    email: string,
    allowEmpty?: boolean,
  ): Promise<GitCommitResponse> {
    const body = { path, message, author, email, allow_empty: allowEmpty }
    return { sha: (await this.#toolbox.call('gitCommit', { body })).hash }
  }

  /** Commits from HEAD, newest first. */
  history(
    path: string,
  ): Promise<{ hash: string; author: string; email: string; message: string; timestamp: string }[]> {
    return this.#toolbox.call('gitHistory', { query: { path } })
  }

  /** Pushes the current branch. */
  async push(
    path: string,
    username?: string,
    password?: string,
    branch?: string,
    remote?: string,
    setUpstream?: boolean,
  ): Promise<void> {
    await this.#toolbox.call('gitPush', {
      body: { path, username, password, branch, remote, set_upstream: setUpstream },
    })
  }

  /** Fast-forwards from the remote. */
  async pull(path: string, username?: string, password?: string, branch?: string, remote?: string): Promise<void> {
    await this.#toolbox.call('gitPull', { body: { path, username, password, branch, remote } })
  }

  /** Branch and changed files. */
  async status(path: string): Promise<GitStatus> {
    const status = await this.#toolbox.call('gitStatus', { query: { path } })
    return { ...status, fileStatus: status.fileStatus.map((file) => ({ ...file, status: sumUp(file) })) }
  }

  /** Makes an empty repository. */
  async init(path: string, bare?: boolean, initialBranch?: string): Promise<void> {
    await this.#toolbox.call('gitInit', { body: { path, bare, initial_branch: initialBranch } })
  }

  /** Moves HEAD, or unstages files. */
  async reset(
    path: string,
    mode?: 'soft' | 'mixed' | 'hard' | 'merge' | 'keep',
    target?: string,
    files?: string[],
  ): Promise<void> {
    await this.#toolbox.call('gitReset', { body: { path, mode, target, files } })
  }

  /** Puts files back as they were. */
  async restore(path: string, files: string[], staged?: boolean, worktree?: boolean, source?: string): Promise<void> {
    await this.#toolbox.call('gitRestore', { body: { path, files, staged, worktree, source } })
  }

  /** Adds a remote. */
  async remoteAdd(path: string, name: string, url: string, fetch?: boolean, overwrite?: boolean): Promise<void> {
    await this.#toolbox.call('gitAddRemote', { body: { path, name, url, fetch, overwrite } })
  }

  /** Remotes and their URLs. */
  remotes(path: string): Promise<{ remotes: { name: string; url: string }[] }> {
    return this.#toolbox.call('gitListRemotes', { query: { path } })
  }

  /** URL of one remote. */
  async remoteGet(path: string, name: string): Promise<string | undefined> {
    return (await this.remotes(path)).remotes.find((remote) => remote.name === name)?.url
  }

  /** Sets one value of the configuration; for all repositories unless `scope` says otherwise. */
  async setConfig(key: string, value: string, scope?: 'global' | 'local' | 'system', path?: string): Promise<void> {
    await this.#toolbox.call('gitSetConfig', { body: { key, value, scope, path } })
  }

  /** One value of the configuration, if it is set. */
  async getConfig(key: string, scope?: 'global' | 'local' | 'system', path?: string): Promise<string | undefined> {
    return (await this.#toolbox.call('gitGetConfig', { query: { key, scope, path } })).value ?? undefined
  }

  /** Sets the name and email of commits. */
  async configureUser(
    name: string,
    email: string,
    scope?: 'global' | 'local' | 'system',
    path?: string,
  ): Promise<void> {
    await this.#toolbox.call('gitConfigureUser', { body: { name, email, scope, path } })
  }

  /** Keeps credentials for a host in the sandbox, in plain text: whatever runs there can read them. */
  async dangerouslyAuthenticate(username: string, password: string, host?: string, protocol?: string): Promise<void> {
    await this.#toolbox.call('gitAuthenticate', { body: { username, password, host, protocol } })
  }
}

function sumUp({ staging, worktree }: WireFile): string {
  const [first] = [worktree, staging].filter((status) => status !== 'Unmodified')
  return (first ?? 'Unmodified').toLowerCase()
}
