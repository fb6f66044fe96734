import type { ListSandboxesQuery, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { listedSandbox } from './shown.ts'

const defaultLimit = 100

export const list = defineCommand({
  path: ['list'],
  aliases: ['ls'],
  summary: 'List sandboxes, the newest first',
  args: {},
  flags: {
    limit: { type: 'number', short: 'l', value: 'COUNT', min: 1, doc: `most to show, default ${defaultLimit}` },
    all: { type: 'switch', short: 'a', doc: 'show all, however many' },
    state: {
      type: 'texts',
      short: 's',
      value: 'STATE',
      doc: 'only those in the state, such as started; any of several',
    },
    label: { type: 'pairs', value: 'NAME=VALUE', doc: 'only those with the label; all of several' },
    name: { type: 'text', value: 'TEXT', doc: 'only those whose name begins so' },
    snapshot: { type: 'texts', value: 'NAME', doc: 'only those made from the snapshot' },
    sort: {
      type: 'text',
      value: 'FIELD',
      choices: ['createdAt', 'name', 'lastActivityAt', 'cpu', 'memoryGib', 'diskGib'],
      doc: 'field to sort by, default createdAt',
    },
    ascending: { type: 'switch', doc: 'the smallest or oldest first' },
  },
  examples: [
    { does: 'what is there', line: 'sandyard list' },
    { does: 'ids of all that run, for a script', line: 'sandyard list --all --state started -o json | jq -r .[].id' },
  ],
  async run({ flags, platform, screen }) {
    const most = flags.all ? Number.POSITIVE_INFINITY : (flags.limit ?? defaultLimit)
    const query: ListSandboxesQuery = {
      sort: (flags.sort ?? 'createdAt') as NonNullable<ListSandboxesQuery['sort']>,
      order: flags.ascending ? 'asc' : 'desc',
      limit: Math.min(most, 200),
      ...(flags.state.length === 0 ? {} : { states: [...flags.state] as NonNullable<ListSandboxesQuery['states']> }),
      ...(flags.snapshot.length === 0 ? {} : { snapshots: [...flags.snapshot] }),
      ...(flags.name === undefined ? {} : { name: flags.name }),
      labels: { ...flags.label },
    }
    const found: Sandbox[] = []
    let hasMore = false
    for await (const sandbox of (await platform()).list(query)) {
      hasMore = found.length >= most
      if (hasMore) break
      found.push(sandbox)
    }
    screen.list(found, listedSandbox, 'There are no sandboxes like this; sandyard create makes one.')
    if (hasMore) screen.note(`Only the first ${most} are shown; --all shows the rest.`)
    return undefined
  },
})
