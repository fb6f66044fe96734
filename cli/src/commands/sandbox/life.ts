import type { Sandbox } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { each } from '../../each.ts'
import { chosenSandboxes } from '../../targets.ts'
import { counted } from '../../texts.ts'

interface Verb {
  readonly word: string
  readonly summary: string
  readonly doing: string
  readonly done: string
  readonly more?: string
  readonly canForce?: boolean
  readonly change: (sandbox: Sandbox, timeout: number | undefined, isForced: boolean) => Promise<void>
}

const verbs: readonly Verb[] = [
  {
    word: 'start',
    summary: 'Start sandboxes that are stopped, paused or archived, and wait until they run',
    more: 'Without a name, `sandyard start` starts the platform of this machine, as `sandyard up` does.',
    doing: 'Starting',
    done: 'Started',
    change: (sandbox, timeout) => sandbox.start(timeout),
  },
  {
    word: 'stop',
    summary: 'End all programs of sandboxes; their disks stay',
    doing: 'Stopping',
    done: 'Stopped',
    canForce: true,
    change: (sandbox, timeout, isForced) => sandbox.stop(timeout, isForced),
  },
  {
    word: 'pause',
    summary: 'Freeze the programs of sandboxes; their memory stays',
    doing: 'Pausing',
    done: 'Paused',
    more: '`sandyard resume` lets them go on.',
    change: (sandbox, timeout) => sandbox.pause(timeout),
  },
  {
    word: 'resume',
    summary: 'Let the programs of paused sandboxes go on',
    doing: 'Resuming',
    done: 'Resumed',
    change: (sandbox, timeout) => sandbox.start(timeout),
  },
  {
    word: 'archive',
    summary: 'Pack the disks of stopped sandboxes away, where they take no room of the machine',
    doing: 'Archiving',
    done: 'Sent to the archive',
    more: '`sandyard start` brings them back.',
    change: (sandbox) => sandbox.archive(),
  },
  {
    word: 'recover',
    summary: 'Bring sandboxes back from an error that they can recover from',
    doing: 'Recovering',
    done: 'Recovered',
    change: (sandbox, timeout) => sandbox.recover(timeout),
  },
]

/** `start`, `stop`, `pause`, `resume`, `archive` and `recover`. */
export const lifeCommands: readonly Command[] = verbs.map(({ word, summary, doing, done, more, canForce, change }) =>
  defineCommand({
    path: [word],
    summary,
    ...(more === undefined ? {} : { more }),
    args: { sandboxes: { count: 'many', doc: 'ids or names', completes: 'sandbox' } },
    flags: {
      all: { type: 'switch', short: 'a', doc: 'all sandboxes' },
      timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'longest wait for each, default 60, 0 for ever' },
      ...(canForce === true
        ? { force: { type: 'switch', short: 'f', doc: 'give their programs no time' } as const }
        : {}),
    },
    examples: [
      { does: `${word} one`, line: `sandyard ${word} box` },
      { does: `${word} several`, line: `sandyard ${word} box other` },
    ],
    async run({ args, flags, platform, screen, signal }) {
      const targets = await chosenSandboxes(await platform(), args.sandboxes, flags.all)
      const isForced = 'force' in flags && flags.force === true
      return await each(
        targets,
        { screen, signal },
        {
          doing: `${doing} ${counted(targets.length, 'sandbox', 'sandboxes')}`,
          none: 'There are no sandboxes; sandyard create makes one.',
          nameOf: ({ name }) => name,
          run: async ({ find }) => {
            const sandbox = await find()
            await change(sandbox, flags.timeout, isForced)
            const { id, name, state } = sandbox
            return { name, sentence: `${done} ${name}`, value: { id, name, state } }
          },
        },
      )
    },
  }),
)
