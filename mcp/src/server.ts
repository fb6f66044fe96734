import { McpServer, type ServerContext, type StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { limits } from '@sandyard/protocol'
import { type Daytona, version } from '@sandyard/sdk'
import type { z } from 'zod'
import { isFault, toFailure } from './failure.ts'
import type { Tool } from './tool.ts'
import { tools } from './tools/all.ts'

/** What the tools of one caller work with. */
export interface ToolSurroundings {
  readonly platform: Daytona
  /** told of faults of ours; what callers do wrong is theirs to see */
  readonly onFault?: ((tool: string, error: unknown) => void) | undefined
  /** Called before each call, answers what to call after it. Throws a ToolError when there are too many. */
  readonly enter?: (() => () => void) | undefined
  /** told of each call, which settles when the tool has let go of everything, also after it was cancelled */
  readonly onCall?: ((call: Promise<unknown>) => void) | undefined
}

const instructions = `Sandboxes are Linux machines of your own, in which you run code, commands and servers.
Make one with create_sandbox (or find one with list_sandboxes) and give its id to the other tools.
execute_command is for what ends soon; start_command, with read_logs, is for servers and what takes long.
preview_link gives the URL of a port. Delete what you made with destroy_sandbox when it is of no more use.`

/** A server with all tools, for one connection or one request. */
export function createMcpServer(surroundings: ToolSurroundings): McpServer {
  const server = new McpServer(
    { name: 'sandyard', title: 'Sandyard', version },
    { instructions, maxToolInputElements: limits.apiBodyValues, capabilities: { tools: { listChanged: false } } },
  )
  for (const tool of tools) {
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: takingNulls(tool.input),
        outputSchema: tool.output,
        annotations: { title: tool.title, ...tool.annotations },
      },
      async (args, context) => {
        const call = runTool(tool, args as Readonly<Record<string, unknown>>, context, surroundings)
        surroundings.onCall?.(call)
        return await call
      },
    )
  }
  return server
}

async function runTool(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  { mcpReq }: ServerContext,
  { platform, onFault, enter }: ToolSurroundings,
) {
  let leave = (): void => {}
  try {
    if (enter !== undefined) leave = enter()
    const progress = createProgress(mcpReq)
    const { text, structured, content = [] } = await tool.run(args, { platform, signal: mcpReq.signal, progress })
    return { content: [{ type: 'text' as const, text }, ...content], structuredContent: structured }
  } catch (error) {
    if (!mcpReq.signal.aborted && isFault(error)) onFault?.(tool.name, error)
    const password = typeof args.password === 'string' ? [args.password] : []
    return toFailure(error, [platform.client.settings.credentials, ...password])
  } finally {
    leave()
  }
}

/** Tells progress to a caller who gave a token for it; equal messages in a row are told once. */
function createProgress({ _meta, notify }: ServerContext['mcpReq']): (message: string) => void {
  const progressToken = _meta?.progressToken
  if (progressToken === undefined) return () => {}
  let [progress, last] = [0, '']
  return (message) => {
    if (message === last) return
    progress += 1
    last = message
    // who is gone needs no progress
    notify({ method: 'notifications/progress', params: { progressToken, progress, message } }).catch(() => {})
  }
}

/** Models give null for what they leave out; it counts as left out. */
function takingNulls(schema: z.ZodObject): StandardSchemaWithJSON {
  const standard = schema['~standard'] as StandardSchemaWithJSON['~standard']
  return {
    '~standard': {
      version: 1,
      vendor: standard.vendor,
      jsonSchema: standard.jsonSchema,
      validate: (value) => standard.validate(withoutNulls(value)),
    },
  }
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null))
}
