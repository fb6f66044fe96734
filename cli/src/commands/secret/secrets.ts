import type { Daytona, Secret } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { readHidden } from '../../confirm.ts'
import { deleteCommand } from '../../delete-command.ts'
import { usageError } from '../../exit-codes.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age } from '../../texts.ts'
import { sandboxSecrets } from '../sandbox/pairs.ts'

const shown: Shown<Secret> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'Hosts', text: ({ hosts }) => hosts.join(', ') || 'none' },
    { title: 'Description', text: ({ description = '' }) => description },
    { title: 'Changed', text: ({ updatedAt }) => `${age(updatedAt)} ago`, isNumber: true },
  ],
  name: ({ name }) => name,
}

const pageSize = 100

async function all(platform: Daytona): Promise<readonly Secret[]> {
  const found: Secret[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await platform.secret.list({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
    found.push(...page.items)
    if (page.nextCursor === null) return found
    cursor = page.nextCursor
  }
}

async function find(platform: Daytona, nameOrId: string): Promise<Secret> {
  return pick(await all(platform), nameOrId, { noun: 'secret', nameOf: ({ name }) => name })
}

const hosts = {
  type: 'texts',
  value: 'HOST',
  doc: 'host that gets the value, such as api.openai.com or *.example.com; give it again for more',
} as const
const description = { type: 'text', value: 'TEXT', doc: 'what it is for' } as const
const secretArgument = { count: 'one', doc: 'name or id' } as const

const create = defineCommand({
  path: ['secret', 'create'],
  summary: 'Keep a secret that sandboxes use without having it',
  more: 'The value is asked for without being shown, or read from standard input; it is never shown again. Programs in a sandbox see a stand-in, which the platform replaces in requests to the hosts.',
  args: { name: { count: 'one', doc: 'its name' } },
  flags: { host: hosts, description },
  examples: [
    { does: 'asked for', line: 'sandyard secret create openai --host api.openai.com' },
    { does: 'from a file', line: 'sandyard secret create openai --host api.openai.com < key.txt' },
    { does: 'and use it', line: 'sandyard create box --secret OPENAI_API_KEY=openai' },
  ],
  async run({ args, flags, platform, screen }) {
    const { name } = args
    const value = await readHidden(`Value of ${name}: `)
    if (value === '') throw usageError('there was no value to read')
    const secret = await (await platform()).secret.create({
      name,
      value,
      hosts: [...flags.host],
      ...(flags.description === undefined ? {} : { description: flags.description }),
    })
    screen.one(secret, shown)
    if (flags.host.length === 0) screen.note('It goes to no host yet; sandyard secret update --host names one.')
    return undefined
  },
})

const list = defineCommand({
  path: ['secret', 'list'],
  aliases: ['ls'],
  summary: 'List secrets, without their values',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard secret list' }],
  async run({ platform, screen }) {
    screen.list(await all(await platform()), shown, 'There are no secrets; sandyard secret create keeps one.')
    return undefined
  },
})

const info = defineCommand({
  path: ['secret', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show a secret, without its value',
  args: { secret: secretArgument },
  flags: {},
  examples: [{ does: 'which hosts get it', line: 'sandyard secret info openai -o json | jq .hosts' }],
  async run({ args, platform, screen }) {
    screen.one(await find(await platform(), args.secret), shown)
    return undefined
  },
})

const update = defineCommand({
  path: ['secret', 'update'],
  summary: 'Change a secret, at once in every sandbox that has it',
  args: { secret: secretArgument },
  flags: {
    value: { type: 'switch', doc: 'another value, which is asked for or read from standard input' },
    host: { ...hosts, doc: `${hosts.doc}; replaces those that there are` },
    description,
  },
  examples: [
    { does: 'another value', line: 'sandyard secret update openai --value < key.txt' },
    { does: 'other hosts', line: 'sandyard secret update openai --host api.openai.com --host *.openai.com' },
  ],
  async run({ args, flags, platform: open, screen }) {
    const { host, description } = flags
    if (!flags.value && host.length === 0 && description === undefined)
      throw usageError('give --value, --host or --description')
    const value = flags.value ? await readHidden(`Value of ${args.secret}: `) : undefined
    if (value === '') throw usageError('there was no value to read')
    const platform = await open()
    const { id } = await find(platform, args.secret)
    const changed = await platform.secret.update(id, {
      ...(value === undefined ? {} : { value }),
      ...(host.length === 0 ? {} : { hosts: [...host] }),
      ...(description === undefined ? {} : { description }),
    })
    screen.one(changed, shown)
    return undefined
  },
})

const remove = deleteCommand({
  group: ['secret'],
  noun: 'secret',
  nouns: 'secrets',
  summary: 'Delete secrets; sandboxes lose them at once',
  loses: 'also in the sandboxes that have them',
  find,
  findAll: all,
  nameOf: ({ name }) => name,
  remove: (platform, { id }) => platform.secret.delete(id),
})

/** Commands on secrets, in the order in which help shows them. */
export const secretCommands: readonly Command[] = [create, list, info, update, sandboxSecrets, remove]
