import { DaytonaConflictError, DaytonaInvalidArgumentError, ProcessExecutionError } from '../errors.ts'
import type { ProcessOperations } from '../operations/processes.ts'
import type { SessionCommand, Session as WireSession } from '../operations/sessions.ts'
import type { PtySession } from '../operations/terminals.ts'
import { quoteWord } from '../quote.ts'
import type { Toolbox } from '../toolbox.ts'
import { followLog, type LogChunk } from './log-stream.ts'
import { PtyHandle } from './pty-handle.ts'

type Artifacts = NonNullable<ProcessOperations['codeRun']['answer']['artifacts']>

/** A figure that a program showed. */
export type Chart = Artifacts['charts'][number]

/** How a command or a piece of code ended. */
export interface ExecuteResponse {
  exitCode: number
  /** what it printed, both streams in the order of arrival */
  result: string
  artifacts: { stdout: string; charts?: Chart[] }
}

/** What code is run with. */
export interface CodeRunParams {
  argv?: string[]
  env?: Record<string, string>
  /** throws a ProcessExecutionError when the exit code is not 0 */
  check?: boolean
}

/** A session with its commands, oldest first; `id` is its `sessionId`. */
export interface Session extends WireSession {
  id: string
}

/** A command for a session. */
export interface SessionExecuteRequest {
  command: string
  /** answers at once, with the id of the command alone */
  runAsync?: boolean
  /** the same, under its old name */
  async?: boolean
  suppressInputEcho?: boolean
  /** folder to change to first; the session stays there */
  cwd?: string
}

export interface SessionExecuteResponse {
  cmdId: string
  output: string | null
  stdout: string
  stderr: string
  exitCode?: number
}

export interface SessionCommandLogsResponse {
  output: string
  stdout: string
  stderr: string
}

/** Whether a command of a session runs. */
export interface SessionCommandStatus extends SessionCommand {
  isRunning: boolean
}

/** A terminal to make. */
export interface PtyCreateOptions {
  /** default: one is made up */
  id?: string
  cwd?: string
  envs?: Record<string, string>
  cols?: number
  rows?: number
}

/** How a terminal is looked at. */
export interface PtyConnectOptions {
  onData?: (data: Uint8Array) => void | Promise<void>
  /** true: what was on the screen comes first */
  replay?: boolean
  signal?: AbortSignal
}

type OnText = (chunk: string) => void

/** Commands, code, sessions and terminals of a sandbox. */
export class Process {
  readonly #toolbox: Toolbox
  readonly #language: () => 'python' | 'typescript' | 'javascript'

  constructor(toolbox: Toolbox, language: () => 'python' | 'typescript' | 'javascript') {
    this.#toolbox = toolbox
    this.#language = language
  }

  /**
   * Runs a shell command and waits for its end.
   *
   * @param cwd default: the work dir
   * @param timeout s; 0 is no limit
   * @throws DaytonaProcessExecutionTimeoutError when it takes longer, and was ended
   */
  async executeCommand(
    command: string,
    cwd?: string,
    env?: Record<string, string>,
    timeout?: number,
  ): Promise<ExecuteResponse> {
    const body = { command, cwd, envs: env, timeout }
    const { exitCode, result } = await this.#toolbox.call('executeCommand', { body })
    return { exitCode, result, artifacts: { stdout: result } }
  }

