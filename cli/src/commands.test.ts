import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Argument, Command, Flag } from './command.ts'
import { commands } from './commands.ts'
import { CommandError } from './exit-codes.ts'
import { globalFlags } from './global-flags.ts'
import { commandHelp, referencePage } from './help.ts'
import { parse } from './parse.ts'

const nameOf = ({ path }: Command): string => path.join(' ')

/** The words of a line of an example, up to what the shell makes of it: a pipe, a file, the next command. */
function wordsOf(line: string): readonly string[] {
  const from = line.indexOf('sandyard ')
  assert.notEqual(from, -1, `${line} has no sandyard`)
  const [own = ''] = line.slice(from + 'sandyard '.length).split(/ (?:\||<|>|&&|;) ?/)
  return [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}

test('every command has examples, and they are understood', () => {
  for (const command of commands) {
    assert.ok(command.examples.length > 0, `${nameOf(command)} has no example`)
    for (const { does, line } of command.examples) {
      assert.doesNotMatch(does, /\.$/, `${line}: no full stop`)
      const own = line.split(/ (?:&&|;|\|) /).filter((part) => part.includes('sandyard '))
      for (const part of own) {
        const parsed = parse(commands, wordsOf(part))
        assert.ok(!('help' in parsed), `${part} shows help`)
      }
    }
  }
})

test('an example of each command is of that command', () => {
  const missing = commands.filter(
    (command) =>
      !command.examples.some(({ line }) =>
        line
          .split(/ (?:&&|;|\|) /)
          .filter((part) => part.includes('sandyard '))
          .some((part) => {
            const parsed = parse(commands, wordsOf(part))
            return !('help' in parsed) && parsed.command === command
          }),
      ),
  )
  // it is refused always, so its example is of what works
  assert.deepEqual(missing.map(nameOf), ['snapshot push'])
})

test('texts are one line, without a full stop at their end', () => {
  for (const command of commands) {
    const texts = [
      command.summary,
      ...Object.values<Argument>(command.args).map(({ doc }) => doc),
      ...Object.values<Flag>(command.flags).map(({ doc }) => doc),
    ]
    for (const text of texts) assert.doesNotMatch(text, /\.$|\n|^$/, `${nameOf(command)}: ${text}`)
  }
})

test('no two commands share their words, no two options their letters or names', () => {
  const paths = commands.flatMap(({ path, aliases = [] }) =>
    [path.at(-1) ?? '', ...aliases].map((last) => [...path.slice(0, -1), last].join(' ')),
  )
  assert.deepEqual(
    paths.filter((path, index) => paths.indexOf(path) !== index),
    [],
  )
  for (const command of commands) {
    const own: readonly [string, Flag][] = Object.entries(command.flags)
    const letters = own.flatMap(([, { short }]) => (short === undefined ? [] : [short]))
    assert.equal(new Set(letters).size, letters.length, `${nameOf(command)}: ${letters.join('')}`)
    // -f means a form of output where a command does not have it for something else; all other letters stay the same
    for (const [name, { short, aliases = [] }] of own) {
      assert.ok(!(name in globalFlags), `${nameOf(command)} --${name} is an option of all commands`)
      const taken = Object.entries<Flag>(globalFlags).find(
        ([, flag]) => flag.short !== undefined && flag.short === short,
      )
      assert.equal(taken, undefined, `${nameOf(command)} -${short} is an option of all commands`)
      for (const alias of aliases) assert.ok(!own.some(([other]) => other === alias), `${nameOf(command)} --${alias}`)
    }
  }
})

test('arguments stand in an order that can be told apart', () => {
  for (const command of commands) {
    const counts = Object.values<Argument>(command.args).map(({ count }) => count)
    const firstLoose = counts.findIndex((count) => count !== 'one')
    if (firstLoose === -1) continue
    assert.ok(!counts.slice(firstLoose).includes('one'), `${nameOf(command)}: ${counts.join(' ')}`)
    assert.ok(counts.filter((count) => count === 'many' || count === 'rest').length <= 1, nameOf(command))
  }
})

test('help of each command shows all that it takes', () => {
  for (const command of commands) {
    const help = commandHelp(command)
    assert.match(help, new RegExp(`usage: sandyard ${nameOf(command)}`))
    for (const name of Object.keys(command.flags)) assert.ok(help.includes(`--${name}`), `${nameOf(command)} --${name}`)
    for (const line of help.split('\n').filter((one) => !one.startsWith('  sandyard') && !one.includes(' | sandyard')))
      assert.ok(line.length <= 80, `${nameOf(command)}: ${line}`)
  }
})

test('every command refuses an option that it does not have, and names itself', () => {
  for (const command of commands) {
    if (Object.values<Argument>(command.args).some(({ count }) => count === 'rest')) continue
    assert.throws(
      () => parse(commands, [...command.path, '--no-such-option']),
      (error) =>
        error instanceof CommandError &&
        error.exitCode === 2 &&
        error.message.startsWith(`${nameOf(command)} has no option --no-such-option`),
    )
  }
})

test('docs/reference/cli.md is what the table of commands says', async () => {
  const page = join(import.meta.dirname, '../../docs/reference/cli.md')
  // both are long, so they are not shown
  assert.ok((await readFile(page, 'utf8')) === referencePage(commands), 'run: npm run docs')
})
