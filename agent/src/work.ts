import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fileRoutes, gitRoutes, infoRoutes, processRoutes, sessionRoutes } from '@sandyard/protocol'
import { createFileHandlers } from './files/routes.ts'
import { createGitHandlers } from './git/routes.ts'
import { createRouter } from './http/router.ts'
import { createUpgrades } from './http/upgrades.ts'
import { createInfoHandlers } from './info/routes.ts'
import { createEnvironment } from './processes/environment.ts'
import { createShellChoice, findProgram } from './processes/programs.ts'
import { createProcessHandlers } from './processes/routes.ts'
import { createScratch } from './processes/scratch.ts'
import { readShellList } from './processes/shell-list.ts'
import { killTree, type Tree } from './processes/tree.ts'
import { createSessionHandlers } from './sessions/routes.ts'
import { createSessions } from './sessions/sessions.ts'
import { answerConnect } from './tunnel/connect.ts'

/** What the agent works with. */
export interface WorkOptions {
  /** folder that relative paths start from */
  readonly workDir: string
  /** folder with our own Node and tools; absent in tests */
  readonly runtime: string | undefined
  /** told of what should not happen, and where */
  readonly logFault: (fault: unknown, where: string) => void
}

/** Everything the agent does for its callers. */
export interface Work {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** Ends all that was started, gently first. */
  end(): Promise<void>
}

/** Wires the parts of the agent. */
export function createWork({ workDir, runtime, logFault }: WorkOptions): Work {
  const environment = createEnvironment(process.env)
  const chooseShell = createShellChoice(readShellList)
  const scratch = createScratch(() => {
    const mkfifo = findProgram('mkfifo', environment.read()) ?? findProgram('mkfifo', { PATH: '/usr/bin:/bin' })
    return mkfifo === null ? null : [mkfifo]
  })
  const running = new Set<Tree>()
  const context = { workDir, environment, runtime, scratch, chooseShell, running }
  const sessions = createSessions(context)

  const router = createRouter(logFault)
  router.add(infoRoutes, createInfoHandlers(context))
  router.add(processRoutes, createProcessHandlers(context))
  router.add(sessionRoutes, createSessionHandlers(sessions))
  router.add(fileRoutes, createFileHandlers(context))
  router.add(gitRoutes, createGitHandlers({ workDir, environment: environment.read }))

  const upgrades = createUpgrades(logFault)
  upgrades.add('/process/session/{sessionId}/command/{commandId}/logs', async (upgrade) => {
    const { sessionId = '', commandId = '' } = upgrade.params
    const command = await sessions.command(sessionId, commandId)
    const { streamLog } = await import('./sessions/log-stream.ts') // only streams need the WebSocket library
    await streamLog(command, upgrade)
  })

  setImmediate(scratch.prepare)
  return {
    answer: router.answer,
    upgrade: upgrades.answer,
    connect: answerConnect,
    async end() {
      const trees = [...running]
      await Promise.allSettled([sessions.endAll(400), ...trees.map(killTree)])
      scratch.close()
    },
  }
}
