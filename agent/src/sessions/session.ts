import { closeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { newId } from '../new-id.ts'
import type { Shell } from '../processes/programs.ts'
import type { Scratch } from '../processes/scratch.ts'
import { type Started, startProcess } from '../processes/start.ts'
import { endTree, findSince, type Member, type Moment, now, signalAll, stillThere } from '../processes/tree.ts'
import { type CommandRequest, SessionCommand } from './command.ts'
import { commandLog } from './log.ts'
import { ShellInput } from './shell-input.ts'
import { commandLine, startLine, withoutStartFiles } from './shell-lines.ts'
import { readProcessState, watchShell } from './shell-watch.ts'
import { openStatusPipe, type StatusPipe } from './status-pipe.ts'

/** A session as callers see it. */
export interface Session {
  readonly id: string
  /** oldest first */
  readonly commands: ReadonlyMap<string, SessionCommand>
}

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
  readonly input: ShellInput
  readonly statuses: StatusPipe
  /** see `Watched` */
  readonly stack: string
}

/** A command that waits for its turn, with its whole text. */
interface Waiting {
  readonly command: SessionCommand
  readonly script: string
}

const newline = 0x0a

/** A shell whose input was ended has this long to end, ms. */
const endOfInputMs = 1000

/** A process that even SIGKILL does not end (it became root's) is let go after this, ms. */
const killLimitMs = 2500

/** What a killed command has started has this long to end by itself, ms. */
const killGraceMs = 5000

/**
 * One shell that keeps its state (folder, variables, functions) between commands, which run one after the other.
 * The shell gets a line per command on its standard input. Everything else it opens by way of `/proc/<agent>/fd`, so
 * there is no name that a command could remove and no descriptor that it could close.
 */
export class ShellSession implements Session {
  readonly id: string
  readonly commands = new Map<string, SessionCommand>()
  readonly #options: SessionOptions
  readonly #running: Running
  /** the shell's exit code, once there is no shell any more */
  readonly #gone: Promise<number>
  readonly #letGo: (exitCode: number) => void
  #isEnded = false
  /** a line was never read: its command did not begin */
  #hasUnread = false
  #queue: Promise<void> = Promise.resolve()
  readonly #kills = new Map<SessionCommand, Promise<void>>()
  /** the command that the shell has, and since when */
  #current: { readonly command: SessionCommand; readonly began: Moment } | null = null

  private constructor(options: SessionOptions, running: Running) {
    this.id = options.id
    this.#options = options
    this.#running = running
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#gone = promise
    this.#letGo = resolve
    void running.started.exited.then(resolve)
    void promise.then((exitCode) => {
      this.#isEnded = true
      this.#hasUnread = running.input.takeBack().some((byte) => byte !== newline)
      running.input.close()
      running.statuses.end(exitCode)
    })
  }

  /** Starts the shell. Throws `StartError`, or `PlatformError` where the image or the sandbox cannot. */
  static async start(options: SessionOptions): Promise<ShellSession> {
    const { shell, cwd, scratch } = options
    const input = await ShellInput.open(scratch)
    let statuses: StatusPipe | null = null
    let inside: number | null = null
    try {
      statuses = await openStatusPipe(scratch)
      inside = input.openForShell()
      const { args, variables } = withoutStartFiles(shell, options.variables)
      const started = await startProcess({
        file: shell.path,
        args,
        cwd,
        variables,
        stdio: [inside, 'ignore', 'ignore'],
      })
      input.write(startLine(shell, options.variables))
      const stack = readProcessState(started.child.pid ?? 0)?.stack ?? '0'
      return new ShellSession(options, { started, input, statuses, stack })
    } catch (thrown) {
      input.close()
      statuses?.end(0)
      throw thrown
    } finally {
      if (inside !== null) closeSync(inside)
    }
  }

