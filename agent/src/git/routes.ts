import type { gitRoutes } from '@sandyard/protocol'
import type { Handlers } from '../http/call.ts'
import { checkout, createBranch, deleteBranch, listBranches } from './branches.ts'
import { cloneRepository } from './clone.ts'
import { commitStaged, readHistory, stageFiles } from './commits.ts'
import { addRemote, listRemotes } from './remotes.ts'
import { absolutePath, type GitContext, gitAnywhere, openRepository, readBranch } from './repository.ts'
import type { Git } from './run-git.ts'
import { openSettings, readSetting, storeCredentials, writeSetting } from './settings.ts'
import { readStatus } from './status.ts'
import { pull, push } from './sync.ts'
import { reset, restore } from './undo.ts'

/** The git calls, done by a real `git` program, which LFS, large repositories and settings work with. */
export function createGitHandlers(context: GitContext): Handlers<typeof gitRoutes> {
  const open = (input: { path: string }, signal: AbortSignal): Promise<Git> =>
    openRepository(context, input.path, signal)
  return {
    gitAdd: async ({ body, signal }) => stageFiles(await open(body, signal), body.files),
    gitListBranches: async ({ query, signal }) => listBranches(await open(query, signal)),
    gitCreateBranch: async ({ body, signal }) => createBranch(await open(body, signal), body.name),
    gitDeleteBranch: async ({ body, signal }) => deleteBranch(await open(body, signal), body.name),
    gitCheckout: async ({ body, signal }) => checkout(await open(body, signal), body.branch),
    gitClone: ({ body, signal }) => cloneRepository(context, body, signal),
    gitCommit: async ({ body, signal }) => commitStaged(await open(body, signal), body),
    gitHistory: async ({ query, signal }) => readHistory(await open(query, signal)),
    gitStatus: async ({ query, signal }) => readStatus(await open(query, signal)),
    gitPull: async ({ body, signal }) => pull(await open(body, signal), body),
    gitPush: async ({ body, signal }) => push(await open(body, signal), body),
    gitListRemotes: async ({ query, signal }) => listRemotes(await open(query, signal)),
    gitAddRemote: async ({ body, signal }) => addRemote(await open(body, signal), body),
    gitReset: async ({ body, signal }) => reset(await open(body, signal), body),
    gitRestore: async ({ body, signal }) => restore(await open(body, signal), body),

    async gitInit({ body, signal }) {
      const branch = readBranch(body.initial_branch)
      const args = ['init', '--quiet']
      if (body.bare === true) args.push('--bare')
      if (branch !== undefined) args.push(`--initial-branch=${branch}`)
      await gitAnywhere(context, signal).run([...args, '--', absolutePath(context, body.path)])
    },
    async gitGetConfig({ query, signal }) {
      return { value: await readSetting(await openSettings(context, query, signal), query.key, query.scope) }
    },
    async gitSetConfig({ body, signal }) {
      await writeSetting(await openSettings(context, body, signal), body.key, body.value, body.scope)
    },
    async gitConfigureUser({ body, signal }) {
      const git = await openSettings(context, body, signal)
      await writeSetting(git, 'user.name', body.name, body.scope)
      await writeSetting(git, 'user.email', body.email, body.scope)
    },
    gitAuthenticate: ({ body, signal }) => storeCredentials(gitAnywhere(context, signal), body),
  }
}
