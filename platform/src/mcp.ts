import type { IncomingMessage, ServerResponse } from 'node:http'
import type { McpHttp, McpHttpOptions } from '@sandyard/mcp'

/** Where MCP is spoken, on the port of everything else. */
const mcpPath = '/mcp'

/** MCP, and which requests are for it. */
interface MountedMcp extends McpHttp {
  /** True for a request that `listener` answers. */
  claims(request: Pick<IncomingMessage, 'url'>): boolean
}

/** MCP at its path. Its library is loaded at the first request: many platforms are never asked for it. */
export function mountMcp(options: McpHttpOptions): MountedMcp {
  let loading: Promise<McpHttp> | null = null
  const load = async (): Promise<McpHttp> => (await import('@sandyard/mcp')).createMcpHttp(options)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    loading ??= load()
    await (await loading).listener(request, response)
  }

  return {
    claims: ({ url = '' }) => url === mcpPath || url.startsWith(`${mcpPath}?`) || url.startsWith(`${mcpPath}/`),
    listener: (request, response) =>
      answer(request, response).catch((error: unknown) => {
        loading = null
        options.onFault('load', error)
        response.destroy()
      }),
    async close() {
      await (await loading)?.close()
    },
  }
}
