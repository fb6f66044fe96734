import type { PackageJson } from './package-json.ts'
import { type NodeManager, runProgram, runScript } from './package-managers.ts'
import { portIn, shellWords } from './shell.ts'

/** How programs take a port and an address to listen on. */
export type PortStyle = 'long' | 'strict' | 'short' | 'variables'

/** A program that serves, by itself or by a script that calls it. */
export interface ServingProgram {
  readonly kind: 'program'
  /** of `package.json`, looked at first */
  readonly script: string
  /** the program with its subcommand, such as `next start` */
  readonly words: readonly string[]
  readonly style: PortStyle
  /** a script that does something else is not for serving, and the program is called without it */
  readonly mustCallProgram: boolean
}

/** A command that serves, and what it listens on. */
export interface Serving {
  readonly command: string
  readonly port: number
  readonly notes: readonly string[]
  /** a script or file of the project's own, which nobody tells that it is to be in production */
  readonly isOwn?: boolean
}

/** Calls a program so that it listens where it should; a script that calls it keeps its other words. */
export function serveByProgram(program: ServingProgram, { packageJson, manager, port, usualPort }: Around): Serving {
  const text = packageJson.scripts.get(program.script)
  const call = text === undefined ? null : parseCall(text, program.words)
  if (text !== undefined && call === null && !program.mustCallProgram)
    return serveByScript(program.script, { packageJson, manager, port, usualPort })
  const chosen = port ?? (call === null || text === undefined ? null : portIn(text)) ?? usualPort
  const flags = portWords(program.style, chosen)
  if (call === null) return { command: runProgram(manager, [...program.words, ...flags]), port: chosen, notes: [] }
  const kept = withoutPlace(call.words)
  // Where the script has a port of its own, some programs would get both.
  const command =
    kept.length === call.words.length
      ? runScript(manager, program.script, flags)
      : [...call.variables, runProgram(manager, [...kept, ...flags])].join(' ')
  return { command, port: chosen, notes: [] }
}

/** Runs a script as it is: it has to listen on `PORT`, unless it names a port. */
export function serveByScript(script: string, { packageJson, manager, port, usualPort }: Around): Serving {
  const text = packageJson.scripts.get(script) ?? ''
  const chosen = port ?? portIn(text) ?? usualPort
  const isFixed = portIn(text) === chosen
  const notes = isFixed
    ? []
    : [`The script "${script}" is run as it is: what it starts must listen on PORT, ${chosen}.`]
  return { command: runScript(manager, script), port: chosen, notes, isOwn: true }
}

/** What decides how a script is called. */
export interface Around {
  readonly packageJson: PackageJson
  readonly manager: NodeManager
  /** that somebody wants; null: the script's own, or the usual one */
  readonly port: number | null
  readonly usualPort: number
}

function portWords(style: PortStyle, port: number): string[] {
  switch (style) {
    case 'long':
      return ['--port', String(port), '--host', '0.0.0.0']
    case 'strict':
      return ['--port', String(port), '--strictPort', '--host', '0.0.0.0']
    case 'short':
      return ['-p', String(port), '-H', '0.0.0.0']
    case 'variables':
      return []
  }
}

const otherSubcommands: ReadonlySet<string> = new Set([
  'build',
  'preview',
  'export',
  'lint',
  'generate',
  'check',
  'sync',
])

/** A script that is nothing but a call of the program; null for anything that only a shell understands. */
function parseCall(text: string, program: readonly string[]): { variables: string[]; words: string[] } | null {
  const words = text.trim().split(/\s+/)
  if (words.length > 100 || words.some((word) => !/^[\w@%+=:,./-]+$/.test(word))) return null
  const isPrefix = (word: string): boolean => /^[A-Za-z_]\w*=/.test(word) || word === 'cross-env' || word === 'npx'
  const begin = words.findIndex((word) => !isPrefix(word))
  if (begin < 0) return null
  const call = words.slice(begin)
  if (program.some((word, index) => call[index] !== word)) return null
  if (program.length === 1 && otherSubcommands.has(call[1] ?? '')) return null
  const variables = words.slice(0, begin).filter((word) => word.includes('=') && !word.startsWith('PORT='))
  return { variables: variables.map((word) => shellWords([word])), words: call }
}

/** The words without those that say where to listen. */
function withoutPlace(words: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (/^(?:--port|--host|--hostname|-p|-H)=/.test(word) || /^-p\d/.test(word) || word === '--strictPort') continue
    if (/^(?:--port|--host|--hostname|-p|-H)$/.test(word)) {
      // `--host` of some programs goes without a value.
      if (!(words[index + 1] ?? '-').startsWith('-')) index++
      continue
    }
    kept.push(word)
  }
  return kept
}
