import { defineCommand } from '../../command.ts'

export const mcpStart = defineCommand({
  path: ['mcp', 'start'],
  summary: 'Serve an agent of this machine over standard input and output',
  more: 'Agents start it themselves, as `sandyard mcp init` tells them; it ends when they go. It acts with the key of the profile. What is wrong is told on standard error.',
  args: {},
  flags: {},
  examples: [{ does: 'what an agent starts', line: 'sandyard mcp start' }],
  cleansUp: true,
  async run({ platform, screen, signal }) {
    const connection = await platform()
    const { serveAgent } = await import('@sandyard/mcp')
    const note = (line: string): void => screen.note(`sandyard mcp: ${line}`)
    await serveAgent({ platform: connection, input: process.stdin, output: process.stdout, signal, note })
    return undefined
  },
})
