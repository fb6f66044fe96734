import { closeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@sandyard/protocol/limits'
import { readPipe } from '../processes/capture.ts'
import type { Pipe, Scratch } from '../processes/scratch.ts'
import { StartError, type Started, startProcess } from '../processes/start.ts'
import { endTree } from '../processes/tree.ts'
import { SessionCommand } from './command.ts'
import { SessionLog } from './log.ts'
import type { Session } from './session.ts'

/** Id of its one command (toolbox.md 2.4). */
const commandId = 'entrypoint_command'

/** What is left of it when it has ended itself gets this long, ms. */
const childrenGraceMs = 500

/** What the entrypoint runs with. */
export interface EntrypointOptions {
  readonly id: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  readonly scratch: Scratch
  /** private folder for its log; made by the caller */
  readonly folder: string
}

/** The image's own program, as a session with one command. It is started once; its log keeps the end. */
export class EntrypointSession implements Session {
  readonly id: string
  readonly command: SessionCommand
  readonly commands: ReadonlyMap<string, SessionCommand>
  readonly #folder: string
  #started: Started | null = null

  private constructor({ id, argv, folder }: EntrypointOptions) {
    this.id = id
    this.#folder = folder
    const path = join(folder, `${commandId}.log`)
    const log = new SessionLog({ path, limitBytes: limits.entrypointLogBytes, keeps: 'end' })
    const request = { id: commandId, text: argv.map(quoteIfNeeded).join(' '), isAsync: false, isEchoSuppressed: true }
    this.command = new SessionCommand(request, log)
    this.commands = new Map([[commandId, this.command]])
  }

  /** Starts the program. One that cannot be started is a session whose command has ended, with the reason in its log. */
  static async start(options: EntrypointOptions): Promise<EntrypointSession> {
    const session = new EntrypointSession(options)
    try {
      const started = await session.#launch(options)
      session.#started = started
      void started.exited.then((exitCode) => session.command.finish(exitCode))
    } catch (thrown) {
      session.command.note(thrown instanceof Error ? thrown.message : String(thrown))
      await session.command.finish(thrown instanceof StartError && thrown.code === 'EACCES' ? 126 : 127)
    }
    return session
  }

  /** Sends SIGTERM to the program, as to the first process of a container; after `graceMs` all it started is killed. */
  async end(graceMs: number): Promise<void> {
    if (this.#started === null) return
    const { child, exited, tree } = this.#started
    child.kill('SIGTERM')
    await Promise.race([exited, delay(graceMs, undefined, { ref: false })])
    await endTree(tree, childrenGraceMs)
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #launch({ argv, cwd, variables, scratch }: EntrypointOptions): Promise<Started> {
    const [file = '', ...args] = argv
    const out = await scratch.openPipe()
    const err = await scratch.openPipe()
    try {
      const stdio = ['ignore', out?.writeEnd ?? 'pipe', err?.writeEnd ?? 'pipe'] as const
      const started = await startProcess({ file, args, argv0: file, cwd, variables, stdio: [...stdio] })
      this.command.collect('stdout', readable(out, started.child.stdout))
      this.command.collect('stderr', readable(err, started.child.stderr))
      return started
    } catch (thrown) {
      for (const pipe of [out, err]) if (pipe !== null) closeSync(pipe.readEnd)
      throw thrown
    } finally {
      for (const pipe of [out, err]) if (pipe !== null) closeSync(pipe.writeEnd)
    }
  }
}

function readable(pipe: Pipe | null, own: Readable | null): Readable {
  if (pipe !== null) return readPipe(pipe.readEnd)
  if (own === null) throw new Error('A program without pipes was started')
  return own
}

/** The program as somebody would type it. */
function quoteIfNeeded(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`
}
