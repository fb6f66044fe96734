import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { inspect, parseArgs } from 'node:util'
import { attachProtocol } from '@sandyard/protocol/attach'
import { limits } from '@sandyard/protocol/limits'
import { answerLifeline, lifelinePath } from './tunnel/lifeline.ts'
import { makeUsualFolders } from './usual-folders.ts'
import { createWork } from './work.ts'

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

const workDir = makeUsualFolders(options['work-dir'] ?? process.cwd())
const work = createWork({ workDir, runtime: options.runtime, logFault })

const server = createServer({
  maxHeaderSize: limits.headBytes,
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  // Other upgrades (h2c of curl) are offers that HTTP/1.1 may pass over.
  shouldUpgradeCallback: ({ headers }) => ['websocket', attachProtocol].includes(headers.upgrade?.toLowerCase() ?? ''),
})
server.on('request', (request, response) => {
  if (request.url !== lifelinePath) {
    void work.answer(request, response)
    return
  }
  // The platform asks this first, and calls the sandbox started when it has the answer. What a first command needs is
  // loaded after that, while the platform makes its notes and tells its caller.
  answerLifeline(response)
  setImmediate(work.prepare)
})
server.on('upgrade', (request, socket, head) => void work.upgrade(request, socket, head))
server.on('connect', (request, socket, head) => void work.connect(request, socket, head))
server.once('error', (error) => {
  logFault(error, 'listen')
  process.exit(1)
})
const fd = options['listen-fd']
// A burst of callers waits for a busy agent: beyond Node's own 511 they would be refused (EAGAIN).
const place = fd === undefined ? { path: options['listen-path'] } : { fd: Number(fd) }
server.listen({ ...place, backlog: 4096 })

process.once('SIGTERM', () => void end())
process.once('SIGINT', () => void end())
// A fault in one call must not end all the others, nor the sandbox with them.
process.on('uncaughtException', (fault) => logFault(fault, 'uncaught'))
process.on('unhandledRejection', (fault) => logFault(fault, 'unhandled'))

async function end(): Promise<void> {
  server.close()
  await work.end()
  process.exit(0)
}

function logFault(fault: unknown, where: string): void {
  try {
    writeSync(2, `agent: ${where}: ${inspect(fault)}\n`)
  } catch {
    // Nobody reads our log: that is no reason to stop working.
  }
}
