import type { AnswerOf, ApiOperations, Daytona } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { CommandError, exitCodes } from '../../exit-codes.ts'
import { organizationId } from '../../organization-id.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age } from '../../texts.ts'
import { organizationMembers, organizationUsage } from './usage.ts'

type Organization = AnswerOf<ApiOperations['getOrganization']>

const shown: Shown<Organization> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'State', text: ({ suspended, suspensionReason }) => (suspended ? `closed: ${suspensionReason}` : 'open') },
    { title: 'Personal', text: ({ personal }) => (personal ? 'yes' : 'no') },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ name }) => name,
}

async function find(platform: Daytona, nameOrId: string): Promise<Organization> {
  return pick(await platform.client.call('listOrganizations'), nameOrId, {
    noun: 'organization',
    nameOf: ({ name }) => name,
    hint: 'a key is for one organization: log in with a key of the other',
  })
}

const list = defineCommand({
  path: ['organization', 'list'],
  aliases: ['ls'],
  summary: 'List the organizations that you are in; with a key, the one that it is for',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard organization list' }],
  async run({ platform, screen }) {
    const organizations = await (await platform()).client.call('listOrganizations')
    screen.list(organizations, shown, 'You are in no organization; sandyard organization create makes one.')
    return undefined
  },
})

const use = defineCommand({
  path: ['organization', 'use'],
  summary: 'Act in another organization from now on',
  more: 'The profile keeps it. A key is for one organization: for another one, log in with a key of that.',
  args: { organization: { count: 'one', doc: 'name or id' } },
  flags: {},
  examples: [{ does: 'choose one', line: 'sandyard organization use research' }],
  async run({ args, platform, settings, wanted, env, screen }) {
    const { id, name } = await find(await platform(), args.organization)
    const kept = await settings.read()
    const profileName = wanted.profile ?? env.SANDYARD_PROFILE ?? kept.active
    const profile = kept.profiles[profileName]
    if (profile === undefined)
      throw new CommandError(
        `there is no profile ${profileName} that could keep it`,
        exitCodes.notFound,
        'sandyard login makes one; without one set DAYTONA_ORGANIZATION_ID',
      )
    await settings.write({ ...kept, profiles: { ...kept.profiles, [profileName]: { ...profile, organization: id } } })
    screen.tell(`Acting in ${name}, profile ${profileName}`, { id, name, profile: profileName }, name)
    return undefined
  },
})

const create = defineCommand({
  path: ['organization', 'create'],
  summary: 'Make an organization and own it',
  args: { name: { count: 'one', doc: 'its name' } },
  flags: { region: { type: 'text', short: 'r', value: 'REGION', doc: 'default region of its sandboxes' } },
  examples: [{ does: 'make one', line: 'sandyard organization create research' }],
  async run({ args, flags, platform, screen }) {
    const body = { name: args.name, ...(flags.region === undefined ? {} : { defaultRegionId: flags.region }) }
    screen.one(await (await platform()).client.call('createOrganization', { body }), shown)
    return undefined
  },
})

const info = defineCommand({
  path: ['organization', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show an organization',
  args: { organization: { count: 'optional', doc: 'name or id, default the one you act in' } },
  flags: {},
  examples: [{ does: 'the one you act in', line: 'sandyard organization info' }],
  async run({ args, platform: open, screen }) {
    const platform = await open()
    const id =
      args.organization === undefined ? await organizationId(platform) : (await find(platform, args.organization)).id
    screen.one(await platform.client.call('getOrganization', { params: { organizationId: id } }), shown)
    return undefined
  },
})

const remove = deleteCommand({
  group: ['organization'],
  noun: 'organization',
  nouns: 'organizations',
  summary: 'Delete organizations that have no sandboxes, snapshots and volumes any more',
  loses: 'with their members and keys',
  find,
  findAll: async (platform) => (await platform.client.call('listOrganizations')).filter(({ personal }) => !personal),
  nameOf: ({ name }) => name,
  remove: (platform, { id }) => platform.client.call('deleteOrganization', { params: { organizationId: id } }),
})

/** Commands on organizations, in the order in which help shows them. */
export const organizationCommands: readonly Command[] = [
  list,
  use,
  create,
  info,
  organizationMembers,
  organizationUsage,
  remove,
]
