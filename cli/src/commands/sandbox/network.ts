import type { NetworkRefusal, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { networkFlags, networkSettings } from '../../network-flags.ts'
import type { Shown } from '../../screen.ts'
import { age } from '../../texts.ts'
import { sandboxArgument } from './arguments.ts'

const shownNetwork: Shown<Sandbox> = {
  columns: [
    { title: 'Connections', text: ({ networkBlockAll }) => (networkBlockAll ? 'none' : 'as below') },
    { title: 'Only to addresses', text: ({ networkAllowList }) => networkAllowList || '-' },
    { title: 'Only to names', text: ({ domainAllowList }) => domainAllowList || '-' },
    { title: 'Never to addresses', text: ({ networkDenyList }) => networkDenyList || '-' },
    { title: 'Never to names', text: ({ domainDenyList }) => domainDenyList || '-' },
  ],
  name: ({ name }) => name,
  whole: ({ networkBlockAll, networkAllowList, domainAllowList, networkDenyList, domainDenyList }) => ({
    networkBlockAll,
    networkAllowList,
    domainAllowList,
    networkDenyList,
    domainDenyList,
  }),
}

export const networkGet = defineCommand({
  path: ['network', 'get'],
  summary: 'Show where a sandbox may connect to',
  args: { sandbox: sandboxArgument },
  flags: {},
  examples: [{ does: 'for a person', line: 'sandyard network get box' }],
  async run({ args, platform, screen }) {
    screen.one(await (await platform()).get(args.sandbox), shownNetwork)
    return undefined
  },
})

export const networkSet = defineCommand({
  path: ['network', 'set'],
  summary: 'Change where a sandbox may connect to, at once',
  more: 'Lists that are not given stay as they are; an empty one is taken away.',
  args: { sandbox: sandboxArgument },
  flags: {
    ...networkFlags,
    open: { type: 'switch', doc: 'connections as the lists have it, after --network-block-all' },
  },
  examples: [
    {
      does: 'two names and nothing else',
      line: 'sandyard network set box --domain-allow-list github.com,*.example.com',
    },
    { does: 'close it, and open it again', line: 'sandyard network set box --network-block-all' },
    { does: 'open it again', line: 'sandyard network set box --open' },
  ],
  async run({ args, flags, platform, screen }) {
    if (flags.open && flags['network-block-all']) throw usageError('--open and --network-block-all do not go together')
    const settings = { ...networkSettings(flags), ...(flags.open ? { networkBlockAll: false } : {}) }
    if (Object.keys(settings).length === 0) throw usageError('say what to change', 'sandyard network set --help')
    const sandbox = await (await platform()).get(args.sandbox)
    await sandbox.updateNetworkSettings(settings)
    screen.one(sandbox, shownNetwork)
    return undefined
  },
})

const reasons: Readonly<Record<NetworkRefusal['reason'], string>> = {
  'not-allowed': 'on no allow list',
  denied: 'on a deny list',
  'private-address': 'a private address',
  'query-type': 'a kind of question that is not answered',
  'too-many': 'too many at once',
}

export const networkRefused = defineCommand({
  path: ['network', 'refused'],
  summary: 'Show what a sandbox was kept from connecting to in the last hour',
  args: { sandbox: sandboxArgument },
  flags: {},
  examples: [{ does: 'find what is missing on its allow list', line: 'sandyard network refused box' }],
  async run({ args, platform, screen }) {
    const sandbox = await (await platform()).get(args.sandbox)
    screen.list(
      await sandbox.networkRefusals(),
      {
        columns: [
          { title: 'Kind', text: ({ kind }) => kind },
          { title: 'To', text: ({ target, port }) => (port === undefined ? target : `${target}:${port}`) },
          { title: 'Protocol', text: ({ protocol }) => protocol },
          { title: 'Why', text: ({ reason }) => reasons[reason] ?? reason },
          { title: 'Times', text: ({ count }) => String(count), isNumber: true },
          { title: 'Last', text: ({ lastAt }) => `${age(lastAt)} ago`, isNumber: true },
        ],
        name: ({ target }) => target,
      },
      `Nothing was refused to ${sandbox.name} in the last hour.`,
    )
    return undefined
  },
})
