import { join } from 'node:path'
import type { ConfigForm } from './entries.ts'

/** A program that speaks MCP, and the file in which it keeps the servers that it asks. */
export interface Agent {
  readonly name: string
  readonly title: string
  readonly form: ConfigForm
  file(home: Home): string
}

/** Where people keep their settings on this machine. */
export interface Home {
  readonly folder: string
  /** of programs with windows */
  readonly settings: string
  /** of programs of the terminal */
  readonly config: string
}

type Env = Readonly<Record<string, string | undefined>>

/** The folders of a person, by the system and the environment. */
export function findHome(env: Env, system: NodeJS.Platform = process.platform): Home {
  const folder = env.HOME ?? env.USERPROFILE ?? '/'
  const config = env.XDG_CONFIG_HOME ?? join(folder, '.config')
  if (system === 'darwin') return { folder, settings: join(folder, 'Library/Application Support'), config }
  if (system === 'win32') return { folder, settings: env.APPDATA ?? join(folder, 'AppData/Roaming'), config }
  return { folder, settings: config, config }
}

/** The agents that are known, in the order in which help names them. */
export const agents: readonly Agent[] = [
  {
    name: 'claude',
    title: 'Claude Desktop',
    form: 'mcpServers',
    file: ({ settings }) => join(settings, 'Claude/claude_desktop_config.json'),
  },
  {
    name: 'claude-code',
    title: 'Claude Code',
    form: 'mcpServers',
    file: ({ folder }) => join(folder, '.claude.json'),
  },
  { name: 'cursor', title: 'Cursor', form: 'mcpServers', file: ({ folder }) => join(folder, '.cursor/mcp.json') },
  {
    name: 'windsurf',
    title: 'Windsurf',
    form: 'mcpServers',
    file: ({ folder }) => join(folder, '.codeium/windsurf/mcp_config.json'),
  },
  {
    name: 'vscode',
    title: 'Visual Studio Code',
    form: 'servers',
    file: ({ settings }) => join(settings, 'Code/User/mcp.json'),
  },
  { name: 'codex', title: 'Codex', form: 'codex', file: ({ folder }) => join(folder, '.codex/config.toml') },
  {
    name: 'opencode',
    title: 'OpenCode',
    form: 'opencode',
    file: ({ config }) => join(config, 'opencode/opencode.json'),
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    form: 'mcpServers',
    file: ({ folder }) => join(folder, '.gemini/settings.json'),
  },
]
