import { stat } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { attachProtocol } from '@sandyard/protocol/attach'
import { once } from './once.ts'
import { createParts, type Part } from './parts.ts'
import { createEnvironment } from './processes/environment.ts'
import { createShellChoice, findProgram } from './processes/programs.ts'
import { createScratch } from './processes/scratch.ts'
import { readShellList } from './processes/shell-list.ts'
import { killTree, type Tree } from './processes/tree.ts'
import { readEntrypoint } from './sessions/entrypoint-setting.ts'
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

/** Makes what the parts of the agent share, and ends with them what they have started. */
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

  const attach = once(async () => (await import('./attach/attach.ts')).createAttach(context, logFault))

  const partFor = createParts({ context, sessions, languageServers }, logFault)
  /** Null where the code could not be read: descriptors or memory of the sandbox are full. The next call tries again. */
  const loaded = (url = '/'): Promise<Part | null> =>
    partFor(url).catch((fault: unknown) => {
      logFault(fault, 'load')
      return null
    })
  const startEntrypoint = async (): Promise<void> => void (await (await sessions()).entrypoint())

  return {
    prepare() {
      startThreads()
      scratch.prepare()
      partFor('/process/').catch((fault: unknown) => logFault(fault, 'prepare'))
      if (entrypoint !== null) startEntrypoint().catch((fault: unknown) => logFault(fault, 'entrypoint'))
    },
    async answer(request, response) {
      const part = await loaded(request.url)
      if (part !== null) await part.router.answer(request, response)
      else response.writeHead(503, { connection: 'close' }).end()
    },
    async upgrade(request, socket, head) {
      if (request.headers.upgrade?.toLowerCase() === attachProtocol) await (await attach())(request, socket, head)
      else {
        const part = await loaded(request.url)
        if (part !== null) await part.upgrades.answer(request, socket, head)
        else socket.destroy()
      }
    },
    async connect(request, socket, head) {
      const { answerConnect } = await import('./tunnel/connect.ts')
      await answerConnect(request, socket, head)
    },
    async end() {
      const opened = await sessions.opened()
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
