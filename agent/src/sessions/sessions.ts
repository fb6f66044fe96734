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
import type { OutputForm } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import { EntrypointSession } from './entrypoint.ts'
import { type Session, ShellSession } from './session.ts'

/** What sessions need of the agent. */
export interface SessionContext {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly scratch: Scratch
  /** program and arguments that the image starts with; null where there is none */
  readonly entrypoint: readonly string[] | null
  chooseShell(variables: Readonly<Record<string, string>>): Shell | null
}

/** The sessions of the sandbox, by the id that the caller chose. */
export interface Sessions {
  create(id: string, startsAtHome: boolean): Promise<void>
  /** oldest first, without that of the entrypoint */
  list(): Promise<Session[]>
  get(id: string): Promise<Session>
  /** one that takes commands */
  shell(id: string): Promise<ShellSession>
  /** the session of the image's own program, which it starts if that was not done yet */
  entrypoint(): Promise<EntrypointSession>
  entrypointCommand(): Promise<SessionCommand>
  command(sessionId: string, commandId: string): Promise<SessionCommand>
  delete(id: string): Promise<void>
  /** ends all but that of the entrypoint: SIGTERM, then SIGKILL */
  endAll(graceMs: number): Promise<void>
  /** ends what the image started: SIGTERM, and SIGKILL if it takes too long */
  endEntrypoint(): Promise<void>
}

/** Reserved for the image's own entrypoint (toolbox.md 1.5). */
export const entrypointId = 'entrypoint'

const deleteGraceMs = 5000

/** What the image's own program has to end in when the sandbox stops, ms: a little less than the sandbox itself has. */
const entrypointGraceMs = 8000

/** Makes the empty collection. Ids are names only and never part of a path. */
export function createSessions(context: SessionContext): Sessions {
  const sessions = new Map<string, Promise<ShellSession>>()
  let root: Promise<string> | null = null
  let entrypoint: Promise<EntrypointSession> | null = null

  const makeFolder = async (variables: Readonly<Record<string, string>>): Promise<string> => {
    root ??= openRoot(variables.HOME ?? homedir())
    const folder = join(await root, newId())
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {}) // a full disk: logs stay in memory
    return folder
  }

  const start = async (id: string, startsAtHome: boolean): Promise<ShellSession> => {
    const variables = context.environment.read()
    const shell = context.chooseShell(variables)
    if (shell === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'This image has no shell to make a session of')
    const folder = await makeFolder(variables)
    const cwd = startsAtHome ? (variables.HOME ?? context.workDir) : context.workDir
    try {
      return await ShellSession.start({ id, shell, cwd, variables, scratch: context.scratch, folder })
    } catch (thrown) {
      if (thrown instanceof StartError) throw new PlatformError('UNPROCESSABLE_ENTITY', thrown.message)
      throw thrown
    }
  }

  const startEntrypoint = async (argv: readonly string[]): Promise<EntrypointSession> => {
    const variables = context.environment.read()
    const folder = await makeFolder(variables)
    const { workDir: cwd, scratch } = context
    return await EntrypointSession.start({ id: entrypointId, argv, cwd, variables, scratch, folder })
  }

  const getEntrypoint = async (): Promise<EntrypointSession> => {
    if (context.entrypoint === null) {
      throw new PlatformError('PROCESS_NOT_FOUND', 'This sandbox was started without an entrypoint')
    }
    entrypoint ??= startEntrypoint(context.entrypoint)
    return await entrypoint
  }

  const get = async (id: string): Promise<Session> => (id === entrypointId ? getEntrypoint() : getShell(id))

  const getShell = (id: string): Promise<ShellSession> => {
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
    get,
    shell: async (id) => getShell(id),
    entrypoint: getEntrypoint,
    entrypointCommand: async () => (await getEntrypoint()).command,
    async command(sessionId, commandId) {
      const command = (await get(sessionId)).commands.get(commandId)
      if (command === undefined) {
        throw new PlatformError('PROCESS_NOT_FOUND', `Session ${sessionId} has no command ${commandId.slice(0, 100)}`)
      }
      return command
    },
    async delete(id) {
      rejectEntrypoint(id)
      const session = getShell(id)
      sessions.delete(id)
      await (await session).end(deleteGraceMs)
    },
    async endAll(graceMs) {
      const all = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(all.map(async (session) => (await session).end(graceMs)))
    },
    async endEntrypoint() {
      await (await entrypoint)?.end(entrypointGraceMs)
    },
  }
}

/** Refuses the id that is not the caller's to use. */
export function rejectEntrypoint(id: string): void {
  if (id === entrypointId) throw new PlatformError('BAD_REQUEST', 'bad request: the id entrypoint is reserved')
}

/** The log of the entrypoint has its markers in every form (toolbox.md 1.5). */
export function entrypointForm(form: OutputForm): OutputForm {
  return form === 'combined' ? 'raw' : form
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
