import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { TestPlatform } from '../../fixtures/platform.ts'

/** `auto` is the newest revision of the protocol, `legacy` the one with sessions. */
export type Era = 'auto' | 'legacy'

/** The official client, connected to a platform as an agent is. */
export interface Agent extends AsyncDisposable {
  readonly client: Client
  /** tools that were called */
  readonly called: ReadonlySet<string>
  /** all that was answered, and all that was told beside it */
  heard(): string
  /** Calls a tool that must succeed; answers what it found. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  call(name: string, args?: Record<string, unknown>): Promise<any>
  /** The same, with the text for models. */
  read(name: string, args?: Record<string, unknown>): Promise<string>
  /** Calls a tool that must fail; answers what it says. */
  fail(name: string, args?: Record<string, unknown>): Promise<string>
  /** Calls a tool, whatever comes of it. */
  result(name: string, args?: Record<string, unknown>): Promise<CallToolResult>
}

const main = resolve(import.meta.dirname, '../../../cli/src/main.ts')

/** An agent that was told of the platform by `sandyard mcp init`, and starts what its file says. */
export async function startAgent(platform: TestPlatform, era: Era): Promise<Agent> {
  const home = mkdtempSync(join(tmpdir(), 'sandyard-agent-'))
  const env = { HOME: home }
  const run = (input: string, ...words: string[]): string =>
    execFileSync(process.execPath, [main, ...words], { env, input, encoding: 'utf8', timeout: 60_000 })
  run(platform.apiKey, 'login', '--api-url', platform.apiUrl)
  run('', 'mcp', 'init', 'cursor')
  const file = readFileSync(join(home, '.cursor/mcp.json'), 'utf8')
  assert.ok(!file.includes(platform.apiKey), 'the key stays in the profile')
  const { command, args } = JSON.parse(file).mcpServers.sandyard
  const transport = new StdioClientTransport({ command, args, env, stderr: 'pipe' })
  let told = ''
  transport.stderr?.on('data', (chunk) => {
    told += String(chunk)
  })
  return await open(
    transport,
    era,
    () => told,
    () => rmSync(home, { recursive: true, force: true }),
  )
}

/** An agent that calls the platform by HTTP. */
export async function dialAgent(platform: TestPlatform, era: Era, key = platform.apiKey): Promise<Agent> {
  const transport = new StreamableHTTPClientTransport(new URL(`${platform.url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  })
  return await open(
    transport,
    era,
    () => '',
    () => {},
  )
}

async function open(
  transport: StdioClientTransport | StreamableHTTPClientTransport,
  era: Era,
  told: () => string,
  end: () => void,
): Promise<Agent> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } })
  const called = new Set<string>()
  const answers: string[] = []
  try {
    await client.connect(transport)
  } catch (error) {
    end()
    throw new Error(`no connection: ${told()}`, { cause: error })
  }
  const result = async (name: string, args: Record<string, unknown> = {}): Promise<CallToolResult> => {
    called.add(name)
    const answer = (await client.callTool({ name, arguments: args }, { timeout: 120_000 })) as CallToolResult
    answers.push(JSON.stringify(answer))
    return answer
  }
  const succeed = async (name: string, args?: Record<string, unknown>): Promise<CallToolResult> => {
    const answer = await result(name, args)
    assert.ok(answer.isError !== true, `${name}: ${JSON.stringify(answer)}`)
    return answer
  }
  return {
    client,
    called,
    heard: () => `${answers.join('\n')}\n${told()}`,
    result,
    call: async (name, args) => (await succeed(name, args)).structuredContent,
    read: async (name, args) => textOf(await succeed(name, args)),
    async fail(name, args) {
      const answer = await result(name, args)
      assert.equal(answer.isError, true, `${name}: ${JSON.stringify(answer)}`)
      return textOf(answer)
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      end()
    },
  }
}

function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
