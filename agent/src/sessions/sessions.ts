import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { isUuid } from '@sandyard/protocol/ids'
import { limits } from '@sandyard/protocol/limits'
import { newId } from '../new-id.ts'
import type { SandboxEnvironment } from '../processes/environment.ts'
import type { Shell } from '../processes/programs.ts'
import type { Scratch } from '../processes/scratch.ts'
import { StartError } from '../processes/start.ts'
import type { SessionCommand } from './command.ts'
import { ShellSession } from './session.ts'

/** What sessions need of the agent. */
export interface SessionContext {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly scratch: Scratch
  chooseShell(variables: Readonly<Record<string, string>>): Shell | null
}

/** The sessions of the sandbox, by the id that the caller chose. */
export interface Sessions {
  create(id: string, startsAtHome: boolean): Promise<void>
  /** oldest first */
  list(): Promise<ShellSession[]>
  get(id: string): Promise<ShellSession>
  command(sessionId: string, commandId: string): Promise<SessionCommand>
  delete(id: string): Promise<void>
  /** ends all of them: SIGTERM, then SIGKILL */
  endAll(graceMs: number): Promise<void>
}

/** Reserved for the image's own entrypoint (toolbox.md 1.5). */
const entrypointId = 'entrypoint'

const deleteGraceMs = 5000

/** Makes the empty collection. Ids are names only and never part of a path. */
export function createSessions(context: SessionContext): Sessions {
  const sessions = new Map<string, Promise<ShellSession>>()
  let root: Promise<string> | null = null

  const start = async (id: string, startsAtHome: boolean): Promise<ShellSession> => {
    const variables = context.environment.read()
    const shell = context.chooseShell(variables)
    if (shell === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'This image has no shell to make a session of')
    root ??= openRoot(variables.HOME ?? homedir())
    const folder = join(await root, newId())
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {}) // a full disk: logs stay in memory
    const cwd = startsAtHome ? (variables.HOME ?? context.workDir) : context.workDir
    try {
      return await ShellSession.start({ id, shell, cwd, variables, scratch: context.scratch, folder })
    } catch (thrown) {
      if (thrown instanceof StartError) throw new PlatformError('UNPROCESSABLE_ENTITY', thrown.message)
      throw thrown
    }
  }

  const get = (id: string): Promise<ShellSession> => {
    const session = sessions.get(id)
    if (session === undefined)
      throw new PlatformError('PROCESS_NOT_FOUND', `There is no session ${id.slice(0, limits.sessionIdLength)}`)
    return session
  }

  return {
    async create(id, startsAtHome) {
      rejectEntrypoint(id)
      if (sessions.has(id)) throw new PlatformError('CONFLICT', `conflict: session ${id} exists already`)
      if (sessions.size >= limits.sessionCount) {
        throw new PlatformError('TOO_MANY_REQUESTS', `There are ${limits.sessionCount} sessions already`)
      }
      const starting = start(id, startsAtHome)
      sessions.set(id, starting)
      try {
        await starting
      } catch (thrown) {
        if (sessions.get(id) === starting) sessions.delete(id)
        throw thrown
      }
    },
    async list() {
      const settled = await Promise.allSettled(sessions.values())
      return settled.filter((one) => one.status === 'fulfilled').map((one) => one.value)
    },
    get: async (id) => get(id),
    async command(sessionId, commandId) {
      const command = (await get(sessionId)).commands.get(commandId)
      if (command === undefined) {
        throw new PlatformError('PROCESS_NOT_FOUND', `Session ${sessionId} has no command ${commandId.slice(0, 100)}`)
      }
      return command
    },
    async delete(id) {
      rejectEntrypoint(id)
      const session = get(id)
      sessions.delete(id)
      await (await session).end(deleteGraceMs)
    },
    async endAll(graceMs) {
      const all = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(all.map(async (session) => (await session).end(graceMs)))
    },
  }
}

/** Refuses the id that is not the caller's to use. */
export function rejectEntrypoint(id: string): void {
  if (id === entrypointId) throw new PlatformError('BAD_REQUEST', 'bad request: the id entrypoint is reserved')
}

/** Private folder for logs. What sessions of an earlier start left there is removed: their index is gone. */
async function openRoot(home: string): Promise<string> {
  const root = join(home, '.daytona', 'sessions')
  try {
    await mkdir(root, { recursive: true, mode: 0o700 })
    const stale = (await readdir(root)).filter(isUuid)
    for (const name of stale) await rm(join(root, name), { recursive: true, force: true })
    return root
  } catch {
    return await mkdtemp(join(tmpdir(), 'daytona-sessions-')).catch(() => root) // nothing writable: kept in memory
  }
}
