import type { Daytona, WarmPool } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { usageError } from '../../exit-codes.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age } from '../../texts.ts'

const shown: Shown<WarmPool> = {
  columns: [
    { title: 'Snapshot', text: ({ snapshot }) => snapshot },
    { title: 'Ready', text: ({ currentSize }) => String(currentSize), isNumber: true },
    { title: 'Wanted', text: ({ pool }) => String(pool), isNumber: true },
    { title: 'Error', text: ({ errorReason }) => errorReason ?? '-' },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ id }) => id,
}

async function find(platform: Daytona, snapshotOrId: string): Promise<WarmPool> {
  return pick(await platform.warmPool.list(), snapshotOrId, {
    noun: 'warm pool',
    nameOf: ({ snapshot }) => snapshot,
  })
}

const size = { type: 'number', short: 's', value: 'COUNT', min: 0, doc: 'sandboxes to keep ready' } as const

function readSize(given: number | undefined): number {
  if (given === undefined) throw usageError('say how many: --size COUNT')
  return given
}

const create = defineCommand({
  path: ['warm-pool', 'create'],
  summary: 'Keep sandboxes of a snapshot ready, so that new ones are there at once',
  args: { snapshot: { count: 'one', doc: 'name of the snapshot', completes: 'snapshot' } },
  flags: { size, target: { type: 'text', value: 'REGION', doc: 'region' } },
  examples: [{ does: 'keep three ready', line: 'sandyard warm-pool create tools --size 3' }],
  async run({ args, flags, platform, screen }) {
    const { target } = flags
    const { snapshot } = args
    const pool = readSize(flags.size)
    const made = await (await platform()).warmPool.create({
      snapshot,
      pool,
      ...(target === undefined ? {} : { target }),
    })
    screen.one(made, shown)
    return undefined
  },
})

const update = defineCommand({
  path: ['warm-pool', 'update'],
  aliases: ['resize'],
  summary: 'Change how many sandboxes are kept ready',
  args: { pool: { count: 'one', doc: 'its snapshot, or its id' } },
  flags: { size },
  examples: [{ does: 'keep ten ready', line: 'sandyard warm-pool update tools --size 10' }],
  async run({ args, flags, platform: open, screen }) {
    const pool = readSize(flags.size)
    const platform = await open()
    const { id } = await find(platform, args.pool)
    screen.one(await platform.warmPool.update(id, { pool }), shown)
    return undefined
  },
})

const list = defineCommand({
  path: ['warm-pool', 'list'],
  aliases: ['ls'],
  summary: 'List warm pools, and how many sandboxes of each are ready',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard warm-pool list' }],
  async run({ platform, screen }) {
    const pools = await (await platform()).warmPool.list()
    screen.list(pools, shown, 'There are no warm pools; sandyard warm-pool create makes one.')
    return undefined
  },
})

const remove = deleteCommand({
  group: ['warm-pool'],
  noun: 'warm pool',
  nouns: 'warm pools',
  summary: 'Delete warm pools, with the sandboxes that nobody has taken',
  loses: 'with the sandboxes that nobody has taken',
  find,
  findAll: (platform) => platform.warmPool.list(),
  nameOf: ({ snapshot }) => snapshot,
  remove: (platform, { id }) => platform.warmPool.delete(id),
})

/** Commands on warm pools, in the order in which help shows them. */
export const warmPoolCommands: readonly Command[] = [create, list, update, remove]