  /** Puts a command in the queue. Throws SESSION_ENDED when the shell has ended. */
  execute({ text, isAsync, isEchoSuppressed }: Omit<CommandRequest, 'id'>): SessionCommand {
    if (this.#isEnded) throw this.#ended('The shell of the session has ended')
    this.#forgetOldest()
    const id = newId()
    const request = { id, text: shorten(text), isAsync, isEchoSuppressed }
    const command = new SessionCommand(request, commandLog(join(this.#options.folder, `${id}.log`)))
    this.commands.set(id, command)
    this.#queue = this.#queue.then(() => this.#run({ command, script: text }))
    return command
  }

  /** Ends everything the session started: SIGTERM, after `graceMs` SIGKILL; then deletes its logs. */
  async end(graceMs: number): Promise<void> {
    this.#isEnded = true
    const cancelled = new PlatformError('BAD_REQUEST', 'bad request: session cancelled: it is being deleted')
    for (const command of this.commands.values()) command.cancel(cancelled)
    await endTree(this.#running.started.tree, graceMs)
    await Promise.race([this.#gone, delay(killLimitMs, undefined, { ref: false })])
    this.#letGo(128 + 9)
    await this.#queue
    for (const command of this.commands.values()) await command.remove()
    await rm(this.#options.folder, { recursive: true, force: true })
  }

  /**
   * Ends all that a command has started: SIGTERM, later SIGKILL. The shell lives on, and goes on behind what was ended;
   * what earlier commands left in the background too. A command that waits for its turn does not get it; one that has
   * ended is left alone. Throws CONFLICT when the shell itself goes on with the command, in a loop.
   */
  async kill(command: SessionCommand): Promise<void> {
    // Callers at the same time share one look at the processes.
    const killing = this.#kills.get(command) ?? this.#kill(command).finally(() => this.#kills.delete(command))
    this.#kills.set(command, killing)
    await killing
  }

  async #kill(command: SessionCommand): Promise<void> {
    if (command.exitCode !== null) return
    if (this.#current?.command !== command) {
      return await command.fail(new PlatformError('BAD_REQUEST', 'bad request: the command was killed before it began'))
    }
    const { began } = this.#current
    const { tree } = this.#running.started
    const beginMs = performance.now()
    const told = new Map<number, Member>()
    command.endInput()
    for (let passedMs = 0; passedMs < killGraceMs + killLimitMs; passedMs = performance.now() - beginMs) {
      // Looked at and signalled at once, so that no other command has its turn meanwhile.
      const found = this.#current?.command === command ? findSince(tree, began) : []
      const fresh = found.filter(({ pid, start }) => told.get(pid)?.start !== start)
      for (const member of fresh) told.set(member.pid, member)
      const left = stillThere([...told.values()])
      if (left.length === 0 && command.exitCode !== null) return
      if (passedMs >= killGraceMs) signalAll(left, 'SIGKILL')
      else signalAll(fresh, 'SIGTERM')
      const pause = delay(passedMs < 100 ? 10 : 50)
      await (command.exitCode === null ? Promise.race([command.finished, pause]) : pause)
    }
    if (command.exitCode !== null) return
    const what = `Command ${command.request.id} is a loop of the shell itself, which only ends with its session`
    throw new PlatformError('CONFLICT', `conflict: ${what}`)
  }

  async #run(waiting: Waiting): Promise<void> {
    // It was killed before its turn.
    if (waiting.command.exitCode !== null) return
    this.#current = { command: waiting.command, began: now() }
    await this.#give(waiting)
    this.#current = null
  }

  async #give({ command, script }: Waiting): Promise<void> {
    if (this.#isEnded) return command.fail(this.#ended('The session ended before this command could start'))
    const { started, input, statuses, stack } = this.#running
    try {
      const files = await command.open(this.#options.scratch, script)
      if (this.#isEnded) throw this.#ended('The session ended before this command could start')
      const { number, status } = statuses.next()
      input.write(commandLine(this.#options.shell, files, { number, file: statuses.writeEnd }))
      const pid = started.child.pid ?? 0
      const endWatch = watchShell({ pid, stack, input, onLost: () => void this.#giveUp(command) })
      const exitCode = await status
      endWatch()
      if (this.#hasUnread) throw this.#ended('The shell ended before it could run this command')
      await command.finish(exitCode)
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      await command.fail(thrown instanceof PlatformError ? thrown : new PlatformError('INTERNAL_SERVER_ERROR', message))
    }
  }

  /** Ends a shell that works but tells no statuses any more; what it started in the background lives on. */
  async #giveUp(command: SessionCommand): Promise<void> {
    command.note('the shell no longer tells how its commands end (set -n, or a function named like a builtin): it ends')
    const { started, input } = this.#running
    this.#isEnded = true
    input.close()
    await Promise.race([this.#gone, delay(endOfInputMs, undefined, { ref: false })])
    started.child.kill('SIGKILL')
  }

  #ended(reason: string): PlatformError {
    return new PlatformError('SESSION_ENDED', `gone: ${reason}: ${this.id}`)
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

/** Texts are remembered for listings only; files that travel in commands are not kept whole. */
function shorten(text: string): string {
  if (text.length <= limits.sessionCommandTextLength) return text
  return `${text.slice(0, limits.sessionCommandTextLength)}… [${text.length} characters]`
}
