import { closeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { newId } from '../new-id.ts'
import { readPipe } from '../processes/capture.ts'
import { loadScript } from '../processes/execute.ts'
import type { Shell } from '../processes/programs.ts'
import type { Scratch } from '../processes/scratch.ts'
import { type Started, startProcess } from '../processes/start.ts'
import { endTree } from '../processes/tree.ts'
import { type CommandFiles, type CommandRequest, SessionCommand } from './command.ts'
import { SessionLog } from './log.ts'

/** What a session starts with. */
export interface SessionOptions {
  readonly id: string
  readonly shell: Shell
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  readonly scratch: Scratch
  /** private folder of this session, for its logs; made by the caller */
  readonly folder: string
}

interface Running {
  readonly started: Started
  /** end of the pipe that the shell writes statuses to, kept open */
  readonly statusEnd: number
  readonly statuses: Socket
}

/**
 * One shell that keeps its state (folder, variables, functions) between commands, which run one after the other.
 * The shell gets a line per command on its standard input. Everything else it opens by way of `/proc/<agent>/fd`, so
 * there is no name that a command could remove and no descriptor that it could close.
 */
export class ShellSession {
  readonly id: string
  /** oldest first */
  readonly commands = new Map<string, SessionCommand>()
  readonly #options: SessionOptions
  readonly #running: Running
  #isEnded = false
  #queue: Promise<void> = Promise.resolve()
  #counter = 0
  #status: ((code: number) => void) | null = null

  private constructor(options: SessionOptions, running: Running) {
    this.id = options.id
    this.#options = options
    this.#running = running
    readStatuses(running.statuses, (number, code) => {
      if (number === this.#counter) this.#status?.(code)
    })
    void running.started.exited.then(() => {
      this.#isEnded = true
      closeSync(running.statusEnd)
    })
  }

  /** Starts the shell. Throws `StartError`, or `PlatformError` where the image or the sandbox cannot. */
  static async start(options: SessionOptions): Promise<ShellSession> {
    const pipe = await options.scratch.openPipe()
    if (pipe === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'Sessions need the program mkfifo in the image')
    let started: Started
    try {
      const { shell, cwd, variables } = options
      started = await startProcess({ file: shell.path, args: [], cwd, variables, stdio: ['pipe', 'ignore', 'ignore'] })
    } catch (thrown) {
      closeSync(pipe.readEnd)
      closeSync(pipe.writeEnd)
      throw thrown
    }
    started.child.stdin?.on('error', () => {}) // the shell has ended: its exit tells
    if (options.shell.dialect === 'bash') started.child.stdin?.write('shopt -s expand_aliases\n')
    return new ShellSession(options, { started, statusEnd: pipe.writeEnd, statuses: readPipe(pipe.readEnd) })
  }

  /** Puts a command in the queue. Throws SESSION_ENDED when the shell has ended. */
  execute(request: Omit<CommandRequest, 'id'>): SessionCommand {
    if (this.#isEnded) throw new PlatformError('SESSION_ENDED', `The shell of session ${this.id} has ended`)
    this.#forgetOldest()
    const id = newId()
    const command = new SessionCommand({ ...request, id }, new SessionLog(join(this.#options.folder, `${id}.log`)))
    this.commands.set(id, command)
    this.#queue = this.#queue.then(() => this.#run(command))
    return command
  }

  /** Ends everything the session started: SIGTERM, after `graceMs` SIGKILL; then deletes its logs. */
  async end(graceMs: number): Promise<void> {
    await endTree(this.#running.started.tree, graceMs)
    await this.#running.started.exited
    await this.#queue
    this.#running.statuses.destroy()
    for (const command of this.commands.values()) await command.remove()
    await rm(this.#options.folder, { recursive: true, force: true })
  }

  async #run(command: SessionCommand): Promise<void> {
    if (this.#isEnded) return command.fail('The session ended before this command could start')
    this.#counter++
    try {
      const files = await command.open(this.#options.scratch)
      const status = new Promise<number>((resolve) => {
        this.#status = resolve
      })
      const { child, exited } = this.#running.started
      child.stdin?.write(`${this.#line(files)}\n`)
      await command.finish(await Promise.race([status, exited]))
    } catch (thrown) {
      await command.fail(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  /** What the shell does for a command: run the script in itself, then tell its status. */
  #line(files: CommandFiles): string {
    const { shell } = this.#options
    const at = (fd: number): string => `/proc/${process.pid}/fd/${fd}`
    const input = files.input === null ? '/dev/null' : at(files.input)
    const redirections = `<${input} >${at(files.output)} 2>${at(files.errors)}`
    const print = shell.dialect === 'posix' ? 'command printf' : 'builtin printf'
    const status = `${print} '%s %s\\n' ${this.#counter} "$?" >${at(this.#running.statusEnd)}`
    return `${loadScript(shell, at(files.script), redirections)}; ${status}`
  }

  #forgetOldest(): void {
    if (this.commands.size < limits.sessionCommandCount) return
    for (const [id, command] of this.commands) {
      if (command.exitCode === null) continue
      this.commands.delete(id)
      void command.remove()
      return
    }
    throw new PlatformError('TOO_MANY_REQUESTS', `Session ${this.id} has ${this.commands.size} commands waiting`)
  }
}

/** Lines of `<number> <exit code>`; anything else is not from our line and is dropped. */
function readStatuses(pipe: Socket, onStatus: (number: number, code: number) => void): void {
  let rest = ''
  pipe.setEncoding('latin1')
  pipe.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()?.slice(-64) ?? ''
    for (const line of lines) {
      const match = /^(\d{1,10}) (\d{1,3})$/.exec(line)
      if (match !== null) onStatus(Number(match[1]), Number(match[2]))
    }
  })
}
