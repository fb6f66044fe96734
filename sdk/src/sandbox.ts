import type { Client } from './client.ts'
import { ComputerUse } from './computer-use.ts'
import { DaytonaError } from './errors.ts'
import { FileSystem } from './files/file-system.ts'
import { Git } from './git.ts'
import { LspLanguageId, LspServer } from './lsp-server.ts'
import type { NetworkSettingsInput } from './operations/lifecycle.ts'
import type { NetworkRefusal } from './operations/network.ts'
import type { SshAccess } from './operations/ssh.ts'
import { CodeInterpreter } from './processes/code-interpreter.ts'
import { Process } from './processes/process.ts'
import { languageOf, type SandboxData, SandboxFields, type SandboxState } from './sandbox-data.ts'
import { wireSecrets } from './secret.ts'
import { signFileUrl } from './signed-files.ts'
import type { WebSocketClass } from './socket.ts'
import { createToolbox, type Toolbox } from './toolbox.ts'
import { checkTimeout, waitUntil } from './waiting.ts'

/** URL of a port's preview, and the token that opens it. */
export interface PreviewLink {
  readonly sandboxId: string
  readonly url: string
  /** for the header `x-daytona-preview-token`, where the sandbox is not public */
  readonly token: string
}

/** Use of cpu, memory and disk at one time. */
export interface SandboxMetrics {
  cpuCount: number
  /** of what it may use, 0 to 100 */
  cpuUsedPct: number
  /** bytes, as the ones below */
  memTotal: number
  memUsed: number
  memCache: number
  diskTotal: number
  diskUsed: number
  timestamp: Date
}

/** s that a change of state may take, unless the caller says otherwise */
const defaultTimeout = 60
const failedStates: ReadonlySet<SandboxState> = new Set(['error', 'build_failed'])

/** A sandbox. Its fields are as of the last call that answered them; `refreshData` asks anew. */
export class Sandbox extends SandboxFields implements AsyncDisposable {
  readonly fs: FileSystem
  readonly git: Git
  readonly process: Process
  readonly codeInterpreter: CodeInterpreter
  readonly computerUse: ComputerUse
  /** plain calls of the sandbox, by their operation id */
  readonly toolbox: Toolbox
  readonly #client: Client
  readonly #WebSocket: WebSocketClass | undefined

  constructor(data: SandboxData, client: Client, WebSocket?: WebSocketClass) {
    super()
    this.#client = client
    this.#WebSocket = WebSocket
    this.#apply(data)
    this.toolbox = createToolbox(client, this, WebSocket)
    this.fs = new FileSystem(this.toolbox)
    this.git = new Git(this.toolbox)
    this.process = new Process(this.toolbox, () => languageOf(this.labels))
    this.codeInterpreter = new CodeInterpreter(this.toolbox)
    this.computerUse = new ComputerUse(this.toolbox)
  }

  /** Asks the platform for the fields anew. */
  async refreshData(): Promise<void> {
    this.#apply(await this.#client.call('getSandbox', this.#path))
  }

  /** Starts it and waits until it is started; what was archived comes back. @param timeout s, 0 is no deadline */
  async start(timeout = defaultTimeout): Promise<void> {
    checkTimeout(timeout)
    this.#apply(await this.#client.call('startSandbox', this.#path, within(timeout)))
    await this.waitUntilStarted(timeout)
  }

  /** Stops it and waits for that; its disk stays. `force` gives its programs no time. */
  async stop(timeout = defaultTimeout, force = false): Promise<void> {
    checkTimeout(timeout)
    this.#apply(await this.#client.call('stopSandbox', { ...this.#path, query: { force } }, within(timeout)))
    await this.waitUntilStopped(timeout)
  }

  /** Freezes its programs; their memory stays. */
  async pause(timeout = defaultTimeout): Promise<void> {
    this.#apply(await this.#client.call('pauseSandbox', this.#path, within(timeout)))
    await this.#waitWhile(['pausing'], timeout)
  }

