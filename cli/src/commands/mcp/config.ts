import { printEntry } from '../../agents/entries.ts'
import { defineCommand } from '../../command.ts'
import { findProfile } from '../../connect.ts'
import { findLaunch } from './launch.ts'

export const mcpConfig = defineCommand({
  path: ['mcp', 'config'],
  summary: 'Print what an agent has to be told about its sandboxes',
  more: 'As JSON, in the form that most agents take. With `--http` the agent asks the platform itself, and nothing of ours runs on its machine; put a key where it says so.',
  args: {},
  flags: { http: { type: 'switch', doc: 'for an agent that calls the platform by HTTP' } },
  examples: [
    { does: 'for an agent that mcp init does not know', line: 'sandyard mcp config' },
    { does: 'for an agent on another machine', line: 'sandyard mcp config --http' },
  ],
  async run({ flags, wanted, settings, env, screen }) {
    if (!flags.http) {
      await screen.write(printEntry('mcpServers', 'sandyard', findLaunch(wanted, env)))
      return undefined
    }
    const { apiUrl } = await findProfile(wanted, settings, env)
    const url = `${apiUrl.replace(/\/+$/, '').replace(/\/api$/, '')}/mcp`
    const entry = { type: 'http', url, headers: { Authorization: 'Bearer YOUR_API_KEY' } }
    await screen.write(`${JSON.stringify({ mcpServers: { sandyard: entry } }, null, 2)}\n`)
    return undefined
  },
})
