import type { Daytona, Volume } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age, ago } from '../../texts.ts'

const shown: Shown<Volume> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'State', text: ({ state, errorReason }) => (errorReason === null ? state : `${state}: ${errorReason}`) },
    { title: 'Used', text: ({ lastUsedAt }) => ago(lastUsedAt), isNumber: true },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ name }) => name,
}

async function find(platform: Daytona, nameOrId: string): Promise<Volume> {
  return pick(await platform.volume.list(), nameOrId, { noun: 'volume', nameOf: ({ name }) => name })
}

const create = defineCommand({
  path: ['volume', 'create'],
  summary: 'Make an empty volume',
  args: { name: { count: 'one', doc: 'its name' } },
  flags: {
    // the published command line has it, and it does nothing there either
    size: { type: 'number', short: 's', value: 'GIB', min: 0, doc: 'is read and ignored: a volume grows as it needs' },
  },
  examples: [
    { does: 'make one', line: 'sandyard volume create data' },
    { does: 'and use it', line: 'sandyard create box -v data:/data' },
  ],
  async run({ args, platform, screen }) {
    screen.one(await (await platform()).volume.create(args.name), shown)
    return undefined
  },
})

const get = defineCommand({
  path: ['volume', 'get'],
  aliases: ['info', 'view', 'inspect'],
  summary: 'Show a volume',
  args: { volume: { count: 'one', doc: 'name or id', completes: 'volume' } },
  flags: {},
  examples: [{ does: 'its id, for a script', line: 'sandyard volume get data -o json | jq -r .id' }],
  async run({ args, platform, screen }) {
    screen.one(await find(await platform(), args.volume), shown)
    return undefined
  },
})

const list = defineCommand({
  path: ['volume', 'list'],
  aliases: ['ls'],
  summary: 'List volumes, those first that were used last',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard volume list' }],
  async run({ platform, screen }) {
    screen.list(
      await (await platform()).volume.list(),
      shown,
      'There are no volumes; sandyard volume create makes one.',
    )
    return undefined
  },
})

const remove = deleteCommand({
  group: ['volume'],
  noun: 'volume',
  nouns: 'volumes',
  summary: 'Delete volumes with all that is in them',
  more: 'A volume that a sandbox has mounted is not deleted.',
  loses: 'with all that is in them',
  completes: 'volume',
  find,
  findAll: (platform) => platform.volume.list(),
  nameOf: ({ name }) => name,
  remove: (platform, volume) => platform.volume.delete(volume),
})

/** Commands on volumes, in the order in which help shows them. */
export const volumeCommands: readonly Command[] = [create, get, list, remove]