  /** Packs the disk of a stopped sandbox away. */
  async archive(): Promise<void> {
    this.#apply(await this.#client.call('archiveSandbox', this.#path))
  }

  /** Brings it back from a recoverable error. */
  async recover(timeout = defaultTimeout): Promise<void> {
    this.#apply(await this.#client.call('recoverSandbox', this.#path, within(timeout)))
    await this.waitUntilStarted(timeout)
  }

  /** Deletes it with its disk; with `wait` it is gone afterwards, else soon. */
  async delete(timeout = defaultTimeout, wait = false): Promise<void> {
    checkTimeout(timeout)
    this.#apply(await this.#client.call('deleteSandbox', this.#path, within(timeout)))
    if (wait) await this.#waitFor((state) => state === 'destroyed', 'was not deleted', timeout)
  }

  /** Makes a sandbox whose disk begins as a copy of this one. */
  async fork(params: { name?: string } = {}, timeout = defaultTimeout): Promise<Sandbox> {
    const data = await this.#client.call('forkSandbox', { ...this.#path, body: params }, within(timeout))
    const child = new Sandbox(data, this.#client, this.#WebSocket)
    await child.waitUntilStarted(timeout)
    return child
  }

  /** Sandboxes that were forked from this one, newest first. */
  async forks(): Promise<Sandbox[]> {
    const found = await this.#client.call('getSandboxForks', this.#path)
    return found.map((data) => new Sandbox(data, this.#client, this.#WebSocket))
  }

  /** Saves its disk as a snapshot. */
  async createSnapshot(name: string, timeout = defaultTimeout): Promise<void> {
    this.#apply(await this.#client.call('createSandboxSnapshot', { ...this.#path, body: { name } }, within(timeout)))
    await this.#waitWhile(['snapshotting'], timeout)
  }

  /** Changes what it may use: cores, GiB of memory and disk. Less, or another disk, only while it is stopped. */
  async resize(resources: { cpu?: number; memory?: number; disk?: number }, timeout = defaultTimeout): Promise<void> {
    const { cpu, memory, disk } = resources
    const body = { cpu, memory, disk }
    this.#apply(await this.#client.call('resizeSandbox', { ...this.#path, body }, within(timeout)))
    await this.waitForResizeComplete(timeout)
  }

  /** Waits until it is started; an error of it ends the wait. `onState` is told each time that it was asked. */
  async waitUntilStarted(timeout = defaultTimeout, onState?: (sandbox: Sandbox) => void): Promise<void> {
    const isOver = (state: SandboxState): boolean => {
      onState?.(this)
      return state === 'started'
    }
    await this.#waitFor(isOver, 'did not start', timeout)
  }

  /** Waits until it is stopped, or deleted where it goes with its stop. */
  async waitUntilStopped(timeout = defaultTimeout): Promise<void> {
    await this.#waitFor((state) => state === 'stopped' || state === 'destroyed', 'did not stop', timeout)
  }

  async waitForResizeComplete(timeout = defaultTimeout): Promise<void> {
    await this.#waitWhile(['resizing'], timeout)
  }

  /** Replaces all labels; answers them. */
  async setLabels(labels: Record<string, string>): Promise<Record<string, string>> {
    this.labels = (await this.#client.call('replaceLabels', { ...this.#path, body: { labels } })).labels
    return this.labels
  }

  /** Makes previews public, or private. */
  async setPublic(isPublic: boolean): Promise<void> {
    const params = { ...this.#path.params, isPublic }
    this.#apply(await this.#client.call('updatePublicStatus', { params }))
  }

  /** Minutes without activity after which it stops; 0 is never. */
  async setAutostopInterval(interval: number): Promise<void> {
    await this.#setInterval('setAutostopInterval', interval)
  }

  /** Minutes without activity after which it is paused; 0 is never. */
  async setAutoPauseInterval(interval: number): Promise<void> {
    await this.#setInterval('setAutoPauseInterval', interval)
  }

  /** Minutes after its stop until it is archived; 0 is the longest there is. */
  async setAutoArchiveInterval(interval: number): Promise<void> {
    await this.#setInterval('setAutoArchiveInterval', interval)
  }

  /** Minutes after its stop until it is deleted; negative is never, 0 at once. */
  async setAutoDeleteInterval(interval: number): Promise<void> {
    await this.#setInterval('setAutoDeleteInterval', interval)
  }

  /** Minutes from now after which it is deleted, whatever its state; 0 is never. */
  async setTtl(ttlMinutes: number): Promise<void> {
    this.#apply(await this.#client.call('setTtl', { params: { ...this.#path.params, ttlMinutes } }))
  }

  /** Whether a request starts it when it rests; `idle`: when it rests because nobody used it. */
  async setAutoWake(mode: boolean | 'idle'): Promise<void> {
    this.#apply(await this.#client.call('setAutoWake', { params: { ...this.#path.params, mode } }))
  }

  /** Changes where it may connect to, at once. */
  async updateNetworkSettings(settings: NetworkSettingsInput): Promise<void> {
    this.#apply(await this.#client.call('updateNetworkSettings', { ...this.#path, body: settings }))
  }

  /** What its network rules have refused in the last hour, the newest first. */
  async networkRefusals(): Promise<NetworkRefusal[]> {
    return (await this.#client.call('getNetworkRefusals', this.#path)).items
  }

  /** Changes the environment of commands that are started from now on. */
  async updateEnv(env: Record<string, string>, options: { unset?: string[] } = {}): Promise<void> {
    await this.toolbox.call('updateEnv', { body: { set: env, unset: options.unset } })
  }

  /** Replaces the secrets that it may use: names of variables to names of secrets. */
  async updateSecrets(secrets: Record<string, string>): Promise<void> {
    const body = { secrets: wireSecrets(secrets) }
    this.#apply(await this.#client.call('updateSandboxSecrets', { ...this.#path, body }))
  }

  /** Says that it is in use, so that it does not stop by itself. */
  async refreshActivity(): Promise<void> {
    await this.#client.call('updateLastActivity', { params: { sandboxId: this.id }, body: {} })
  }

  /** URL of a port, and the token that opens it. */
  getPreviewLink(port: number): Promise<PreviewLink> {
    return this.#client.call('getPortPreviewUrl', { params: { ...this.#path.params, port } })
  }

  /** The same, under the name that some documents have for it. */
  getPreviewUrl(port: number): Promise<PreviewLink> {
    return this.getPreviewLink(port)
  }

  /** URL that opens one port for a while without further credentials. */
  getSignedPreviewUrl(
    port: number,
    expiresInSeconds?: number,
  ): Promise<{ sandboxId: string; port: number; token: string; url: string }> {
    const params = { ...this.#path.params, port }
    return this.#client.call('getSignedPortPreviewUrl', { params, query: { expiresInSeconds } })
  }

  /** Ends a signed preview URL. */
  async expireSignedPreviewUrl(port: number, token: string): Promise<void> {
    await this.#client.call('expireSignedPortPreviewUrl', { params: { ...this.#path.params, port, token } })
  }

  /** URL that downloads a file without further credentials. @param ttlSeconds default 3600; 0 is for ever */
  async downloadUrl(path: string, ttlSeconds?: number): Promise<string> {
    return await signFileUrl(this.toolbox.url, 'GET', path, await this.#signingKey(), ttlSeconds)
  }

  /** URL that a file can be sent to by POST, as field `file` of a form or as it is. */
  async uploadUrl(path: string, ttlSeconds?: number): Promise<string> {
    return await signFileUrl(this.toolbox.url, 'POST', path, await this.#signingKey(), ttlSeconds)
  }

  /** Ends all signed URLs of files at once. */
  async rotateSigningKey(): Promise<void> {
    await this.#client.call('rotateSigningKey', { params: { sandboxId: this.id } })
  }

  /** Makes a token for SSH. */
  createSshAccess(expiresInMinutes?: number): Promise<SshAccess> {
    return this.#client.call('createSshAccess', { ...this.#path, query: { expiresInMinutes } })
  }

  /** Ends a token for SSH, or all, and the connections that it has opened. */
  async revokeSshAccess(token?: string): Promise<void> {
    await this.#client.call('revokeSshAccess', { ...this.#path, query: { token } })
  }

  /** Whether a token for SSH opens a sandbox now. */
  validateSshAccess(token: string): Promise<{ valid: boolean; sandboxId: string }> {
    return this.#client.call('validateSshAccess', { query: { token } })
  }

  /** Home of its user. */
  async getUserHomeDir(): Promise<string> {
    return (await this.toolbox.call('getUserHomeDir')).dir
  }

  /** The same, under its old name. */
  getUserRootDir(): Promise<string> {
    return this.getUserHomeDir()
  }

  /** Folder that relative paths start from. */
  async getWorkDir(): Promise<string> {
    return (await this.toolbox.call('getWorkDir')).dir
  }

  /** Use of cpu, memory and disk right now. */
  async getMetricsLatest(): Promise<SandboxMetrics> {
    const { timestamp, timestampUnix: _, diskFree: __, ...numbers } = await this.toolbox.call('getSystemMetrics')
    return { ...numbers, timestamp: new Date(timestamp) }
  }

  /** The language server of a project; `start` it first. */
  async createLspServer(languageId: LspLanguageId | string, pathToProject: string): Promise<LspServer> {
    const known = Object.values(LspLanguageId).find((language) => language === languageId)
    if (known === undefined) throw new DaytonaError(`There is no language server for ${languageId}`)
    return new LspServer(known, pathToProject, this.toolbox)
  }

  /** Deletes it, so that `await using` does; one that is gone already is no error. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.delete()
    } catch (error) {
      if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
    }
  }

  get #path() {
    return { params: { sandboxIdOrName: this.id } }
  }

  #apply(data: SandboxData): void {
    const gone = Object.fromEntries(Object.keys(new SandboxFields()).map((field) => [field, undefined]))
    // A listing says nothing of these; they stay as they were.
    const { env = this.env, volumes = this.volumes, buildInfo = this.buildInfo } = data
    Object.assign(this, gone, { env, volumes, buildInfo }, data)
  }

  async #signingKey(): Promise<string> {
    return await this.#client.call('getSandboxSigningKey', { params: { sandboxId: this.id } })
  }

  async #setInterval(
    name: 'setAutostopInterval' | 'setAutoPauseInterval' | 'setAutoArchiveInterval' | 'setAutoDeleteInterval',
    interval: number,
  ): Promise<void> {
    this.#apply(await this.#client.call(name, { params: { ...this.#path.params, interval } }))
  }

  async #waitWhile(states: readonly SandboxState[], timeout: number): Promise<void> {
    await this.#waitFor((state) => !states.includes(state), `is still ${states.join(' or ')}`, timeout)
  }

  async #waitFor(isOver: (state: SandboxState) => boolean, failure: string, timeout: number): Promise<void> {
    let isFirst = true
    const look = async (): Promise<boolean> => {
      if (!isFirst) await this.#refreshOrGone()
      isFirst = false
      if (isOver(this.state)) return true
      if (failedStates.has(this.state) || this.state === 'destroyed')
        throw new DaytonaError(
          `Sandbox ${this.id} ${failure}: it is ${this.state}: ${this.errorReason ?? 'no reason is known'}`,
        )
      return false
    }
    await waitUntil({ what: `Sandbox ${this.id} ${failure}`, look, timeout })
  }

  async #refreshOrGone(): Promise<void> {
    try {
      await this.refreshData()
    } catch (error) {
      if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
      this.state = 'destroyed'
    }
  }
}

/** A call that waits for its work on the platform's side gets some time more than the work. */
function within(timeout: number): { timeoutMs: number } {
  return { timeoutMs: timeout === 0 ? 0 : timeout * 1000 + 5000 }
}
