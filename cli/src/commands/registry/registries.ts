import type { AnswerOf, ApiOperations, Daytona } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { readHidden } from '../../confirm.ts'
import { deleteCommand } from '../../delete-command.ts'
import { usageError } from '../../exit-codes.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age } from '../../texts.ts'

type Registry = AnswerOf<ApiOperations['getRegistry']>

const shown: Shown<Registry> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'URL', text: ({ url }) => url },
    { title: 'User', text: ({ username }) => username },
    { title: 'Project', text: ({ project }) => project || '-' },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ name }) => name,
}

async function find(platform: Daytona, nameOrId: string): Promise<Registry> {
  return pick(await platform.client.call('listRegistries'), nameOrId, {
    noun: 'registry',
    nameOf: ({ name }) => name,
  })
}

const username = { type: 'text', short: 'u', value: 'NAME', doc: 'user there' } as const
const project = { type: 'text', value: 'NAME', doc: 'project, where the registry has them' } as const

const create = defineCommand({
  path: ['registry', 'create'],
  aliases: ['login'],
  summary: 'Keep a login at an image registry, for images that are not public',
  more: 'The password is asked for without being shown, or read from standard input.',
  args: { url: { count: 'one', doc: 'host of the registry, such as registry.example.com' } },
  flags: { username, project, name: { type: 'text', value: 'NAME', doc: 'its name here, default the host' } },
  examples: [
    { does: 'asked for the password', line: 'sandyard registry create registry.example.com -u me' },
    { does: 'from a file', line: 'sandyard registry create registry.example.com -u me < token.txt' },
  ],
  async run({ args, flags, platform, screen }) {
    const { url } = args
    const { username: user, project: inProject, name = url } = flags
    if (user === undefined) throw usageError('say who logs in: --username NAME')
    const password = await readHidden(`Password of ${user} at ${url}: `)
    if (password === '') throw usageError('there was no password to read')
    const body = { name, url, username: user, password, ...(inProject === undefined ? {} : { project: inProject }) }
    screen.one(await (await platform()).client.call('createRegistry', { body }), shown)
    return undefined
  },
})

const list = defineCommand({
  path: ['registry', 'list'],
  aliases: ['ls'],
  summary: 'List the logins at image registries',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard registry list' }],
  async run({ platform, screen }) {
    const registries = await (await platform()).client.call('listRegistries')
    screen.list(registries, shown, 'There are no logins at registries; public images need none.')
    return undefined
  },
})

const update = defineCommand({
  path: ['registry', 'update'],
  summary: 'Change a login at an image registry',
  args: { registry: { count: 'one', doc: 'name or id' } },
  flags: {
    username,
    project,
    url: { type: 'text', value: 'URL', doc: 'host of the registry; another one needs the password again' },
    name: { type: 'text', value: 'NAME', doc: 'its name here' },
    password: { type: 'switch', doc: 'another password, which is asked for or read from standard input' },
  },
  examples: [{ does: 'a new token', line: 'sandyard registry update registry.example.com --password < token.txt' }],
  async run({ args, flags, platform: open, screen }) {
    const { username: user, project: inProject, url, name } = flags
    const changes = { username: user, project: inProject, url, name }
    if (!flags.password && Object.values(changes).every((value) => value === undefined))
      throw usageError('say what to change', 'sandyard registry update --help lists it')
    const password = flags.password ? await readHidden(`Password at ${args.registry}: `) : undefined
    if (password === '') throw usageError('there was no password to read')
    const platform = await open()
    const { id } = await find(platform, args.registry)
    screen.one(await platform.client.call('updateRegistry', { params: { id }, body: { ...changes, password } }), shown)
    return undefined
  },
})

const remove = deleteCommand({
  group: ['registry'],
  noun: 'registry login',
  nouns: 'registry logins',
  summary: 'Forget logins at image registries; what was pulled with them stays',
  loses: 'so that images that are not public cannot be pulled any more',
  find,
  findAll: (platform) => platform.client.call('listRegistries'),
  nameOf: ({ name }) => name,
  remove: (platform, { id }) => platform.client.call('deleteRegistry', { params: { id } }),
})

/** Commands on logins at registries, in the order in which help shows them. */
export const registryCommands: readonly Command[] = [create, list, update, remove]
