import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { toFileError } from '../files/file-error.ts'
import { quotePath, resolvePath } from '../files/path.ts'
import type { SandboxEnvironment } from '../processes/environment.ts'
import type { Tools } from '../tools.ts'
import { kindOf, type Language } from './kinds.ts'
import { ProjectServer } from './project-server.ts'

/** What language servers need of the agent. */
export interface LanguageServerContext {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly tools: Tools
}

/** A server as callers name it. */
export interface ServerName {
  readonly languageId: Language
  /** absolute, or relative to the work dir */
  readonly pathToProject: string
}

/** The language servers of the sandbox, one for a language and a project. */
export interface LanguageServers {
  /** Starts a server; one that runs stays. Throws file errors, TOO_MANY_REQUESTS, UNPROCESSABLE_ENTITY. */
  start(name: ServerName): Promise<void>
  /** Throws LSP_SERVER_NOT_INITIALIZED when it was not started, or has ended. */
  get(name: ServerName): ProjectServer
  /** Stops a server; one that another language needs as well goes on. Throws as `get` does. */
  stop(name: ServerName): Promise<void>
  /** ends all of them, gently first */
  endAll(graceMs: number): Promise<void>
}

const stopGraceMs = 2000

/** Makes the empty collection. */
export function createLanguageServers(
  context: LanguageServerContext,
  idleMs: number = limits.languageServerIdleMs,
): LanguageServers {
  const servers = new Map<string, ProjectServer>()

  const place = ({ languageId, pathToProject }: ServerName) => {
    const kind = kindOf(languageId, context.tools)
    const project = resolve(resolvePath(context.workDir, pathToProject))
    return { kind, project, key: `${kind.name} ${project}` }
  }
  const get = (name: ServerName): ProjectServer => {
    const { key, project } = place(name)
    const server = servers.get(key)
    if (server?.languages.has(name.languageId)) return server
    throw new PlatformError(
      'LSP_SERVER_NOT_INITIALIZED',
      `server not initialized: start the ${name.languageId} language server of ${quotePath(project)} first`,
    )
  }
  const make = (name: ServerName): ProjectServer => {
    const { kind, project, key } = place(name)
    if (servers.size >= limits.languageServerCount) {
      throw new PlatformError(
        'TOO_MANY_REQUESTS',
        `${limits.languageServerCount} language servers are started already: stop one first`,
      )
    }
    const onLost = (): void => forget(key, server)
    const server = new ProjectServer({ kind, project, environment: context.environment.read, idleMs, onLost })
    servers.set(key, server)
    return server
  }
  const forget = (key: string, server: ProjectServer): void => {
    if (servers.get(key) === server) servers.delete(key)
  }

  return {
    get,
    async start(name) {
      const { key, project } = place(name)
      await checkFolder(project)
      const server = servers.get(key) ?? make(name)
      const isFirst = server.languages.size === 0
      server.languages.add(name.languageId)
      try {
        await server.start()
      } catch (thrown) {
        if (isFirst) forget(key, server)
        throw thrown
      }
    },
    async stop(name) {
      const server = get(name)
      server.languages.delete(name.languageId)
      if (server.languages.size > 0) return
      forget(place(name).key, server)
      await server.stop(stopGraceMs)
    },
    async endAll(graceMs) {
      const all = [...servers.values()]
      servers.clear()
      await Promise.allSettled(all.map((server) => server.stop(graceMs)))
    },
  }
}

async function checkFolder(path: string): Promise<void> {
  const stats = await stat(path).catch((thrown: unknown) => {
    throw toFileError(thrown, path)
  })
  if (!stats.isDirectory()) throw new PlatformError('INVALID_FILE_PATH', `not a folder: ${quotePath(path)}`)
}
