import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect, parseArgs } from 'node:util'
import { answerLifeline, lifelinePath } from './tunnel/lifeline.ts'
import type { Work } from './work.ts'

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

let loading: Promise<Work> | null = null

const server = createServer({
  maxHeaderSize: 64 * 1024,
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  // Other upgrades (h2c of curl) are offers that HTTP/1.1 may pass over.
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
})
server.on('request', (request, response) => {
  if (request.url !== lifelinePath) {
    void load().then((work) => work.answer(request, response))
    return
  }
  // The platform asks this first, and calls the sandbox started when it has the answer. What the first call needs is
  // loaded after that, while the platform makes its notes and tells its caller.
  answerLifeline(response)
  setImmediate(() => void load())
})
server.on('upgrade', (request, socket, head) => void load().then((work) => work.upgrade(request, socket, head)))
server.on('connect', (request, socket, head) => void load().then((work) => work.connect(request, socket, head)))
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

/** Loads all that works; listening and being ready do not wait for it. */
function load(): Promise<Work> {
  loading ??= import('./work.ts').then(({ createWork }) =>
    createWork({ workDir: options['work-dir'] ?? process.cwd(), runtime: options.runtime, logFault }),
  )
  return loading
}

async function end(): Promise<void> {
  server.close()
  await Promise.race([loading?.then((work) => work.end()), delay(800)])
  process.exit(0)
}

function logFault(fault: unknown, where: string): void {
  try {
    writeSync(2, `agent: ${where}: ${inspect(fault)}\n`)
  } catch {
    // Nobody reads our log: that is no reason to stop working.
  }
}
