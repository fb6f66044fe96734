import { nearest } from '@sandyard/protocol/nearest'
import type { AnyInput, Argument, Command, Flag } from './command.ts'
import { usageError } from './exit-codes.ts'
import { usualWords } from './first-words.ts'
import { globalFlags } from './global-flags.ts'

/** A command line, taken apart. */
export interface Parsed {
  readonly command: Command
  readonly args: AnyInput['args']
  readonly flags: AnyInput['flags']
}

/** What a line asks help for: a command, or the group of those that begin with the words. */
export interface HelpAsked {
  readonly help: Command | readonly string[]
}

/**
 * Takes a command line apart. Options may stand anywhere before `--`, also before the command's words. Throws a usage
 * error that names the nearest word for one that is unknown.
 */
export function parse(commands: readonly Command[], given: readonly string[]): Parsed | HelpAsked {
  const line = usualWords(given)
  const { command, taken } = findCommand(commands, line)
  const asksHelp = beforeDashes(line).some((word) => word === '--help' || word === '-h')
  if (command === undefined) {
    const next = line[taken.length]
    if (next === undefined || (asksHelp && next.startsWith('-'))) return { help: taken }
    throw unknownWord(commands, taken, next)
  }
  const words = line.slice(taken.length)
  if (command.passesAll === true && !asksHelp) return { command, args: { words }, flags: {} }
  const takesRest = Object.values(command.args).some(({ count }) => count === 'rest')
  if (asksHelp && !takesRest) return { help: command }
  const reader = readWords(command, words, takesRest)
  if (reader.flags.help === true) return { help: command }
  return { command, args: fillArguments(command, reader), flags: reader.flags }
}

function findCommand(
  commands: readonly Command[],
  line: readonly string[],
): { readonly command?: Command; readonly taken: readonly string[] } {
  let taken: string[] = []
  for (let count = 1; count <= line.length; count += 1) {
    const words = line.slice(0, count)
    if (words.some((word) => word.startsWith('-'))) break
    if (!commands.some((command) => startsWith(command, words))) break
    taken = words
  }
  for (let count = taken.length; count > 0; count -= 1) {
    const words = taken.slice(0, count)
    const command = commands.find((one) => one.path.length === count && startsWith(one, words))
    if (command !== undefined) return { command, taken: words }
  }
  return { taken }
}

/** Whether the words are the first ones of the command; its last word may be an alias. */
function startsWith({ path, aliases = [] }: Command, words: readonly string[]): boolean {
  return (
    words.length <= path.length &&
    words.every((word, index) => word === path[index] || (index === path.length - 1 && aliases.includes(word)))
  )
}

function unknownWord(commands: readonly Command[], taken: readonly string[], word: string): Error {
  if (word.startsWith('-')) return usageError(`name a command before ${word}`, 'sandyard help lists them')
  const known = commands
    .filter((command) => startsWith(command, taken))
    .flatMap(({ path, aliases = [] }) =>
      path.length === taken.length + 1 ? [path.at(-1) ?? '', ...aliases] : [path[taken.length] ?? ''],
    )
  const near = nearest(word, known)
  const whole = ['sandyard', ...taken].join(' ')
  return usageError(
    `there is no command ${[...taken, word].join(' ')}${near === undefined ? '' : `; did you mean ${[...taken, near].join(' ')}?`}`,
    `${whole} --help lists what there is`,
  )
}

function beforeDashes(line: readonly string[]): readonly string[] {
  const dashes = line.indexOf('--')
  return dashes === -1 ? line : line.slice(0, dashes)
}

type Flags = Record<string, AnyInput['flags'][string]>

interface Words {
  readonly plain: readonly string[]
  /** those behind `--` that are for a program inside, whatever stands before it */
  readonly rest: readonly string[]
  readonly flags: AnyInput['flags']
}

function readWords(command: Command, words: readonly string[], takesRest: boolean): Words {
  const known: Readonly<Record<string, Flag>> = { ...globalFlags, ...command.flags }
  const flags: Flags = Object.fromEntries(Object.entries(known).map(([name, flag]) => [name, emptyValue(flag)]))
  const plain: string[] = []
  // before the rest come those arguments that have a place of their own
  const fixed = Object.values(command.args).filter(({ count }) => count === 'one' || count === 'optional').length
  const left = [...words]
  while (left.length > 0) {
    const word = left.shift() ?? ''
    if (word === '--' && takesRest) return { plain, rest: left, flags }
    if (word === '--') {
      plain.push(...left)
      break
    }
    if (word.startsWith('-') && word !== '-') {
      for (const [name, given] of readOption(command, known, word)) {
        const flag = known[name]
        if (flag !== undefined) flags[name] = readValue(name, flag, given, left, flags[name])
      }
      continue
    }
    plain.push(word)
    if (takesRest && plain.length > fixed) {
      plain.push(...left)
      break
    }
  }
  return { plain, rest: [], flags }
}

