import type { Argument, Command, Flag } from './command.ts'
import { exitCodeDocs, exitCodes } from './exit-codes.ts'
import { globalFlags } from './global-flags.ts'

/** letters in a line of help: a terminal has at least so many */
const lineWidth = 80

/** Help of one command, for a terminal. */
export function commandHelp(command: Command): string {
  const { summary, more, args, flags, examples, aliases = [], path } = command
  const parts = [wrap(`${summary}.`, lineWidth), `usage: ${usage(command)}`]
  if (more !== undefined) parts.push(wrap(more, lineWidth))
  if (aliases.length > 0)
    parts.push(`also: ${aliases.map((name) => [...path.slice(0, -1), name].join(' ')).join(', ')}`)
  parts.push(
    section(
      'arguments',
      Object.entries(args).map(([name, { doc }]) => [name.toUpperCase(), doc]),
    ),
  )
  parts.push(
    section(
      'options',
      Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.doc]),
    ),
  )
  parts.push(
    section(
      'options of every command',
      Object.entries(globalFlags).map(([name, flag]) => [flagText(name, flag), flag.doc]),
    ),
  )
  parts.push(`examples:\n${examples.map(({ does, line }) => `  # ${does}\n  ${line}`).join('\n')}`)
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Help of all commands, or of those that begin with the words. */
export function groupHelp(commands: readonly Command[], words: readonly string[]): string {
  const within = commands.filter(({ path }) => words.every((word, index) => word === path[index]))
  const shown = words.length === 0 ? within : within.filter(({ path }) => path.length > words.length)
  const singles = shown.filter(({ path }) => path.length === words.length + 1)
  const groups = new Map<string, Command[]>()
  for (const command of shown.filter(({ path }) => path.length > words.length + 1)) {
    const name = command.path[words.length] ?? ''
    groups.set(name, [...(groups.get(name) ?? []), command])
  }
  const rows = singles.map((command) => [command.path.join(' '), command.summary] as const)
  const more = [...groups].map(
    ([name, members]) => [[...words, name].join(' '), members.map(({ path }) => path.at(-1)).join(', ')] as const,
  )
  const parts = [
    words.length === 0 ? 'Sandboxes on a machine of yours: make them, work in them, open what they serve.' : '',
    `usage: ${['sandyard', ...words].join(' ')} COMMAND …`,
    section('commands', rows),
    section(words.length === 0 ? 'groups' : 'more', more),
    `sandyard ${[...words, 'COMMAND'].join(' ')} --help tells more of one.`,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** The page `docs/reference/cli.md`. */
export function referencePage(commands: readonly Command[]): string {
  const lines = [
    '# Command line',
    '',
    'Made from the table of commands by `npm run docs`. Every command also takes:',
    '',
    ...bullets(Object.entries<Flag>(globalFlags).map(([name, flag]) => [flagText(name, flag), flag.doc])),
    '',
    '## Exit codes',
    '',
    '| Code | Means |',
    '| --- | --- |',
    ...Object.entries(exitCodes).map(([name, code]) => `| ${code} | ${exitCodeDocs[name as keyof typeof exitCodes]} |`),
    '',
    '`exec`, `run`, `shell` and `ssh` end with the code of what ran inside.',
  ]
  for (const command of commands) {
    const { path, summary, more, args, flags, examples, aliases = [] } = command
    lines.push('', `## ${path.join(' ')}`, '', `${summary}.`, '', '```text', usage(command), '```')
    if (aliases.length > 0) lines.push('', `Also: ${aliases.map((name) => `\`${name}\``).join(', ')}.`)
    if (more !== undefined) lines.push('', more)
    const rows = [
      ...Object.entries(args).map(([name, { doc }]) => [name.toUpperCase(), doc] as const),
      ...Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.doc] as const),
    ]
    if (rows.length > 0) lines.push('', ...bullets(rows))
    lines.push('', '```bash', ...examples.flatMap(({ does, line }) => [`# ${does}`, line]), '```')
  }
  return `${lines.join('\n')}\n`
}

function usage({ path, args, flags }: Command): string {
  const words = Object.entries(args).map(([name, argument]) => argumentText(name, argument))
  return ['sandyard', ...path, ...words, ...(Object.keys(flags).length > 0 ? ['[options]'] : [])].join(' ')
}

function argumentText(name: string, { count }: Argument): string {
  const word = name.toUpperCase()
  if (count === 'one') return word
  if (count === 'rest') return `[--] ${word} …`
  return count === 'many' ? `[${word} …]` : `[${word}]`
}

function flagText(name: string, flag: Flag): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  return `${short}--${name}${flag.type === 'switch' ? '' : ` ${flag.value}`}`
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return ''
  const width = Math.min(28, Math.max(...rows.map(([name]) => name.length)))
  const lines = rows.map(([name, doc]) => {
    const [first = '', ...others] = wrap(doc, lineWidth - 4 - width).split('\n')
    const head = name.length > width ? `  ${name}\n  ${' '.repeat(width)}` : `  ${name.padEnd(width)}`
    return [`${head}  ${first}`, ...others.map((text) => `${' '.repeat(width + 4)}${text}`)].join('\n')
  })
  return `${title}:\n${lines.join('\n')}`
}

function bullets(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([name, doc]) => `- \`${name}\`: ${doc}`)
}

/** Text in lines of at most so many letters, broken between words. */
function wrap(text: string, width: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
