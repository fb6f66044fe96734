import type { Daytona, ListSnapshotsQuery, Snapshot } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { CommandError } from '../../exit-codes.ts'
import { snapshotCreate } from './create.ts'
import { listedSnapshot, shownSnapshot } from './shown.ts'

const defaultLimit = 100
const snapshotArgument = { count: 'one', doc: 'name or id', completes: 'snapshot' } as const

async function all(platform: Daytona, query: ListSnapshotsQuery = {}): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = []
  for await (const snapshot of platform.snapshot.listAll({ ...query, limit: 200 })) found.push(snapshot)
  return found
}

const list = defineCommand({
  path: ['snapshot', 'list'],
  aliases: ['ls'],
  summary: 'List snapshots: those of the organization, then those that all have',
  args: {},
  flags: {
    page: { type: 'number', short: 'p', value: 'NUMBER', min: 1, doc: 'page to show, default the first' },
    limit: {
      type: 'number',
      short: 'l',
      value: 'COUNT',
      min: 1,
      max: 200,
      doc: `most on a page, default ${defaultLimit}`,
    },
    all: { type: 'switch', short: 'a', doc: 'show all, however many' },
    name: { type: 'text', value: 'TEXT', doc: 'only those with the text in their name' },
    sandbox: { type: 'text', value: 'ID', doc: 'only those that were made of the sandbox' },
  },
  examples: [
    { does: 'what is there', line: 'sandyard snapshot list' },
    { does: 'names of all, for a script', line: 'sandyard snapshot list --all -o name' },
  ],
  async run({ flags, platform: open, screen }) {
    const platform = await open()
    const { name, page = 1, limit = defaultLimit } = flags
    const query = {
      limit,
      ...(name === undefined ? {} : { name }),
      ...(flags.sandbox === undefined ? {} : { sourceSandboxId: flags.sandbox }),
    }
    const none = 'There are no snapshots like this; sandyard snapshot create makes one.'
    if (flags.all) {
      screen.list(await all(platform, query), listedSnapshot, none)
      return undefined
    }
    const found = await platform.snapshot.list({ ...query, page })
    screen.list(found.items, listedSnapshot, none)
    if (found.totalPages > page)
      screen.note(`Page ${page} of ${found.totalPages}; --page ${page + 1} shows the next, --all the rest.`)
    return undefined
  },
})

const info = defineCommand({
  path: ['snapshot', 'info'],
  aliases: ['view', 'inspect', 'get'],
  summary: 'Show all that is known of a snapshot',
  args: { snapshot: snapshotArgument },
  flags: {},
  examples: [{ does: 'for a person', line: 'sandyard snapshot info tools' }],
  async run({ args, platform, screen }) {
    screen.one(await (await platform()).snapshot.get(args.snapshot), shownSnapshot)
    return undefined
  },
})

const activate = defineCommand({
  path: ['snapshot', 'activate'],
  summary: 'Let sandboxes be made from a snapshot that is not in use any more',
  args: { snapshot: snapshotArgument },
  flags: {},
  examples: [{ does: 'use it again', line: 'sandyard snapshot activate tools' }],
  async run({ args, platform, screen }) {
    const { name, id, state } = await (await platform()).snapshot.activate(args.snapshot)
    screen.tell(`Activated ${name}`, { id, name, state }, name)
    return undefined
  },
})

const deactivate = defineCommand({
  path: ['snapshot', 'deactivate'],
  summary: 'Let no more sandboxes be made from a snapshot; it stays',
  args: { snapshot: snapshotArgument },
  flags: {},
  examples: [{ does: 'keep it from being used', line: 'sandyard snapshot deactivate tools' }],
  async run({ args, platform: open, screen }) {
    const platform = await open()
    const { id, name } = await platform.snapshot.get(args.snapshot)
    await platform.client.call('deactivateSnapshot', { params: { id } })
    screen.tell(`Deactivated ${name}`, { id, name, state: 'inactive' }, name)
    return undefined
  },
})

const push = defineCommand({
  path: ['snapshot', 'push'],
  summary: 'Refused: there is no registry to push an image to',
  more: 'Snapshots are made of an image of a registry, a Dockerfile or a sandbox: see `sandyard snapshot create`. The word is here for those who know it from another command line.',
  args: { image: { count: 'one', doc: 'local image' } },
  flags: { name: { type: 'text', short: 'n', value: 'NAME', doc: 'name of the snapshot' } },
  examples: [{ does: 'what works instead', line: 'sandyard snapshot create tools -f ./Dockerfile' }],
  async run({ platform }) {
    // the platform says it in its own words, and may learn it one day
    await (await platform()).client.call('getTransientPushAccess')
    throw new CommandError('this command line cannot push images')
  },
})

const remove = deleteCommand({
  group: ['snapshot'],
  noun: 'snapshot',
  nouns: 'snapshots',
  summary: 'Delete snapshots; sandboxes that were made from them stay',
  loses: 'so that no sandbox is made from them any more',
  completes: 'snapshot',
  find: (platform, name) => platform.snapshot.get(name),
  // those that all have are the platform's
  findAll: async (platform) => (await all(platform)).filter(({ general }) => !general),
  nameOf: ({ name }) => name,
  remove: (platform, snapshot) => platform.snapshot.delete(snapshot),
})

/** Commands on snapshots, in the order in which help shows them. */
export const snapshotCommands: readonly Command[] = [snapshotCreate, list, info, remove, activate, deactivate, push]
