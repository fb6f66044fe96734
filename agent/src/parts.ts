import type { ProgramContext } from './attach/start-attached.ts'
import { createRouter, type Router } from './http/router.ts'
import { createUpgrades, type Upgrades } from './http/upgrades.ts'
import type { InterpreterOptions } from './interpreter/contexts.ts'
import type { LanguageServers } from './lsp/language-servers.ts'
import { type Once, once } from './once.ts'
import type { ProcessContext } from './processes/routes.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { TerminalContext } from './terminals/shell.ts'

/** Calls that are loaded together. */
export interface Part {
  readonly router: Router
  readonly upgrades: Upgrades
}

/** What the parts are given, made once for all of them. */
export interface Shared {
  readonly context: ProcessContext & TerminalContext & InterpreterOptions & ProgramContext
  readonly sessions: () => Promise<Sessions>
  readonly languageServers: () => Promise<LanguageServers>
}

/** Gives the part for the path of a URL; it is loaded when it is first asked for, as most sandboxes never use most. */
export function createParts(shared: Shared, logFault: (fault: unknown, where: string) => void) {
  const parts: readonly (readonly [prefix: string, part: Once<Part>])[] = loaders.map(([prefix, load]) => [
    prefix,
    once(async () => {
      const part = { router: createRouter(logFault), upgrades: createUpgrades(logFault) }
      await load(part, shared)
      return part
    }),
  ])
  return async (url: string): Promise<Part> => {
    const found = parts.find(([prefix]) => url.startsWith(prefix))
    if (found === undefined) throw new Error('the last prefix fits every URL')
    return await found[1]()
  }
}

/** Loads the code of a part and adds its rows. */
type Loader = (part: Part, shared: Shared) => Promise<void>

const loadSessions: Loader = async ({ router, upgrades }, { sessions }) => {
  const { sessionRoutes } = await import('@sandyard/protocol/toolbox/sessions')
  const { createSessionHandlers } = await import('./sessions/routes.ts')
  const { addLogStreams } = await import('./sessions/log-stream.ts')
  router.add(sessionRoutes, createSessionHandlers(await sessions()))
  addLogStreams(upgrades, await sessions())
}

const loadTerminals: Loader = async ({ router, upgrades }, { context }) => {
  const { terminalRoutes } = await import('@sandyard/protocol/toolbox/terminals')
  const { createTerminals } = await import('./terminals/terminals.ts')
  const { createTerminalHandlers } = await import('./terminals/routes.ts')
  const { addTerminalSockets } = await import('./terminals/connect.ts')
  const terminals = createTerminals(context)
  router.add(terminalRoutes, createTerminalHandlers(terminals))
  addTerminalSockets(upgrades, terminals)
}

const loadInterpreter: Loader = async ({ router, upgrades }, { context }) => {
  const { interpreterRoutes } = await import('@sandyard/protocol/toolbox/interpreter')
  const { createContexts } = await import('./interpreter/contexts.ts')
  const { createInterpreterHandlers } = await import('./interpreter/routes.ts')
  const { addExecute } = await import('./interpreter/execute.ts')
  const contexts = createContexts(context)
  router.add(interpreterRoutes, createInterpreterHandlers(contexts))
  addExecute(upgrades, contexts)
}

const loadProcesses: Loader = async ({ router }, { context }) => {
  const { processRoutes } = await import('@sandyard/protocol/toolbox/processes')
  const { createProcessHandlers } = await import('./processes/routes.ts')
  router.add(processRoutes, createProcessHandlers(context))
}

const loadAttachments: Loader = async ({ router, upgrades }, { context }) => {
  const { attachmentRoutes } = await import('@sandyard/protocol/toolbox/attachments')
  const { addProgram } = await import('./attach/over-web-socket.ts')
  const { attachProgram } = attachmentRoutes
  router.add({ attachProgram }, {})
  addProgram(upgrades, context)
}

const loadVariables: Loader = async ({ router }, { context }) => {
  const { variableRoutes } = await import('@sandyard/protocol/toolbox/variables')
  const { createVariableHandlers } = await import('./processes/variables.ts')
  router.add(variableRoutes, createVariableHandlers(context.environment))
}

const loadFiles: Loader = async ({ router }, { context }) => {
  const { fileRoutes } = await import('@sandyard/protocol/toolbox/files')
  const { createFileHandlers } = await import('./files/routes.ts')
  router.add(fileRoutes, createFileHandlers(context))
}

const loadGit: Loader = async ({ router }, { context }) => {
  const { workDir, environment, tools } = context
  const { gitRoutes } = await import('@sandyard/protocol/toolbox/git')
  const { createGitHandlers } = await import('./git/routes.ts')
  router.add(gitRoutes, createGitHandlers({ workDir, environment: environment.read, tools }))
}

const loadLanguageServers: Loader = async ({ router }, { context, languageServers }) => {
  const { languageServerRoutes } = await import('@sandyard/protocol/toolbox/language-servers')
  const { createLanguageServerHandlers } = await import('./lsp/routes.ts')
  router.add(languageServerRoutes, createLanguageServerHandlers(await languageServers(), context.workDir))
}

const loadComputerUse: Loader = async ({ router }) => {
  const { computerUseRoutes } = await import('@sandyard/protocol/toolbox/computer-use')
  const { refuseAll } = await import('./computer-use.ts')
  router.add(computerUseRoutes, refuseAll(computerUseRoutes))
}

const loadInfo: Loader = async ({ router, upgrades }, { context }) => {
  const { infoRoutes } = await import('@sandyard/protocol/toolbox/info')
  const { createInfoHandlers } = await import('./info/routes.ts')
  const { attachmentRoutes } = await import('@sandyard/protocol/toolbox/attachments')
  const { connectPort } = attachmentRoutes
  router.add(infoRoutes, createInfoHandlers(context))
  router.add({ connectPort }, {})
  upgrades.add(connectPort, async (upgrade) => {
    const { connectUpgrade } = await import('./attach/over-web-socket.ts')
    await connectUpgrade(upgrade)
  })
}

/** The first prefix that fits wins. */
const loaders: readonly (readonly [prefix: string, load: Loader])[] = [
  ['/process/session', loadSessions],
  ['/process/pty', loadTerminals],
  ['/process/interpreter', loadInterpreter],
  ['/process/attach', loadAttachments],
  ['/process/', loadProcesses],
  ['/env', loadVariables],
  ['/files', loadFiles],
  ['/git/', loadGit],
  ['/lsp/', loadLanguageServers],
  ['/computeruse/', loadComputerUse],
  ['', loadInfo],
]
