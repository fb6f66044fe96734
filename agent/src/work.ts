import { stat } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createRouter, type Router } from './http/router.ts'
import { createUpgrades, type Upgrades } from './http/upgrades.ts'
import { createEnvironment } from './processes/environment.ts'
import { createShellChoice, findProgram } from './processes/programs.ts'
import { createScratch } from './processes/scratch.ts'
import { readShellList } from './processes/shell-list.ts'
import { killTree, type Tree } from './processes/tree.ts'
import { readEntrypoint } from './sessions/entrypoint-setting.ts'
import type { Sessions } from './sessions/sessions.ts'
import { findTools } from './tools.ts'

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
  /** Loads what a first command needs, before it comes, and starts the image's own program. */
  prepare(): void
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  /** Ends all that was started, gently first: within a second, but for the image's own program, which has more. */
  end(): Promise<void>
}

/** Calls that are loaded together. */
interface Part {
  readonly router: Router
  readonly upgrades: Upgrades
}

/** Wires the parts of the agent. Each is loaded when a call for it comes: most sandboxes never use most of them. */
export function createWork({ workDir, runtime, logFault }: WorkOptions): Work {
  const tools = findTools(runtime)
  const environment = createEnvironment(process.env)
  const chooseShell = createShellChoice(readShellList)
  const scratch = createScratch(() => {
    if (tools.busybox !== null) return [tools.busybox, 'mkfifo']
    const mkfifo = findProgram('mkfifo', environment.read()) ?? findProgram('mkfifo', { PATH: '/usr/bin:/bin' })
    return mkfifo === null ? null : [mkfifo]
  })
  const running = new Set<Tree>()
  const entrypoint = readEntrypoint(process.env)
  const context = { workDir, environment, tools, scratch, chooseShell, running, entrypoint }
  const languageServers = once(async () => (await import('./lsp/language-servers.ts')).createLanguageServers(context))
  const sessions = once(async () => (await import('./sessions/sessions.ts')).createSessions(context))

  const part = (load: (part: Part) => Promise<void>): (() => Promise<Part>) =>
    once(async () => {
      const made = { router: createRouter(logFault), upgrades: createUpgrades(logFault) }
      await load(made)
      return made
    })
  const processes = part(async ({ router }) => {
    const { processRoutes } = await import('@sandyard/protocol/toolbox/processes')
    const { createProcessHandlers } = await import('./processes/routes.ts')
    router.add(processRoutes, createProcessHandlers(context))
  })
  const info = part(async ({ router }) => {
    const { infoRoutes } = await import('@sandyard/protocol/toolbox/info')
    const { createInfoHandlers } = await import('./info/routes.ts')
    router.add(infoRoutes, createInfoHandlers(context))
  })
  const startEntrypoint = async (): Promise<void> => void (await (await sessions()).entrypoint())
  /** The first prefix that fits wins. */
  const parts: readonly (readonly [prefix: string, part: () => Promise<Part>])[] = [
    [
      '/process/session',
      part(async ({ router, upgrades }) => {
        const { sessionRoutes } = await import('@sandyard/protocol/toolbox/sessions')
        const { createSessionHandlers } = await import('./sessions/routes.ts')
        const { addLogStreams } = await import('./sessions/log-stream.ts')
        router.add(sessionRoutes, createSessionHandlers(await sessions()))
        addLogStreams(upgrades, await sessions())
      }),
    ],
    [
      '/process/pty',
      part(async ({ router, upgrades }) => {
        const { terminalRoutes } = await import('@sandyard/protocol/toolbox/terminals')
        const { createTerminals } = await import('./terminals/terminals.ts')
        const { createTerminalHandlers } = await import('./terminals/routes.ts')
        const { addTerminalSockets } = await import('./terminals/connect.ts')
        const terminals = createTerminals(context)
        router.add(terminalRoutes, createTerminalHandlers(terminals))
        addTerminalSockets(upgrades, terminals)
      }),
    ],
    [
      '/process/interpreter',
      part(async ({ router, upgrades }) => {
        const { interpreterRoutes } = await import('@sandyard/protocol/toolbox/interpreter')
        const { createContexts } = await import('./interpreter/contexts.ts')
        const { createInterpreterHandlers } = await import('./interpreter/routes.ts')
        const { addExecute } = await import('./interpreter/execute.ts')
        const contexts = createContexts(context)
        router.add(interpreterRoutes, createInterpreterHandlers(contexts))
        addExecute(upgrades, contexts)
      }),
    ],
    ['/process/', processes],
    [
      '/files',
      part(async ({ router }) => {
        const { fileRoutes } = await import('@sandyard/protocol/toolbox/files')
        const { createFileHandlers } = await import('./files/routes.ts')
        router.add(fileRoutes, createFileHandlers(context))
      }),
    ],
    [
      '/git/',
      part(async ({ router }) => {
        const { gitRoutes } = await import('@sandyard/protocol/toolbox/git')
        const { createGitHandlers } = await import('./git/routes.ts')
        router.add(gitRoutes, createGitHandlers({ workDir, environment: environment.read, tools }))
      }),
    ],
    [
      '/lsp/',
      part(async ({ router }) => {
        const { languageServerRoutes } = await import('@sandyard/protocol/toolbox/language-servers')
        const { createLanguageServerHandlers } = await import('./lsp/routes.ts')
        router.add(languageServerRoutes, createLanguageServerHandlers(await languageServers(), workDir))
      }),
    ],
    [
      '/computeruse/',
      part(async ({ router }) => {
        const { computerUseRoutes } = await import('@sandyard/protocol/toolbox/computer-use')
        const { refuseAll } = await import('./computer-use.ts')
        router.add(computerUseRoutes, refuseAll(computerUseRoutes))
      }),
    ],
    ['/', info],
  ]
  const partFor = (url = '/'): Promise<Part> => (parts.find(([prefix]) => url.startsWith(prefix))?.[1] ?? info)()

  return {
    prepare() {
      startThreads()
      scratch.prepare()
      processes().catch((fault: unknown) => logFault(fault, 'prepare'))
      if (entrypoint !== null) startEntrypoint().catch((fault: unknown) => logFault(fault, 'entrypoint'))
    },
    async answer(request, response) {
      await (await partFor(request.url)).router.answer(request, response)
    },
    async upgrade(request, socket, head) {
      await (await partFor(request.url)).upgrades.answer(request, socket, head)
    },
    async connect(request, socket, head) {
      const { answerConnect } = await import('./tunnel/connect.ts')
      await answerConnect(request, socket, head)
    },
    async end() {
      const opened: Sessions | undefined = await sessions.opened()
      const started = await languageServers.opened()
      const all = Promise.allSettled([opened?.endAll(400), started?.endAll(300), ...[...running].map(killTree)])
      await Promise.all([opened?.endEntrypoint(), Promise.race([all, delay(endLimitMs)])])
      scratch.close()
    },
  }
}

/**
 * Starts the threads that read files for us, which Node would do at the first use. When the sandbox has no room for
 * another thread by then, that would end the agent, and the sandbox with it.
 */
function startThreads(): void {
  stat('/', () => {})
}

/** Nothing is waited for longer when the agent ends, ms. */
const endLimitMs = 800

/** Makes something at the first call and gives the same to all; `opened` never makes it. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { opened(): Promise<T> | undefined } {
  let made: Promise<T> | undefined
  const open = (): Promise<T> => {
    made ??= make()
    return made
  }
  return Object.assign(open, { opened: () => made })
}
