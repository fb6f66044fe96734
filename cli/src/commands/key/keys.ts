import type { AnswerOf, ApiOperations, Daytona, InputOf } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age, ago, time } from '../../texts.ts'

type Key = AnswerOf<ApiOperations['getApiKey']>
type Permission = InputOf<ApiOperations['createApiKey']>['body']['permissions'][number]

const dayMs = 86_400_000
/** permissions that a line of a listing has room for */
const shownPermissions = 3

const shown: Shown<Key> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'Key', text: ({ value }) => value },
    { title: 'Used', text: ({ lastUsedAt }) => ago(lastUsedAt), isNumber: true },
    { title: 'Ends', text: ({ expiresAt }) => (expiresAt === null ? 'never' : time(expiresAt)) },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'May', text: ({ permissions }) => mayText(permissions, shownPermissions) },
  ],
  name: ({ name }) => name,
}

const shownWhole: Shown<Key> = {
  ...shown,
  columns: [...shown.columns.slice(0, -1), { title: 'May', text: ({ permissions }) => mayText(permissions) }],
}

function mayText(permissions: readonly string[], most = Number.POSITIVE_INFINITY): string {
  const more = permissions.length - most
  return [...permissions.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join(' ') || 'only look'
}

const create = defineCommand({
  path: ['key', 'create'],
  summary: 'Make an API key; its value is shown this once',
  more: 'Without `--permission` it may do all that the key that makes it may do.',
  args: { name: { count: 'one', doc: 'its name' } },
  flags: {
    permission: {
      type: 'texts',
      short: 'p',
      value: 'PERMISSION',
      doc: 'what it may do, such as write:sandboxes; give it again for more',
    },
    days: { type: 'number', value: 'DAYS', min: 0, doc: 'days until it ends, default never' },
  },
  examples: [
    {
      does: 'for an agent that makes and deletes sandboxes',
      line: 'sandyard key create agent -p write:sandboxes -p delete:sandboxes --days 30',
    },
    { does: 'only its value, for a script', line: 'sandyard key create ci -o json | jq -r .value' },
  ],
  async run({ args, flags, platform: open, screen }) {
    const platform = await open()
    const given = flags.permission as readonly Permission[]
    const permissions = given.length > 0 ? given : (await platform.client.call('getCurrentApiKey')).permissions
    const expiresAt = flags.days === undefined ? null : new Date(Date.now() + flags.days * dayMs).toISOString()
    const key = await platform.client.call('createApiKey', { body: { name: args.name, permissions, expiresAt } })
    screen.tell(key.value, key, key.value)
    screen.note(`This is the only time that key ${key.name} is shown.`)
    return undefined
  },
})

const list = defineCommand({
  path: ['key', 'list'],
  aliases: ['ls'],
  summary: 'List API keys, without their values',
  args: {},
  flags: {},
  examples: [{ does: 'what is there, and when it was used', line: 'sandyard key list' }],
  async run({ platform, screen }) {
    const keys = await (await platform()).client.call('listApiKeys')
    screen.list(keys, shown, 'There are no keys; sandyard key create makes one.')
    return undefined
  },
})

const info = defineCommand({
  path: ['key', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show an API key, without its value',
  args: { key: { count: 'optional', doc: 'its name, default the one that is used now' } },
  flags: {},
  examples: [{ does: 'what the key in use may do', line: 'sandyard key info' }],
  async run({ args, platform: open, screen }) {
    const { client } = await open()
    const { key: name } = args
    const key =
      name === undefined ? await client.call('getCurrentApiKey') : await client.call('getApiKey', { params: { name } })
    screen.one(key, shownWhole)
    return undefined
  },
})

/** Keys of members have names of their own each, so a name alone may mean several. */
async function find(platform: Daytona, name: string): Promise<Key> {
  const keys = await platform.client.call('listApiKeys')
  const named = keys.map((key) => ({ key, id: `${key.userId}/${key.name}` }))
  return pick(named, name, { noun: 'key', nameOf: ({ key }) => key.name }).key
}

const remove = deleteCommand({
  group: ['key'],
  noun: 'key',
  nouns: 'keys',
  summary: 'Delete API keys; they stop working at once',
  more: 'A name that several members have is given as USER/NAME. With `--all` the key in use stays.',
  loses: 'which stop working at once',
  find,
  findAll: async (platform) => {
    const own = await platform.client.call('getCurrentApiKey')
    const keys = await platform.client.call('listApiKeys')
    return keys.filter(({ name, userId }) => name !== own.name || userId !== own.userId)
  },
  nameOf: ({ name }) => name,
  remove: (platform, { userId, name }) => platform.client.call('deleteApiKeyForUser', { params: { userId, name } }),
})

/** Commands on API keys, in the order in which help shows them. */
export const keyCommands: readonly Command[] = [create, list, info, remove]
