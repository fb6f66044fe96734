import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect, parseArgs } from 'node:util'
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
import { answerLifeline, lifelinePath } from './tunnel/lifeline.ts'

const { values: options } = parseArgs({
  options: {
    /** descriptor of a listening socket that the platform handed over */
    'listen-fd': { type: 'string' },
    /** path of a unix socket to make, where there is no such descriptor */
    'listen-path': { type: 'string' },
    'work-dir': { type: 'string' },
    /** folder with our own Node and tools */
    runtime: { type: 'string' },
  },
})

const workDir = options['work-dir'] ?? process.cwd()
const environment = createEnvironment(process.env)
const chooseShell = createShellChoice(readShellList)
const scratch = createScratch(() => {
  const mkfifo = findProgram('mkfifo', environment.read()) ?? findProgram('mkfifo', { PATH: '/usr/bin:/bin' })
  return mkfifo === null ? null : [mkfifo]
})
const running = new Set<Tree>()
const context = { workDir, environment, runtime: options.runtime, scratch, chooseShell, running }
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

const server = createServer({
  maxHeaderSize: 64 * 1024,
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  // Other upgrades (h2c of curl) are offers that HTTP/1.1 may pass over.
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
})
server.on('request', (request, response) => {
  if (request.url === lifelinePath) answerLifeline(response)
  else void router.answer(request, response)
})
server.on('upgrade', (request, socket, head) => void upgrades.answer(request, socket, head))
server.on('connect', (request, socket, head) => void answerConnect(request, socket, head))
server.once('connection', () => setImmediate(scratch.prepare))
server.once('error', (error) => {
  logFault(error, 'listen')
  process.exit(1)
})
const fd = options['listen-fd']
if (fd === undefined) server.listen(options['listen-path'])
else server.listen({ fd: Number(fd) })

process.once('SIGTERM', () => void end())
process.once('SIGINT', () => void end())
// A fault in one call must not end all the others, nor the sandbox with them.
process.on('uncaughtException', (fault) => logFault(fault, 'uncaught'))
process.on('unhandledRejection', (fault) => logFault(fault, 'unhandled'))

async function end(): Promise<void> {
  server.close()
  const trees = [...running]
  const ended = Promise.allSettled([sessions.endAll(400), ...trees.map(killTree)])
  await Promise.race([ended, delay(800)])
  scratch.close()
  process.exit(0)
}

function logFault(fault: unknown, where: string): void {
  try {
    writeSync(2, `agent: ${where}: ${inspect(fault)}\n`)
  } catch {
    // Nobody reads our log: that is no reason to stop working.
  }
}
