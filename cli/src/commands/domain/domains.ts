import type { AnswerOf, ApiOperations, Daytona } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import type { Screen, Shown } from '../../screen.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

type Domain = AnswerOf<ApiOperations['listDomains']>[number]

const listed: Shown<Domain> = {
  columns: [
    { title: 'Domain', text: ({ domain }) => domain },
    { title: 'State', text: stateText },
    { title: 'Port', text: ({ port }) => String(port), isNumber: true },
    { title: 'Sandbox', text: ({ sandboxId }) => sandboxId },
  ],
  name: ({ domain }) => domain,
}

const shown: Shown<Domain> = {
  columns: [
    { title: 'Domain', text: ({ domain }) => domain },
    { title: 'State', text: stateText },
    { title: 'URL', text: ({ url }) => url },
    { title: 'Port', text: ({ port }) => String(port) },
    { title: 'Sandbox', text: ({ sandboxId }) => sandboxId },
    { title: 'TXT record', text: ({ proof }) => `${proof.name} ${proof.value}` },
    { title: 'CNAME record', text: ({ domain, cname }) => (cname === null ? '-' : `${domain} ${cname}`) },
  ],
  name: ({ domain }) => domain,
}

function stateText({ state, reason }: Domain): string {
  return reason === null ? state : `${state}: ${reason}`
}

async function find(platform: Daytona, asked: string): Promise<Domain> {
  const name = asked.toLowerCase().replace(/\.$/, '')
  const found = (await platform.client.call('listDomains')).find(({ domain }) => domain === name)
  if (found !== undefined) return found
  throw new CommandError(`there is no domain ${asked}`, exitCodes.notFound, 'sandyard domain list shows what there is')
}

function showOne(screen: Screen, domain: Domain): void {
  screen.one(domain, shown)
  if (domain.state !== 'active')
    screen.note(`Set both records in DNS; then sandyard domain check ${domain.domain} looks at once.`)
}

const add = defineCommand({
  path: ['domain', 'add'],
  aliases: ['create', 'attach'],
  summary: 'Let a domain of yours lead to a port of a sandbox',
  more: 'DNS has to prove that it is yours: the records are shown. A domain that the organization has already moves there at once.',
  args: { sandbox: sandboxArgument, domain: { count: 'one', doc: 'such as app.example.com' } },
  flags: { port: { type: 'number', short: 'p', value: 'PORT', min: 1, max: 65_535, doc: 'port inside' } },
  examples: [{ does: 'lead it to port 3000', line: 'sandyard domain add box app.example.com -p 3000' }],
  async run({ args, flags, platform, screen }) {
    const { port } = flags
    if (port === undefined) throw usageError('say which port: --port PORT')
    const params = { sandboxIdOrName: args.sandbox }
    showOne(
      screen,
      await (await platform()).client.call('attachDomain', { params, body: { domain: args.domain, port } }),
    )
    return undefined
  },
})

const list = defineCommand({
  path: ['domain', 'list'],
  aliases: ['ls'],
  summary: 'List domains, and the sandboxes that they lead to',
  args: { sandbox: { count: 'optional', doc: 'only those of a sandbox, by id or name', completes: 'sandbox' } },
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard domain list' }],
  async run({ args, platform: open, screen }) {
    const { client } = await open()
    const domains =
      args.sandbox === undefined
        ? await client.call('listDomains')
        : await client.call('listSandboxDomains', { params: { sandboxIdOrName: args.sandbox } })
    screen.list(domains, listed, 'There are no domains; sandyard domain add lets one lead to a sandbox.')
    return undefined
  },
})

const info = defineCommand({
  path: ['domain', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show a domain, and the records that it needs in DNS',
  args: { domain: { count: 'one', doc: 'the domain' } },
  flags: {},
  examples: [{ does: 'what to set in DNS', line: 'sandyard domain info app.example.com' }],
  async run({ args, platform, screen }) {
    showOne(screen, await find(await platform(), args.domain))
    return undefined
  },
})

const check = defineCommand({
  path: ['domain', 'check'],
  summary: 'Look for the proof of a domain in DNS now',
  args: { domain: { count: 'one', doc: 'the domain' } },
  flags: {},
  examples: [{ does: 'after the records were set', line: 'sandyard domain check app.example.com' }],
  async run({ args, platform: open, screen }) {
    const platform = await open()
    const { domain, sandboxId } = await find(platform, args.domain)
    const params = { sandboxIdOrName: sandboxId, domain }
    const checked = await platform.client.call('checkDomain', { params })
    showOne(screen, checked)
    return checked.state === 'active' ? exitCodes.done : exitCodes.failed
  },
})

const remove = deleteCommand({
  group: ['domain'],
  noun: 'domain',
  nouns: 'domains',
  summary: 'Let domains lead to sandboxes no more',
  loses: 'so that they lead nowhere',
  find,
  findAll: (platform) => platform.client.call('listDomains'),
  nameOf: ({ domain }) => domain,
  remove: (platform, { domain, sandboxId }) =>
    platform.client.call('detachDomain', { params: { sandboxIdOrName: sandboxId, domain } }),
})

/** Commands on domains, in the order in which help shows them. */
export const domainCommands: readonly Command[] = [add, list, info, check, remove]
