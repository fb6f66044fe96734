import { Daytona, DaytonaNotFoundError, type Sandbox } from '@sandyard/sdk'
import { type Backend, CommandError, type Config, type FileInfo, type Status, type Terminal } from './backend.ts'
import { Output } from './output.ts'

/** s that making a sandbox, and a command, may take */
const patience = 120

const states: Readonly<Record<string, Status['state']>> = {
  started: 'running',
  creating: 'starting',
  starting: 'starting',
  restoring: 'starting',
  pending_build: 'starting',
  building_snapshot: 'starting',
  pulling_snapshot: 'starting',
  stopping: 'stopped',
  stopped: 'stopped',
  archived: 'stopped',
  destroyed: 'stopped',
}

/** A backend in a sandbox of this platform. */
export class SandyardBackend implements Backend {
  readonly workDir = '/home/daytona/work'
  readonly #config: Config
  readonly #daytona = new Daytona()
  #sandbox: Sandbox | null = null
  #agentAddress = ''

  constructor(config: Config) {
    this.#config = config
  }

  static async reconnect(sandboxId: string): Promise<SandyardBackend> {
    const backend = new SandyardBackend({ name: sandboxId })
    backend.#sandbox = await backend.#daytona.get(sandboxId)
    return backend
  }

  get sandboxId(): string {
    return this.#sandbox?.id ?? ''
  }

  get agentAddress(): string {
    return this.#agentAddress
  }

  async setup(): Promise<void> {
    const { name, snapshot, repoUrl, branchName, agent } = this.#config
    const wanted = { name, labels: { app: 'backend' }, envVars: { TERM: 'xterm-256color' } }
    const options = { timeout: patience }
    const sandbox = await this.#daytona.create(snapshot === undefined ? wanted : { ...wanted, snapshot }, options)
    this.#sandbox = sandbox
    try {
      await sandbox.fs.createFolder(this.workDir, '755')
      if (repoUrl !== undefined) await sandbox.git.clone(repoUrl, this.workDir, branchName)
      if (agent === undefined) return
      await sandbox.process.createSession('agent')
      await sandbox.process.executeSessionCommand('agent', {
        command: agent.command,
        cwd: this.workDir,
        runAsync: true,
      })
      await this.#daytona.previewLink({ id: sandbox.id, port: agent.port, checkServer: true })
      this.#agentAddress = (await sandbox.getSignedPreviewUrl(agent.port, 3600)).url
    } catch (error) {
      await this.teardown()
      throw error
    }
  }

  async exec(command: string): Promise<string> {
    const { exitCode, result } = await this.#need().process.executeCommand(command, this.workDir, undefined, patience)
    if (exitCode !== 0) throw new CommandError(exitCode, result)
    return result
  }

  async readFile(path: string): Promise<Uint8Array> {
    return await this.#need().fs.readFile(this.#at(path))
  }

  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    await this.#need().fs.uploadFile(bytes, this.#at(path))
  }

  async listFiles(folder: string): Promise<FileInfo[]> {
    const at = this.#at(folder)
    const files = await this.#need().fs.listFiles(at)
    return files.map(({ name, isDir, size }) => ({ name, path: `${at.replace(/\/$/, '')}/${name}`, isDir, size }))
  }

  async status(): Promise<Status> {
    if (this.#sandbox === null) return { state: 'stopped' }
    const { id } = this.#sandbox
    try {
      await this.#sandbox.refreshData()
    } catch (error) {
      if (error instanceof DaytonaNotFoundError) return { state: 'stopped', id }
      return { state: 'error', id, message: String(error) }
    }
    const state = states[this.#sandbox.state ?? ''] ?? 'error'
    const { errorReason } = this.#sandbox
    return { state, id, ...(state === 'error' && errorReason ? { message: errorReason } : {}) }
  }

  async attachPty(size: { readonly rows: number; readonly cols: number }): Promise<Terminal> {
    const output = new Output()
    const decoder = new TextDecoder()
    const onData = (data: Uint8Array): void => output.push(decoder.decode(data, { stream: true }))
    const handle = await this.#need().process.createPty({ ...size, cwd: this.workDir, onData })
    const end = (): void => output.end()
    void handle.wait().then(end, end)
    return {
      output,
      write: (text) => handle.sendInput(text),
      async [Symbol.asyncDispose]() {
        // It has ended already where its shell was told to.
        await handle.kill().catch((error: unknown) => {
          if (!(error instanceof DaytonaNotFoundError)) throw error
        })
      },
    }
  }

  async snapshot(name: string): Promise<string> {
    await this.#need().createSnapshot(name)
    return name
  }

  async teardown(): Promise<void> {
    const sandbox = this.#sandbox
    if (sandbox === null) return
    this.#sandbox = null
    this.#agentAddress = ''
    await sandbox.delete()
  }

  #need(): Sandbox {
    if (this.#sandbox === null) throw new Error('sandbox not initialized')
    return this.#sandbox
  }

  #at(path: string): string {
    return path.startsWith('/') ? path : `${this.workDir}/${path}`
  }
}
