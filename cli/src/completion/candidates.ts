import type { Argument, Command, Flag } from '../command.ts'
import { globalFlags } from '../global-flags.ts'

/** What may stand where somebody types: words, or names that the platform knows. */
export interface Candidates {
  readonly words: readonly string[]
  readonly names?: NonNullable<Argument['completes']>
}

const nothing: Candidates = { words: [] }

/**
 * What may stand at the end of a line.
 *
 * @param typed words behind `sandyard`, the last one as far as it is typed
 */
export function candidatesFor(commands: readonly Command[], typed: readonly string[]): Candidates {
  // shells that cut at `=` give it as a word
  const words = typed.filter((word) => word !== '=')
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const path = pathOf(commands, before)
  const command = commands.find((one) => isPath(one, path))
  const further = nextWords(commands, path)
  const { flag, plain, isPast } = readBefore(command, before)
  if (flag !== undefined) return 'choices' in flag ? fitting(flag.choices ?? [], current) : nothing
  if (isPast) return nothing
  if (current.startsWith('-')) {
    const known = { ...(command?.flags ?? {}), ...globalFlags }
    return fitting(
      Object.keys(known).map((name) => `--${name}`),
      current,
    )
  }
  if (plain.length === path.length && further.length > 0) return fitting(further, current)
  if (command === undefined) return nothing
  const { completes } = argumentAt(command, plain.length - path.length) ?? {}
  if (completes === 'command') return fitting(nextWords(commands, plain.slice(path.length)), current)
  return completes === undefined ? nothing : { words: [], names: completes }
}

/** Those that go on as it was begun. */
export function fitting(words: readonly string[], begun: string): Candidates {
  return { words: [...new Set(words)].filter((word) => word.startsWith(begun)) }
}

/** The words of the command, as far as they are one's. */
function pathOf(commands: readonly Command[], words: readonly string[]): readonly string[] {
  const path: string[] = []
  for (const word of words) {
    if (word.startsWith('-') || !commands.some((command) => beginsWith(command, [...path, word]))) break
    path.push(word)
  }
  return path
}

function beginsWith({ path, aliases = [] }: Command, words: readonly string[]): boolean {
  return (
    words.length <= path.length &&
    words.every((word, index) => word === path[index] || (index === path.length - 1 && aliases.includes(word)))
  )
}

function isPath(command: Command, words: readonly string[]): boolean {
  return command.path.length === words.length && beginsWith(command, words)
}

function nextWords(commands: readonly Command[], path: readonly string[]): readonly string[] {
  return commands
    .filter((command) => command.path.length > path.length && beginsWith(command, path))
    .map((command) => command.path[path.length] ?? '')
}

/** An option whose value comes next, the plain words, and whether the rest belongs to a program inside. */
function readBefore(
  command: Command | undefined,
  words: readonly string[],
): { readonly flag?: Flag; readonly plain: readonly string[]; readonly isPast: boolean } {
  const known: Readonly<Record<string, Flag>> = { ...globalFlags, ...(command?.flags ?? {}) }
  const fixed = Object.values(command?.args ?? {}).filter(({ count }) => count === 'one' || count === 'optional').length
  const takesRest = Object.values(command?.args ?? {}).some(({ count }) => count === 'rest')
  const plain: string[] = []
  let flag: Flag | undefined
  for (const word of words) {
    if (flag !== undefined) flag = undefined
    else if (word === '--') return { plain, isPast: true }
    else if (word.startsWith('-') && word !== '-') {
      const name = word.replace(/^-+/, '')
      const found = word.startsWith('--') ? known[name] : Object.values(known).find(({ short }) => short === name)
      if (found !== undefined && found.type !== 'switch') flag = found
    } else plain.push(word)
  }
  const isPast = takesRest && command !== undefined && plain.length > command.path.length + fixed
  return { ...(flag === undefined ? {} : { flag }), plain, isPast }
}

function argumentAt(command: Command, at: number): Argument | undefined {
  const list = Object.values<Argument>(command.args)
  const last = list.at(-1)
  return list[at] ?? (last?.count === 'many' ? last : undefined)
}
