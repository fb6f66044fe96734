import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Command, defineCommand } from './command.ts'
import { CommandError } from './exit-codes.ts'
import { parse } from './parse.ts'

const run = async () => undefined
const about = { summary: 'does it', examples: [], run }
const create = defineCommand({
  ...about,
  path: ['create'],
  aliases: ['add', 'new'],
  args: { name: { count: 'optional', doc: 'its name' } },
  flags: {
    cpu: { type: 'number', value: 'CORES', min: 1, max: 64, doc: 'cores' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variables' },
    volume: { type: 'texts', short: 'v', value: 'ID:PATH', doc: 'volumes' },
    class: { type: 'text', value: 'CLASS', choices: ['small', 'large'], doc: 'class' },
    public: { type: 'switch', short: 'p', doc: 'open to all' },
    force: { type: 'switch', short: 'f', doc: 'by force' },
  },
})
const exec = defineCommand({
  ...about,
  path: ['exec'],
  args: {
    sandbox: { count: 'one', doc: 'which' },
    command: { count: 'rest', doc: 'what' },
  },
  flags: { cwd: { type: 'text', value: 'FOLDER', doc: 'where' } },
})
const runIn = defineCommand({
  ...about,
  path: ['run'],
  args: {
    from: { count: 'optional', doc: 'which' },
    command: { count: 'rest', doc: 'what' },
  },
  flags: {},
})
const snapshotCreate = defineCommand({
  ...about,
  path: ['snapshot', 'create'],
  args: { name: { count: 'one', doc: 'its name' } },
  flags: {},
})
const snapshotList = defineCommand({ ...about, path: ['snapshot', 'list'], aliases: ['ls'], args: {}, flags: {} })
const remove = defineCommand({
  ...about,
  path: ['delete'],
  args: { sandboxes: { count: 'many', doc: 'which' } },
  flags: {},
})
const commands: readonly Command[] = [create, exec, runIn, snapshotCreate, snapshotList, remove]

function parsed(line: string) {
  const result = parse(commands, line.split(' '))
  assert.ok(!('help' in result), 'help is shown')
  return result
}

function refused(line: string): string {
  try {
    parse(commands, line.split(' '))
  } catch (error) {
    assert.ok(error instanceof CommandError)
    assert.equal(error.exitCode, 2)
    return `${error.message} | ${error.hint ?? ''}`
  }
  assert.fail(`${line} was understood`)
}

test('options in all the ways they are written', () => {
  const { command, args, flags } = parsed(
    'new box --cpu=2 -e A=1 --env B=x=y -vone:/a -v two:/b -pf --class large -o json',
  )
  assert.equal(command, create)
  assert.equal(args.name, 'box')
  assert.equal(flags.cpu, 2)
  assert.deepEqual(flags.env, { A: '1', B: 'x=y' })
  assert.deepEqual(flags.volume, ['one:/a', 'two:/b'])
  assert.deepEqual([flags.public, flags.force, flags.class, flags.output], [true, true, 'large', 'json'])
})

test('what is not given is empty', () => {
  const { args, flags } = parsed('create')
  assert.deepEqual([args.name, flags.cpu, flags.public], [undefined, undefined, false])
  assert.deepEqual([flags.env, flags.volume], [{}, []])
})

test('a command of the sandbox keeps its own options', () => {
  const { args, flags } = parsed('exec --cwd /srv box ls -la --help')
  assert.equal(flags.cwd, '/srv')
  assert.deepEqual(args, { sandbox: 'box', command: ['ls', '-la', '--help'] })
  assert.deepEqual(parsed('exec box -- -x').args.command, ['-x'])
  assert.deepEqual(parsed('exec box --cwd /srv -- ls --cwd /').args.command, ['ls', '--cwd', '/'])
  assert.deepEqual(parsed('exec box ls -- -x').args.command, ['ls', '--', '-x'])
})

test('what stands behind -- is the command, also where nothing says what it runs in', () => {
  assert.deepEqual(parsed('run -- uname -a').args, { from: undefined, command: ['uname', '-a'] })
  assert.deepEqual(parsed('run image -- uname -a').args, { from: 'image', command: ['uname', '-a'] })
  assert.deepEqual(parsed('run image uname -a').args, { from: 'image', command: ['uname', '-a'] })
  assert.deepEqual(parsed('run').args, { from: undefined, command: [] })
})

test('groups and their aliases', () => {
  assert.equal(parsed('snapshot ls').command, snapshotList)
  assert.deepEqual(parsed('snapshot create --profile work base').args, { name: 'base' })
  assert.deepEqual(parsed('delete a b').args, { sandboxes: ['a', 'b'] })
})

test('help is asked of a command, a group and all', () => {
  assert.deepEqual(parse(commands, ['create', 'box', '--help']), { help: create })
  assert.deepEqual(parse(commands, ['exec', '-h']), { help: exec })
  assert.deepEqual(parse(commands, ['snapshot']), { help: ['snapshot'] })
  assert.deepEqual(parse(commands, []), { help: [] })
  assert.deepEqual(parse(commands, ['--help']), { help: [] })
})

test('what is wrong is named, with what was meant', () => {
  assert.match(refused('craete'), /no command craete; did you mean create\?/)
  assert.match(refused('snapshot lits'), /no command snapshot lits; did you mean snapshot list\?/)
  assert.match(refused('create --cpus 2'), /create has no option --cpus; did you mean --cpu\?/)
  assert.match(refused('create -x'), /create has no option -x/)
  assert.match(refused('create --cpu'), /--cpu needs a value: CORES/)
  assert.match(refused('create --cpu many'), /--cpu is a number from 1 up to 64, not many/)
  assert.match(refused('create --cpu 65'), /not 65/)
  assert.match(refused('create -e A'), /--env is written NAME=VALUE, not A/)
  assert.match(refused('create --class huge'), /--class is one of small, large, not huge/)
  assert.match(refused('create --public=perhaps'), /--public takes no value/)
  assert.match(refused('create a b'), /does not know what to do with b/)
  assert.match(refused('exec'), /exec needs a SANDBOX \| sandyard exec --help/)
  assert.match(refused('exec -- ls'), /exec needs a SANDBOX/)
  assert.match(refused('--cpu 2'), /name a command before --cpu/)
})
