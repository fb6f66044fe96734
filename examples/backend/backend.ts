/*
 * Where an agent works: one interface, and the types of backend behind it.
 *
 * Programs that run agents on several kinds of machine need little of each: a place to set up, commands, files, a
 * terminal, and an end. This is that interface for TypeScript, with a factory by type. `sandyard` is a sandbox of this
 * platform, `local` a folder of this machine without any isolation, for development. main.ts uses it.
 */
import { LocalBackend } from './local-backend.ts'
import { SandyardBackend } from './sandyard-backend.ts'

export type BackendType = 'local' | 'sandyard'

/** What a backend is made of. */
export interface Config {
  readonly name: string
  /** cloned into the work dir, when told */
  readonly repoUrl?: string
  readonly branchName?: string
  /** a snapshot that `snapshot` of the same type made: what is in the work dir then is there at once */
  readonly snapshot?: string
  /** a program that `setup` starts, and the port that it listens on */
  readonly agent?: { readonly command: string; readonly port: number }
}

export interface FileInfo {
  readonly name: string
  readonly path: string
  readonly isDir: boolean
  readonly size: number
}

export interface Status {
  readonly state: 'running' | 'starting' | 'stopped' | 'error'
  readonly id?: string
  readonly message?: string
}

/** A terminal that somebody looks at. */
export interface Terminal extends AsyncDisposable {
  write(text: string): Promise<void>
  /** what it shows, as it comes, until its shell ends */
  readonly output: AsyncIterable<string>
}

/** A command that did not end with 0. */
export class CommandError extends Error {
  readonly exitCode: number
  readonly output: string

  constructor(exitCode: number, output: string) {
    super(`command failed (exit ${exitCode}): ${output}`)
    this.exitCode = exitCode
    this.output = output
  }
}

export interface Backend {
  /** where commands run, and what paths that do not begin with `/` are in */
  readonly workDir: string
  /** what `reconnect` takes; empty before `setup` */
  readonly sandboxId: string
  /** URL of the agent's port; empty where there is no agent */
  readonly agentAddress: string
  /** Makes the place, clones the repository, starts the agent. Undoes what it has made when it fails. */
  setup(): Promise<void>
  /** What the command printed. Throws `CommandError`. */
  exec(command: string): Promise<string>
  readFile(path: string): Promise<Uint8Array>
  writeFile(path: string, content: string | Uint8Array): Promise<void>
  listFiles(folder: string): Promise<FileInfo[]>
  /** Never throws: what it could not find out is in the message. */
  status(): Promise<Status>
  attachPty(size: { readonly rows: number; readonly cols: number }): Promise<Terminal>
  /** Keeps what is there now under the name, for `Config.snapshot`. */
  snapshot(name: string): Promise<string>
  /** Takes all away; may be called again, and before `setup`. */
  teardown(): Promise<void>
}

/** Makes a backend; nothing is there before `setup`. */
export function createBackend(type: BackendType, config: Config): Backend {
  if (type === 'local') return new LocalBackend(config)
  if (type === 'sandyard') return new SandyardBackend(config)
  throw new Error(`There is no backend of type ${JSON.stringify(type)}: local or sandyard`)
}

/** The backend that another process has set up. Throws when it is gone. */
export function reconnect(type: BackendType, sandboxId: string): Promise<Backend> {
  return type === 'local' ? LocalBackend.reconnect(sandboxId) : SandyardBackend.reconnect(sandboxId)
}