  /**
   * Runs code in the language of the sandbox.
   *
   * @param timeout s; 0 is no limit
   * @throws ProcessExecutionError when it fails and `check` is set
   */
  async codeRun(code: string, params: CodeRunParams = {}, timeout?: number): Promise<ExecuteResponse> {
    const body = { code, language: this.#language(), argv: params.argv, envs: params.env, timeout }
    const { exitCode, result, artifacts } = await this.#toolbox.call('codeRun', { body })
    if (params.check === true && exitCode !== 0)
      throw new ProcessExecutionError(`The code ended with ${exitCode}: ${result}`, {
        exitCode,
        stdout: result,
        stderr: result,
      })
    return { exitCode, result, artifacts: { stdout: result, charts: artifacts?.charts ?? [] } }
  }

  /** Starts a shell that keeps its state. */
  async createSession(sessionId: string): Promise<void> {
    await this.#toolbox.call('createSession', { body: { sessionId } })
  }

  async getSession(sessionId: string): Promise<Session> {
    return named(await this.#toolbox.call('getSession', { params: { sessionId } }))
  }

  /** The session that runs what the image starts. */
  async getEntrypointSession(): Promise<Session> {
    return named(await this.#toolbox.call('getEntrypointSession'))
  }

  /** Sessions, oldest first. */
  async listSessions(): Promise<Session[]> {
    return (await this.#toolbox.call('listSessions')).map(named)
  }

  /** Ends a session and all it started. */
  async deleteSession(sessionId: string): Promise<void> {
    await this.#toolbox.call('deleteSession', { params: { sessionId } })
  }

  /** A session that `await using` ends. */
  async openSession(
    sessionId: string = crypto.randomUUID(),
  ): Promise<{ readonly sessionId: string } & AsyncDisposable> {
    await this.createSession(sessionId)
    return { sessionId, [Symbol.asyncDispose]: () => this.deleteSession(sessionId) }
  }

  /**
   * Runs a command in a session, and waits for its end unless `runAsync` is set.
   *
   * @param timeout s that the call may take; the command itself has no limit
   */
  async executeSessionCommand(
    sessionId: string,
    request: SessionExecuteRequest,
    timeout?: number,
  ): Promise<SessionExecuteResponse> {
    const { cwd, command, ...rest } = request
    if (typeof command !== 'string') throw new DaytonaInvalidArgumentError('A session command needs a `command`')
    // As a word for `eval`, it may be anything that a shell takes, over many lines.
    const whole = cwd === undefined ? command : `cd -- ${quoteWord(cwd)} && eval ${quoteWord(command)}`
    const options = timeout ? { timeoutMs: timeout * 1000 } : {}
    const input = { params: { sessionId }, body: { ...rest, command: whole } }
    const answer = await this.#toolbox.call('executeSessionCommand', input, options)
    const { cmdId, output, stdout, stderr, exitCode } = answer
    return { cmdId, output, stdout: stdout ?? '', stderr: stderr ?? '', ...(exitCode === null ? {} : { exitCode }) }
  }

  /** One command; no `exitCode` while it runs. */
  getSessionCommand(sessionId: string, commandId: string): Promise<SessionCommand> {
    return this.#toolbox.call('getSessionCommand', { params: { sessionId, commandId } })
  }

  /** Whether a command still runs. */
  async getSessionCommandStatus(sessionId: string, commandId: string): Promise<SessionCommandStatus> {
    const command = await this.getSessionCommand(sessionId, commandId)
    return { ...command, isRunning: command.exitCode === undefined }
  }

  /**
   * Ends what a running command has started; the shell of its session goes on behind it and keeps its variables. A
   * command that has ended is left alone. One that is a loop of the shell itself only ends with its session, which then
   * begins anew under its name, without variables and logs.
   *
   * @throws DaytonaProcessNotFoundError when there is no such command
   */
  async killSessionCommand(sessionId: string, commandId: string): Promise<void> {
    try {
      await this.#toolbox.call('killSessionCommand', { params: { sessionId, commandId } })
    } catch (error) {
      if (!(error instanceof DaytonaConflictError)) throw error
      await this.deleteSession(sessionId)
      await this.createSession(sessionId)
    }
  }

  /** What a command printed so far; with callbacks, all of it as it comes, until its end. */
  getSessionCommandLogs(sessionId: string, commandId: string): Promise<SessionCommandLogsResponse>
  getSessionCommandLogs(
    sessionId: string,
    commandId: string,
    onStdout: OnText,
    onStderr: OnText,
    signal?: AbortSignal,
  ): Promise<void>
  async getSessionCommandLogs(
    sessionId: string,
    commandId: string,
    onStdout?: OnText,
    onStderr?: OnText,
    signal?: AbortSignal,
    // biome-ignore lint/suspicious/noConfusingVoidType: one of two overloads answers nothing
  ): Promise<SessionCommandLogsResponse | void> {
    const path = commandLog(sessionId, commandId)
    if (onStdout === undefined && onStderr === undefined) return await this.#readLog(path)
    // A session that is not there is told by this call; a WebSocket cannot say it.
    await this.getSessionCommand(sessionId, commandId)
    await deliver(followLog(this.#toolbox, path, signal), onStdout, onStderr)
  }

  /** What a command prints, from its beginning, until its end. */
  async *followSessionCommandLogs(
    sessionId: string,
    commandId: string,
    signal?: AbortSignal,
  ): AsyncGenerator<LogChunk, void> {
    await this.getSessionCommand(sessionId, commandId)
    yield* followLog(this.#toolbox, commandLog(sessionId, commandId), signal)
  }

  /** What the image's own program printed so far; with callbacks, as it comes. */
  getEntrypointLogs(): Promise<SessionCommandLogsResponse>
  getEntrypointLogs(onStdout: OnText, onStderr: OnText, signal?: AbortSignal): Promise<void>
  async getEntrypointLogs(
    onStdout?: OnText,
    onStderr?: OnText,
    signal?: AbortSignal,
    // biome-ignore lint/suspicious/noConfusingVoidType: one of two overloads answers nothing
  ): Promise<SessionCommandLogsResponse | void> {
    const path = '/process/session/entrypoint/logs'
    if (onStdout === undefined && onStderr === undefined) return await this.#readLog(path)
    await this.getEntrypointSession()
    await deliver(followLog(this.#toolbox, path, signal), onStdout, onStderr)
  }

  /** Writes to the standard input of a running command. */
  async sendSessionCommandInput(sessionId: string, commandId: string, data: string): Promise<void> {
    await this.#toolbox.call('sendInput', { params: { sessionId, commandId }, body: { data } })
  }

  /**
   * Makes a terminal and connects to it.
   *
   * @throws DaytonaConflictError when there is one of that id
   */
  async createPty(options: PtyCreateOptions & PtyConnectOptions = {}): Promise<PtyHandle> {
    const { id = crypto.randomUUID(), cwd, envs, cols, rows, onData = () => {}, signal } = options
    // Its shell begins when somebody connects, so that nothing it prints is missed.
    const body = { id, cwd, envs, cols, rows, lazyStart: true }
    await this.#toolbox.call('createPtySession', { body }, { signal })
    return await PtyHandle.connect(id, this.#toolbox, onData, { signal })
  }

  /** Connects to a terminal. */
  async connectPty(sessionId: string, options: PtyConnectOptions = {}): Promise<PtyHandle> {
    const { onData = () => {}, ...rest } = options
    return await PtyHandle.connect(sessionId, this.#toolbox, onData, rest)
  }

  /** Terminals, oldest first. */
  async listPtySessions(): Promise<PtySession[]> {
    return (await this.#toolbox.call('listPtySessions')).sessions
  }

  getPtySessionInfo(sessionId: string): Promise<PtySession> {
    return this.#toolbox.call('getPtySession', { params: { sessionId } })
  }

  /** Ends a terminal and all it started. */
  async killPtySession(sessionId: string): Promise<void> {
    await this.#toolbox.call('deletePtySession', { params: { sessionId } })
  }

  /** Changes the size of a terminal, in characters. */
  resizePtySession(sessionId: string, cols: number, rows: number): Promise<PtySession> {
    return this.#toolbox.call('resizePtySession', { params: { sessionId }, body: { cols, rows } })
  }

  async #readLog(path: string): Promise<SessionCommandLogsResponse> {
    const { client, url } = this.#toolbox
    const answer = await client.json({ method: 'GET', url: `${url}${path}` })
    const { output, stdout, stderr } = (answer ?? {}) as Partial<SessionCommandLogsResponse>
    return { output: output ?? '', stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

function commandLog(sessionId: string, commandId: string): string {
  return `/process/session/${encodeURIComponent(sessionId)}/command/${encodeURIComponent(commandId)}/logs`
}

function named(session: WireSession): Session {
  return { ...session, id: session.sessionId }
}

async function deliver(log: AsyncIterable<LogChunk>, onStdout?: OnText, onStderr?: OnText): Promise<void> {
  for await (const { stream, text } of log) (stream === 'stdout' ? onStdout : onStderr)?.(text)
}
