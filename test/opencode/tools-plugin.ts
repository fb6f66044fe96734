import { createClient, Sandbox, type SandboxData } from '@sandyard/sdk'
import type { Hooks } from '../../opencode/src/opencode.ts'
import { createTools, requiredArguments } from '../../opencode/src/tools/create-tools.ts'

/** A plugin of the tools alone, on an agent without a platform: `url` leads to it, `folder` is the project's. */
// biome-ignore lint/style/noDefaultExport: OpenCode takes this from a plugin
export default {
  id: 'tools',
  server: async (_: unknown, { url, folder }: { url: string; folder: string }): Promise<Hooks> => {
    const client = createClient({ apiUrl: url, credentials: 'none', requestTimeoutMs: 0 })
    const sandbox = new Sandbox({ id: 'box', toolboxProxyUrl: url } as SandboxData, client)
    return {
      tool: createTools(async () => ({ sandbox, projectFolder: folder })),
      'tool.definition': async ({ toolID }, output) => {
        const required = requiredArguments(toolID)
        if (required !== undefined && output.jsonSchema?.properties !== undefined)
          output.jsonSchema = { ...output.jsonSchema, required }
      },
    }
  },
}
