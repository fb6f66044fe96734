import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, defineCommand } from '../../command.ts'
import { CommandError } from '../../exit-codes.ts'
import { runProgramHere } from '../../run-program.ts'
import { endBackground, startBackground } from './background.ts'

const entry = resolve(import.meta.dirname, '../../../../scripts/sandyard.mjs')

const words = { count: 'rest', doc: 'options of the platform, as docs/reference/config.md has them' } as const

const up = defineCommand({
  path: ['up'],
  summary: 'Start the platform of this machine',
  more: 'It runs until Ctrl-C; with `-d` in the background, and the command ends when the platform answers. Its sandboxes outlive it either way.',
  args: { words },
  flags: { detach: { type: 'switch', short: 'd', doc: 'leave it running in the background' } },
  examples: [
    { does: 'in the background', line: 'sudo sandyard up -d' },
    { does: 'on another port, to look at', line: 'sudo sandyard up --port 4000' },
  ],
  passesAll: true,
  cleansUp: true,
  async run({ args, screen, env, signal }) {
    const isDetached = args.words.some((word) => word === '-d' || word === '--detach')
    const rest = args.words.filter((word) => word !== '-d' && word !== '--detach')
    if (!isDetached) return await handOver('start', rest)
    return await startBackground([requireEntry(), 'start', ...rest], { screen, env, signal })
  },
})

const down = defineCommand({
  path: ['down'],
  summary: 'Stop all sandboxes of this machine, and the platform that `up -d` has started',
  more: 'Their disks stay: after `up` they can be started again.',
  args: { words },
  flags: {},
  examples: [{ does: 'stop all', line: 'sudo sandyard down' }],
  passesAll: true,
  cleansUp: true,
  async run({ args, screen, env }) {
    const code = await handOver('down', args.words)
    if (code === 0) await endBackground({ screen, env })
    return code
  },
})

const reset = defineCommand({
  path: ['reset'],
  summary: 'Delete the platform of this machine with all that is in it',
  args: { words },
  flags: {},
  examples: [{ does: 'without a question', line: 'sudo sandyard reset --yes' }],
  passesAll: true,
  cleansUp: true,
  run: async ({ args }) => await handOver('reset', args.words),
})

const doctor = defineCommand({
  path: ['doctor'],
  summary: 'Say what this machine lacks to be a platform, and what to do about it',
  args: { words },
  flags: {},
  examples: [{ does: 'look', line: 'sandyard doctor' }],
  passesAll: true,
  cleansUp: true,
  run: async ({ args }) => await handOver('doctor', args.words),
})

/** Commands of the platform of this machine, which does them itself. */
export const platformCommands: readonly Command[] = [up, down, reset, doctor]

async function handOver(command: string, rest: readonly string[]): Promise<number> {
  return await runProgramHere(process.execPath, [requireEntry(), 'platform', command, ...rest])
}

function requireEntry(): string {
  if (!existsSync(entry))
    throw new CommandError('there is no platform beside this command line', undefined, 'run it where one is installed')
  return entry
}
