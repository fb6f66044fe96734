import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { WebSocket } from 'ws'
import { startAgent, type TestAgent } from '../agent.fixture.ts'

const askWhere = ['-c', 'import sys; print(sys.executable)']

/** An agent that finds Python itself first, and not a script which chooses a version and takes its time. */
export function startPythonAgent(variables: Record<string, string> = {}): Promise<TestAgent> {
  const folder = dirname(execFileSync('python3', askWhere).toString())
  return startAgent({ PATH: `${folder}:${process.env.PATH}`, ...variables })
}

/** A message of the execute WebSocket. */
export interface Message {
  readonly type: string
  readonly text: string
  readonly name: string
  readonly value: string
  readonly traceback: string
}

/** What a caller has seen of one run. */
export interface Seen {
  readonly messages: readonly Message[]
  readonly stdout: string
  readonly stderr: string
  readonly error: Message | undefined
  readonly controls: readonly string[]
  readonly code: number
  readonly reason: string
}

/** Opens the execute WebSocket. */
export function openExecute(agent: TestAgent): WebSocket {
  return new WebSocket(`ws+unix:${agent.socketPath}:/process/interpreter/execute`)
}

/** Sends a first message as it is and waits until the agent closes. */
export async function execute(agent: TestAgent, message: string | Buffer): Promise<Seen> {
  const webSocket = openExecute(agent)
  webSocket.once('open', () => webSocket.send(message))
  return await seenBy(webSocket)
}

/** Runs code and waits for its end. */
export function runCode(agent: TestAgent, code: string, more: Record<string, unknown> = {}): Promise<Seen> {
  return execute(agent, JSON.stringify({ code, ...more }))
}

/** Collects what comes until the end. */
export function seenBy(webSocket: WebSocket): Promise<Seen> {
  const messages: Message[] = []
  webSocket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message))
  const textOf = (type: string): string =>
    messages
      .filter((message) => message.type === type)
      .map((message) => message.text)
      .join('')
  return new Promise((resolve, reject) => {
    webSocket.once('error', reject)
    webSocket.once('close', (code, reason) =>
      resolve({
        messages,
        stdout: textOf('stdout'),
        stderr: textOf('stderr'),
        error: messages.find((message) => message.type === 'error'),
        controls: messages.filter((message) => message.type === 'control').map((message) => message.text),
        code,
        reason: reason.toString(),
      }),
    )
  })
}
