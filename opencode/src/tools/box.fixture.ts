import { once } from 'node:events'
import { rmdirSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, Sandbox, type SandboxData } from '@sandyard/sdk'
import { startAgent, type TestAgent } from '../../../agent/src/agent.fixture.ts'
import type { Tools } from '../box.ts'
import type { ToolResult } from '../opencode.ts'
import { createTools, type ToolOptions } from './create-tools.ts'

/** The tools on a real agent, in a folder of its own instead of a sandbox. */
export interface TestBox extends AsyncDisposable {
  readonly agent: TestAgent
  readonly sandbox: Sandbox
  /** the project's folder */
  readonly folder: string
  readonly tools: Tools
  /** how often a sandbox was asked for */
  readonly opened: () => number
  /** Calls a tool as OpenCode does. */
  call(tool: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<ToolResult>
}

/** Starts an agent, and the gateway's part of the way to it. */
export async function startBox(options: ToolOptions = {}): Promise<TestBox> {
  const agent = await startAgent()
  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? '').replace(/^\/box(?=\/)/, '')
    const { method, headers } = incoming
    const outgoing = request({ socketPath: agent.socketPath, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ apiUrl: url, credentials: 'none', requestTimeoutMs: 0 })
  const sandbox = new Sandbox({ id: 'box', toolboxProxyUrl: url } as SandboxData, client)
  const folder = agent.home
  const saved = new Set<string>()
  let opened = 0
  const tools = createTools(async () => {
    opened += 1
    return { sandbox, projectFolder: folder }
  }, options)
  return {
    agent,
    sandbox,
    folder,
    tools,
    opened: () => opened,
    async call(tool, args, signal = new AbortController().signal) {
      const context = { sessionID: 'ses_1', messageID: 'msg_1', agent: 'build', abort: signal }
      const result = await tools[tool]?.execute(args, context)
      if (typeof result !== 'object') throw new Error(`${tool} gave ${JSON.stringify(result)}`)
      // Without a sandbox around it, it is on this machine.
      for (const [path] of result.output.matchAll(/\/tmp\/opencode\/[\w.-]+\.(?:log|txt)/g)) saved.add(path)
      return result
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await agent[Symbol.asyncDispose]()
      for (const path of saved) rmSync(path, { force: true })
      try {
        rmdirSync('/tmp/opencode')
      } catch {
        // Others have files there.
      }
    },
  }
}