/** Names of the options in a word, with the value that is written to the last one: `--name=value`, `-nvalue`, `-abc`. */
function readOption(
  command: Command,
  known: Readonly<Record<string, Flag>>,
  word: string,
): readonly (readonly [string, string | undefined])[] {
  if (word.startsWith('--')) {
    const [written = '', ...value] = word.slice(2).split('=')
    const name = Object.keys(known).find((one) => one === written || known[one]?.aliases?.includes(written) === true)
    if (name === undefined) {
      const near = nearest(written, Object.keys(known))
      throw usageError(
        `${command.path.join(' ')} has no option --${written}${near === undefined ? '' : `; did you mean --${near}?`}`,
        `sandyard ${command.path.join(' ')} --help lists them`,
      )
    }
    return [[name, value.length === 0 ? undefined : value.join('=')]]
  }
  const found: [string, string | undefined][] = []
  for (let index = 1; index < word.length; index += 1) {
    // the command's own letters go before those that every command has
    const letter = word[index] ?? ''
    const owners = Object.keys(known).filter(
      (one) => known[one]?.short === letter || known[one]?.aliases?.includes(letter) === true,
    )
    const name = owners.find((one) => one in command.flags) ?? owners[0]
    if (name === undefined) {
      throw usageError(
        `${command.path.join(' ')} has no option -${word[index]}`,
        `sandyard ${command.path.join(' ')} --help lists them`,
      )
    }
    if (known[name]?.type === 'switch') {
      found.push([name, undefined])
      continue
    }
    const value = word.slice(index + 1).replace(/^=/, '')
    found.push([name, value === '' ? undefined : value])
    break
  }
  return found
}

function emptyValue(flag: Flag): Flags[string] {
  if (flag.type === 'switch') return false
  if (flag.type === 'texts') return []
  return flag.type === 'pairs' ? {} : undefined
}

function readValue(
  name: string,
  flag: Flag,
  given: string | undefined,
  left: string[],
  before: Flags[string],
): Flags[string] {
  if (flag.type === 'switch') {
    if (given === undefined || given === 'true') return true
    if (given === 'false') return false
    throw usageError(`--${name} takes no value`)
  }
  const value = given ?? left.shift()
  if (value === undefined) throw usageError(`--${name} needs a value: ${flag.value}`)
  if (flag.type === 'text') {
    if (flag.choices?.includes(value) === false) {
      throw usageError(`--${name} is one of ${flag.choices.join(', ')}, not ${value}`)
    }
    return value
  }
  if (flag.type === 'texts') return [...(before as readonly string[]), value]
  if (flag.type === 'number') {
    const number = Number(value)
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = flag
    if (value.trim() === '' || !Number.isFinite(number) || number < min || number > max) {
      const from = Number.isFinite(min) ? ` from ${min}` : ''
      const to = Number.isFinite(max) ? ` up to ${max}` : ''
      throw usageError(`--${name} is a number${from}${to}, not ${value}`)
    }
    return number
  }
  const cut = value.indexOf('=')
  if (cut < 1) throw usageError(`--${name} is written ${flag.value}, not ${value}`)
  return { ...(before as Readonly<Record<string, string>>), [value.slice(0, cut)]: value.slice(cut + 1) }
}

function fillArguments(command: Command, { plain, rest }: Words): AnyInput['args'] {
  const filled: Record<string, string | undefined | readonly string[]> = {}
  const left = [...plain]
  for (const [name, { count }] of Object.entries<Argument>(command.args)) {
    if (count === 'many' || count === 'rest') filled[name] = [...left.splice(0), ...rest]
    else filled[name] = left.shift()
    if (count === 'one' && filled[name] === undefined) {
      throw usageError(
        `${command.path.join(' ')} needs a ${name.toUpperCase()}`,
        `sandyard ${command.path.join(' ')} --help shows how it is used`,
      )
    }
  }
  if (left.length > 0) {
    throw usageError(
      `${command.path.join(' ')} does not know what to do with ${left[0]}`,
      `sandyard ${command.path.join(' ')} --help shows how it is used`,
    )
  }
  return filled
}
