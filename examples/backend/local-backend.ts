import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Backend, CommandError, type Config, type FileInfo, type Status, type Terminal } from './backend.ts'
import { Output } from './output.ts'

/** Where snapshots of all local backends are. */
const snapshots = join(tmpdir(), 'local-backend-snapshots')
/** longest command, and longest start of an agent */
const patienceMs = 120_000

/** A backend in a folder of this machine. It isolates nothing. */
export class LocalBackend implements Backend {
  readonly #config: Config
  readonly #agents = new Set<() => Promise<void>>()
  #folder = ''

  constructor(config: Config) {
    this.#config = config
  }

  static async reconnect(sandboxId: string): Promise<LocalBackend> {
    await stat(sandboxId)
    const backend = new LocalBackend({ name: sandboxId })
    backend.#folder = sandboxId
    return backend
  }

  get workDir(): string {
    return this.#folder
  }

  get sandboxId(): string {
    return this.#folder
  }

  get agentAddress(): string {
    const { agent } = this.#config
    return agent === undefined || this.#agents.size === 0 ? '' : `http://127.0.0.1:${agent.port}`
  }

  async setup(): Promise<void> {
    const { name, snapshot, repoUrl, branchName, agent } = this.#config
    this.#folder = await mkdtemp(join(tmpdir(), `${name.replaceAll(/\W/g, '-')}-`))
    try {
      if (snapshot !== undefined) await cp(snapshotFolder(snapshot), this.#folder, { recursive: true })
      const branch = branchName === undefined ? [] : ['--branch', branchName]
      if (repoUrl !== undefined) await this.#run('git', ['clone', '--quiet', ...branch, '--', repoUrl, '.'])
      if (agent !== undefined) await this.#start(agent)
    } catch (error) {
      await this.teardown()
      throw error
    }
  }

  async exec(command: string): Promise<string> {
    return await this.#run('sh', ['-c', command])
  }

  async readFile(path: string): Promise<Uint8Array> {
    return await readFile(this.#at(path))
  }

  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    const at = this.#at(path)
    await mkdir(resolve(at, '..'), { recursive: true })
    await writeFile(at, content)
  }

  async listFiles(folder: string): Promise<FileInfo[]> {
    const at = this.#at(folder)
    const entries = await readdir(at, { withFileTypes: true })
    const infos = entries.map(async (entry): Promise<FileInfo[]> => {
      const path = join(at, entry.name)
      // What went meanwhile is not listed.
      const found = await stat(path).catch(() => null)
      return found === null ? [] : [{ name: entry.name, path, isDir: found.isDirectory(), size: found.size }]
    })
    return (await Promise.all(infos)).flat()
  }

  async status(): Promise<Status> {
    if (this.#folder === '') return { state: 'stopped' }
    const isThere = await stat(this.#folder).then(
      () => true,
      () => false,
    )
    return { state: isThere ? 'running' : 'stopped', id: this.#folder }
  }

  async attachPty({ rows, cols }: { readonly rows: number; readonly cols: number }): Promise<Terminal> {
    const shell = `stty rows ${Math.floor(rows)} cols ${Math.floor(cols)}; exec sh -i`
    const child = spawn('script', ['--quiet', '--flush', '--command', shell, '/dev/null'], {
      cwd: this.#need(),
      env: { ...process.env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const output = new Output()
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
    child.stdin.on('error', () => {}) // its shell has ended
    const ended = once(child, 'close').then(() => output.end())
    return {
      output,
      write: async (text) => void child.stdin.write(text),
      async [Symbol.asyncDispose]() {
        child.kill('SIGHUP')
        await ended
      },
    }
  }

  async snapshot(name: string): Promise<string> {
    await cp(this.#need(), snapshotFolder(name), { recursive: true, force: false, errorOnExist: true })
    return name
  }

  /** Takes a snapshot away. */
  static async removeSnapshot(name: string): Promise<void> {
    await rm(snapshotFolder(name), { recursive: true, force: true })
    await rmdir(snapshots).catch(() => {}) // there are others in it
  }

  async teardown(): Promise<void> {
    for (const end of this.#agents) await end()
    this.#agents.clear()
    const folder = this.#folder
    this.#folder = ''
    if (folder !== '') await rm(folder, { recursive: true, force: true })
  }

  async #start({ command, port }: { readonly command: string; readonly port: number }): Promise<void> {
    // A group of its own, so that all that it starts ends with it.
    const child = spawn('sh', ['-c', command], { cwd: this.#folder, stdio: 'ignore', detached: true })
    const exited = once(child, 'exit')
    this.#agents.add(async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      process.kill(-child.pid, 'SIGTERM')
      await exited
    })
    for (const endMs = Date.now() + patienceMs; !(await listens(port)); await sleep(50)) {
      if (child.exitCode !== null) throw new CommandError(child.exitCode, 'the agent has ended')
      if (Date.now() > endMs) throw new Error(`nothing listens on port ${port}`)
    }
  }

  #run(file: string, args: readonly string[]): Promise<string> {
    const cwd = this.#need()
    return new Promise((found, failed) => {
      execFile(file, args, { cwd, timeout: patienceMs, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
        if (error === null) found(stdout + stderr)
        else failed(typeof error.code === 'number' ? new CommandError(error.code, stdout + stderr) : error)
      })
    })
  }

  #need(): string {
    if (this.#folder === '') throw new Error('sandbox not initialized')
    return this.#folder
  }

  #at(path: string): string {
    return resolve(this.#need(), path)
  }
}

function snapshotFolder(name: string): string {
  if (!/^\w[\w.-]*$/.test(name)) throw new Error(`a snapshot cannot be named ${JSON.stringify(name)}`)
  return join(snapshots, name)
}

function listens(port: number): Promise<boolean> {
  return new Promise((found) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => found(true))
    socket.once('error', () => found(false))
    socket.once('connect', () => socket.destroy())
  })
}
