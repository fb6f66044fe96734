// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/git.ts: change that, and run it again. */

export interface GitStatus {
  currentBranch: string
  fileStatus: {
    name: string
    extra: string
    staging: 'Unmodified' | 'Untracked' | 'Modified' | 'Added' | 'Deleted' | 'Renamed' | 'Copied' | 'Updated but unmerged'
    worktree: 'Unmodified' | 'Untracked' | 'Modified' | 'Added' | 'Deleted' | 'Renamed' | 'Copied' | 'Updated but unmerged'
  }[]
  ahead: number
  behind: number
  branchPublished: boolean
  detached: boolean
  upstream?: string
}

/** What is sent and answered. */
export interface GitOperations {
  /** Stage files */
  gitAdd: {
    body: {
      path: string
      files: readonly string[]
    }
    answer: undefined
  }
  /** Local branches and the current one */
  gitListBranches: {
    query: {
      path: string | number | boolean
    }
    answer: {
      branches: string[]
      current: string
    }
  }
  /** Make a branch and check it out */
  gitCreateBranch: {
    body: {
      path: string
      name: string
    }
    answer: undefined
  }
  /** Delete a local branch */
  gitDeleteBranch: {
    body: {
      path: string
      name: string
    }
    answer: undefined
  }
  /** Check out a branch, or else a commit */
  gitCheckout: {
    body: {
      path: string
      branch: string
    }
    answer: undefined
  }
  /** Clone a repository */
  gitClone: {
    body: {
      url: string
      path: string
      branch?: string | null | undefined
      commit_id?: string | null | undefined
      username?: string | null | undefined
      password?: string | null | undefined
      insecure_skip_tls?: boolean | null | undefined
      depth?: number | null | undefined
    }
    answer: undefined
  }
  /** Commit what is staged */
  gitCommit: {
    body: {
      path: string
      message: string
      author: string
      email: string
      allow_empty?: boolean | null | undefined
    }
    answer: {
      hash: string
    }
  }
  /** Commits from HEAD, newest first */
  gitHistory: {
    query: {
      path: string | number | boolean
    }
    answer: {
      hash: string
      author: string
      email: string
      message: string
      timestamp: string
    }[]
  }
  /** Branch and changed files */
  gitStatus: {
    query: {
      path: string | number | boolean
    }
    answer: GitStatus
  }
  /** Fast-forward from the remote */
  gitPull: {
    body: {
      path: string
      username?: string | null | undefined
      password?: string | null | undefined
      branch?: string | null | undefined
      remote?: string | null | undefined
    }
    answer: undefined
  }
  /** Push the current branch */
  gitPush: {
    body: {
      path: string
      username?: string | null | undefined
      password?: string | null | undefined
      branch?: string | null | undefined
      remote?: string | null | undefined
      set_upstream?: boolean | null | undefined
    }
    answer: undefined
  }
  /** Make an empty repository */
  gitInit: {
    body: {
      path: string
      bare?: boolean | null | undefined
      initial_branch?: string | null | undefined
    }
    answer: undefined
  }
  /** Remotes and their URLs */
  gitListRemotes: {
    query: {
      path: string | number | boolean
    }
    answer: {
      remotes: {
        name: string
        url: string
      }[]
    }
  }
  /** Add a remote */
  gitAddRemote: {
    body: {
      path: string
      name: string
      url: string
      fetch?: boolean | null | undefined
      overwrite?: boolean | null | undefined
    }
    answer: undefined
  }
  /** Move HEAD, or unstage files */
  gitReset: {
    body: {
      path: string
      mode?: 'soft' | 'mixed' | 'hard' | 'merge' | 'keep' | null | undefined
      target?: string | null | undefined
      files?: readonly string[] | null | undefined
    }
    answer: undefined
  }
  /** Put files back as they were */
  gitRestore: {
    body: {
      path: string
      files: readonly string[]
      staged?: boolean | null | undefined
      worktree?: boolean | null | undefined
      source?: string | null | undefined
    }
    answer: undefined
  }
  /** One value of the git configuration; null when unset */
  gitGetConfig: {
    query: {
      key: string | number | boolean
      path?: string | number | boolean | undefined
      scope?: 'global' | 'local' | 'system' | undefined
    }
    answer: {
      value: string | null
    }
  }
  /** Set one value of the git configuration */
  gitSetConfig: {
    body: {
      key: string
      value: string
      scope?: 'global' | 'local' | 'system' | null | undefined
      path?: string | null | undefined
    }
    answer: undefined
  }
  /** Set the name and email of commits */
  gitConfigureUser: {
    body: {
      name: string
      email: string
      scope?: 'global' | 'local' | 'system' | null | undefined
      path?: string | null | undefined
    }
    answer: undefined
  }
  /** Keep credentials for a host in the git credential store, in plain text */
  gitAuthenticate: {
    body: {
      username: string
      password: string
      host?: string | null | undefined
      protocol?: string | null | undefined
    }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const gitOperations = {
  gitAdd: 'POST /git/add',
  gitListBranches: 'GET /git/branches',
  gitCreateBranch: 'POST /git/branches',
  gitDeleteBranch: 'DELETE /git/branches',
  gitCheckout: 'POST /git/checkout',
  gitClone: 'POST /git/clone',
  gitCommit: 'POST /git/commit',
  gitHistory: 'GET /git/history',
  gitStatus: 'GET /git/status',
  gitPull: 'POST /git/pull',
  gitPush: 'POST /git/push',
  gitInit: 'POST /git/init',
  gitListRemotes: 'GET /git/remotes',
  gitAddRemote: 'POST /git/remotes',
  gitReset: 'POST /git/reset',
  gitRestore: 'POST /git/restore',
  gitGetConfig: 'GET /git/config',
  gitSetConfig: 'POST /git/config',
  gitConfigureUser: 'POST /git/config/user',
  gitAuthenticate: 'POST /git/credentials',
} as const
