import { CommandError } from '../exit-codes.ts'

/** How an agent writes its servers down. */
export type ConfigForm = 'mcpServers' | 'servers' | 'opencode' | 'codex'

/** The program that an agent starts. It holds no key: that stays in the profile. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
}

const largestFile = 16 * 1024 * 1024

/** What is to be in the file of an agent, by itself, for people who put it there themselves. */
export function printEntry(form: ConfigForm, name: string, launch: Launch): string {
  return form === 'codex' ? tomlEntry(name, launch) : addEntry(form, '', name, launch)
}

/**
 * The text of a file with the entry of this name added, or replaced; all else stays.
 *
 * @throws CommandError when the file is not understood
 */
export function addEntry(form: ConfigForm, text: string, name: string, launch: Launch): string {
  if (text.length > largestFile) throw new CommandError('the file is too large to be a configuration')
  return form === 'codex' ? addToToml(text, name, launch) : addToJson(form, text, name, launch)
}

function addToJson(form: Exclude<ConfigForm, 'codex'>, text: string, name: string, launch: Launch): string {
  const whole = text.trim() === '' ? {} : parseObject(text.replace(/^\ufeff/, ''))
  const key = form === 'opencode' ? 'mcp' : form
  const servers = whole[key] ?? {}
  if (!isObject(servers)) throw new CommandError(`"${key}" in it is no list of servers`)
  const entries = [...Object.entries(servers).filter(([other]) => other !== name), [name, jsonEntry(form, launch)]]
  const indent = /^\s*\{\s*\n([ \t]+)/.exec(text)?.[1] ?? '  '
  return `${JSON.stringify({ ...whole, [key]: Object.fromEntries(entries) }, null, indent)}\n`
}

function jsonEntry(form: Exclude<ConfigForm, 'codex'>, { command, args }: Launch): object {
  if (form === 'opencode') return { type: 'local', command: [command, ...args], enabled: true }
  return form === 'servers' ? { type: 'stdio', command, args } : { command, args }
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new CommandError('it is not plain JSON; comments in it would be lost')
  }
  if (!isObject(parsed)) throw new CommandError('it holds no JSON object')
  return parsed
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Takes the tables of this name out and puts a new one at the end. */
function addToToml(text: string, name: string, launch: Launch): string {
  if (/^[ \t]*mcp_servers[ \t]*[=.]/m.test(text) || /"""|'''/.test(text))
    throw new CommandError('it is written in a way that is not understood here')
  const own = new RegExp(`^[ \\t]*\\[[ \\t]*mcp_servers[ \\t]*\\.[ \\t]*(?:${name}|"${name}")[ \\t]*[\\].]`)
  const kept: string[] = []
  let isOwn = false
  for (const line of text.split('\n')) {
    if (/^[ \t]*\[/.test(line)) isOwn = own.test(line)
    if (!isOwn) kept.push(line)
  }
  const rest = kept.join('\n').trimEnd()
  return `${rest === '' ? '' : `${rest}\n\n`}${tomlEntry(name, launch)}`
}

function tomlEntry(name: string, { command, args }: Launch): string {
  // a string of JSON is one of TOML too
  const list = args.map((arg) => JSON.stringify(arg)).join(', ')
  return `[mcp_servers.${name}]\ncommand = ${JSON.stringify(command)}\nargs = [${list}]\n`
}
