import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What a test looks at. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** parsed body; shapes are what the test expects */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as they come
  readonly json: any
}

/** A real agent in a process of its own, with a home and work dir that go away with it. */
export interface TestAgent extends AsyncDisposable {
  readonly child: ChildProcess
  readonly socketPath: string
  readonly home: string
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Reply>
  /** runs a command and answers exit code and result */
  run(command: string, more?: Record<string, unknown>): Promise<{ exitCode: number; result: string }>
}

/** Starts an agent and waits until it answers. */
export async function startAgent(variables: Record<string, string> = {}): Promise<TestAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  const socketPath = join(folder, 'agent.sock')
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--listen-path', socketPath, '--work-dir', home], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', ...variables },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill) // also when a test fails before it lets go of the agent
  // The name is there a moment before anybody listens.
  while (!(await isListening(socketPath))) {
    if (child.exitCode !== null) throw new Error(`The agent ended with ${child.exitCode}`)
    await delay(5)
  }
  const agent: TestAgent = {
    child,
    socketPath,
    home,
    call: (method, path, body, headers = {}, signal) => send({ socketPath, method, path, body, headers, signal }),
    async run(command, more = {}) {
      const reply = await agent.call('POST', '/process/execute', { command, ...more })
      if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
      return reply.json
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return agent
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

interface Message {
  readonly socketPath: string
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly headers: Record<string, string>
  readonly signal: AbortSignal | undefined
}

function send({ socketPath, method, path, body, headers, signal }: Message): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, method, path, headers, ...(signal === undefined ? {} : { signal }) }
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const isJson = response.headers['content-type']?.startsWith('application/json') === true
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : null,
        })
      })
    })
    outgoing.once('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Waits until the check holds, at most so long. */
export async function until(check: () => boolean | Promise<boolean>, ms = 5000): Promise<boolean> {
  const deadline = performance.now() + ms
  while (performance.now() < deadline) {
    if (await check()) return true
    await delay(10)
  }
  return false
}

/** True while some process has this text in its command line. */
export async function isRunning(agent: TestAgent, text: string): Promise<boolean> {
  // The brackets keep the search from finding itself.
  const pattern = `[${text[0]}]${text.slice(1)}`
  return (await agent.run(`pgrep -f '${pattern}'`)).exitCode === 0
}
