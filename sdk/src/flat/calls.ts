import { DaytonaError } from '../errors.ts'
import type { GitStatus } from '../git.ts'
import type { PreviewLink, Sandbox } from '../sandbox.ts'
import { waitUntil } from '../waiting.ts'

/** Finds a sandbox by its id or name. */
export type FindSandbox = (id: string) => Promise<Sandbox>

/** The sandbox and the folder of a repository in it. */
export interface RepositoryPlace {
  id: string
  path: string
}

/** Credentials of a remote. */
interface Login {
  username?: string | undefined
  password?: string | undefined
}

/** How a command ended. The platform does not tell the streams apart, so that the output of one that failed is in both. */
export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
  result: string
}

/** s that a server may take until it listens, where that is to be checked */
const serverTimeout = 15

/**
 * Calls in one piece: each takes the id of its sandbox beside its parameters. The names and shapes are those of the
 * classic tools for models.
 */
export class FlatCalls {
  readonly #find: FindSandbox

  constructor(find: FindSandbox) {
    this.#find = find
  }

  async gitClone(
    params: RepositoryPlace & {
      url: string
      branch?: string | undefined
      commitId?: string | undefined
      depth?: number | undefined
    } & Login,
  ): Promise<void> {
    const { id, url, path, branch, commitId, username, password, depth } = params
    const { git } = await this.#find(id)
    await git.clone(url, path, branch, commitId, username, password, undefined, depth)
  }

  async gitStatus({ id, path }: RepositoryPlace): Promise<GitStatus> {
    return await (await this.#find(id)).git.status(path)
  }

  async gitBranches({ id, path }: RepositoryPlace): Promise<{ branches: string[]; current: string }> {
    return await (await this.#find(id)).git.branches(path)
  }

  async gitCreateBranch(params: RepositoryPlace & { branch: string }): Promise<void> {
    await (await this.#find(params.id)).git.createBranch(params.path, params.branch)
  }

  async gitCheckoutBranch(params: RepositoryPlace & { branch: string }): Promise<void> {
    await (await this.#find(params.id)).git.checkoutBranch(params.path, params.branch)
  }

  async gitDeleteBranch(params: RepositoryPlace & { branch: string }): Promise<void> {
    await (await this.#find(params.id)).git.deleteBranch(params.path, params.branch)
  }

  async gitAdd(params: RepositoryPlace & { files: string[] }): Promise<void> {
    await (await this.#find(params.id)).git.add(params.path, params.files)
  }

  async gitCommit(
    params: RepositoryPlace & { message: string; authorName: string; authorEmail: string; allowEmpty?: boolean },
  ): Promise<{ sha: string }> {
    const { id, path, message, authorName, authorEmail, allowEmpty } = params
    return await (await this.#find(id)).git.commit(path, message, authorName, authorEmail, allowEmpty)
  }

  async gitPush({ id, path, username, password }: RepositoryPlace & Login): Promise<void> {
    await (await this.#find(id)).git.push(path, username, password)
  }

  async gitPull({ id, path, username, password }: RepositoryPlace & Login): Promise<void> {
    await (await this.#find(id)).git.pull(path, username, password)
  }

  /** Runs a shell command and waits for its end. @param params `timeout` in s */
  async executeCommand(params: {
    id: string
    command: string
    cwd?: string | undefined
    env?: Record<string, string> | undefined
    timeout?: number | undefined
  }): Promise<CommandResult> {
    const { id, command, cwd, env, timeout } = params
    const { exitCode, result } = await (await this.#find(id)).process.executeCommand(command, cwd, env, timeout)
    return { exitCode, stdout: result, stderr: exitCode === 0 ? '' : result, result }
  }

  /**
   * URL of a port; with `checkServer` only when something listens there, which is waited for a while.
   *
   * @throws DaytonaError when nothing listens
   */
  async previewLink(params: {
    id: string
    port: number
    description?: string | undefined
    checkServer?: boolean | undefined
  }): Promise<PreviewLink & { description: string }> {
    const { id, port, description = '', checkServer = false } = params
    const sandbox = await this.#find(id)
    if (checkServer) await waitForServer(sandbox, port)
    return { ...(await sandbox.getPreviewLink(port)), description }
  }

  /** Deletes a sandbox; one that is gone already is no error. */
  async destroySandbox({ id }: { id: string }): Promise<void> {
    try {
      await (await this.#find(id)).delete()
    } catch (error) {
      if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
    }
  }
}

async function waitForServer(sandbox: Sandbox, port: number): Promise<void> {
  const look = async (): Promise<boolean> => (await sandbox.toolbox.call('getPorts')).ports.includes(port)
  await waitUntil({ what: `Nothing listens on port ${port} of sandbox ${sandbox.id}`, look, timeout: serverTimeout })
}
