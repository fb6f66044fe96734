import { setTimeout as pause } from 'node:timers/promises'
import type { AnswerOf, ApiOperations, Daytona, InputOf } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import { organizationId } from '../../organization-id.ts'
import { pick } from '../../pick.ts'
import type { Shown } from '../../screen.ts'
import { age, ago, time } from '../../texts.ts'

type Webhook = AnswerOf<ApiOperations['getWebhookEndpoint']>
type Delivery = AnswerOf<ApiOperations['testWebhookEndpoint']>
type Event = NonNullable<InputOf<ApiOperations['createWebhookEndpoint']>['body']['events']>[number]

const shown: Shown<Webhook> = {
  columns: [
    { title: 'URL', text: ({ url }) => url },
    {
      title: 'State',
      text: ({ enabled, disabledReason }) => (enabled ? 'on' : `off: ${disabledReason ?? 'as asked'}`),
    },
    { title: 'Events', text: ({ events }) => events.join(' ') || 'all' },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ id }) => id,
}

const shownDelivery: Shown<Delivery> = {
  columns: [
    { title: 'Event', text: ({ event }) => event },
    { title: 'State', text: ({ state, error }) => (error === null ? state : `${state}: ${error}`) },
    { title: 'Tries', text: ({ attempts }) => String(attempts), isNumber: true },
    { title: 'Answer', text: ({ responseStatus }) => (responseStatus === null ? '-' : String(responseStatus)) },
    { title: 'Time', text: ({ createdAt }) => time(createdAt) },
    { title: 'Last try', text: ({ lastAttemptAt }) => ago(lastAttemptAt) },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ id }) => id,
}

/** How calls on one endpoint are written. */
async function endpoint(platform: Daytona, urlOrId: string) {
  const found = await find(platform, urlOrId)
  return { endpointId: found.id, organizationId: found.organizationId }
}

async function all(platform: Daytona): Promise<readonly Webhook[]> {
  const params = { organizationId: await organizationId(platform) }
  return await platform.client.call('listWebhookEndpoints', { params })
}

async function find(platform: Daytona, urlOrId: string): Promise<Webhook> {
  return pick(await all(platform), urlOrId, { noun: 'webhook', nameOf: ({ url }) => url })
}

const event = {
  type: 'texts',
  short: 'e',
  value: 'EVENT',
  doc: 'event, such as sandbox.created, default all; give it again for more',
} as const
const description = { type: 'text', value: 'TEXT', doc: 'what it is for' } as const
const webhookArgument = { count: 'one', doc: 'URL or id' } as const

const create = defineCommand({
  path: ['webhook', 'create'],
  summary: 'Tell a URL of what happens to sandboxes, snapshots and volumes',
  more: 'The secret that its messages are signed with is shown this once.',
  args: { url: { count: 'one', doc: 'https://…' } },
  flags: { event, description },
  examples: [{ does: 'of new sandboxes', line: 'sandyard webhook create https://example.com/hook -e sandbox.created' }],
  async run({ args, flags, platform: open, screen }) {
    const platform = await open()
    const params = { organizationId: await organizationId(platform) }
    const body = {
      url: args.url,
      ...(flags.event.length === 0 ? {} : { events: flags.event as readonly Event[] }),
      ...(flags.description === undefined ? {} : { description: flags.description }),
    }
    const made = await platform.client.call('createWebhookEndpoint', { params, body })
    screen.one(made, { ...shown, columns: [...shown.columns, { title: 'Secret', text: ({ secret }) => secret }] })
    return undefined
  },
})

const list = defineCommand({
  path: ['webhook', 'list'],
  aliases: ['ls'],
  summary: 'List the URLs that are told of events',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard webhook list' }],
  async run({ platform, screen }) {
    screen.list(await all(await platform()), shown, 'There are no webhooks; sandyard webhook create makes one.')
    return undefined
  },
})

const update = defineCommand({
  path: ['webhook', 'update'],
  summary: 'Change a webhook, or switch it on or off',
  args: { webhook: webhookArgument },
  flags: {
    url: { type: 'text', value: 'URL', doc: 'another URL' },
    event,
    description,
    enable: { type: 'switch', doc: 'switch it on, and forget its failures' },
    disable: { type: 'switch', doc: 'switch it off' },
  },
  examples: [
    { does: 'on again, once its host is mended', line: 'sandyard webhook update https://example.com/hook --enable' },
  ],
  async run({ args, flags, platform: open, screen }) {
    if (flags.enable && flags.disable) throw usageError('--enable and --disable do not go together')
    const body = {
      ...(flags.url === undefined ? {} : { url: flags.url }),
      ...(flags.event.length === 0 ? {} : { events: flags.event as readonly Event[] }),
      ...(flags.description === undefined ? {} : { description: flags.description }),
      ...(flags.enable || flags.disable ? { enabled: flags.enable } : {}),
    }
    if (Object.keys(body).length === 0)
      throw usageError('say what to change', 'sandyard webhook update --help lists it')
    const platform = await open()
    const params = await endpoint(platform, args.webhook)
    screen.one(await platform.client.call('updateWebhookEndpoint', { params, body }), shown)
    return undefined
  },
})

/** a message goes out within some seconds, or is tried again much later */
const testLooks = 40
const testPauseMs = 250

const tryOut = defineCommand({
  path: ['webhook', 'test'],
  summary: 'Send a test message to a webhook, and see whether it arrives',
  args: { webhook: webhookArgument },
  flags: {},
  examples: [{ does: 'see whether it arrives', line: 'sandyard webhook test https://example.com/hook' }],
  async run({ args, platform: open, screen }) {
    const platform = await open()
    const params = await endpoint(platform, args.webhook)
    const sent = await platform.client.call('testWebhookEndpoint', { params })
    const progress = screen.progress(`Waiting for ${args.webhook}`)
    let delivery = sent
    for (let look = 0; look < testLooks && delivery.attempts === 0; look += 1) {
      await pause(testPauseMs)
      const { items } = await platform.client.call('listWebhookDeliveries', { params, query: { limit: 20 } })
      delivery = items.find(({ id }) => id === sent.id) ?? delivery
    }
    progress.end()
    screen.one(delivery, shownDelivery)
    return delivery.state === 'delivered' ? exitCodes.done : exitCodes.failed
  },
})

const rotate = defineCommand({
  path: ['webhook', 'rotate-secret'],
  summary: 'Make a new secret for a webhook; for a day the old one is good too',
  args: { webhook: webhookArgument },
  flags: {},
  examples: [{ does: 'after the old one was seen', line: 'sandyard webhook rotate-secret https://example.com/hook' }],
  async run({ args, platform: open, screen }) {
    const platform = await open()
    const params = await endpoint(platform, args.webhook)
    const { secret } = await platform.client.call('rotateWebhookSecret', { params })
    screen.tell(secret, { secret }, secret)
    return undefined
  },
})

const deliveries = defineCommand({
  path: ['webhook', 'deliveries'],
  summary: 'Show what was sent to a webhook, the newest first',
  args: { webhook: webhookArgument },
  flags: {
    limit: { type: 'number', short: 'l', value: 'COUNT', min: 1, max: 200, doc: 'most to show, default 50' },
    state: {
      type: 'text',
      short: 's',
      value: 'STATE',
      choices: ['pending', 'delivered', 'failed'],
      doc: 'only those in the state',
    },
  },
  examples: [{ does: 'what did not arrive', line: 'sandyard webhook deliveries https://example.com/hook -s failed' }],
  async run({ args, flags, platform: open, screen }) {
    const platform = await open()
    const params = await endpoint(platform, args.webhook)
    const query = { limit: flags.limit ?? 50, state: flags.state as Delivery['state'] | undefined }
    const { items } = await platform.client.call('listWebhookDeliveries', { params, query })
    screen.list(items, shownDelivery, 'Nothing was sent yet; sandyard webhook test sends something.')
    return undefined
  },
})

const replay = defineCommand({
  path: ['webhook', 'replay'],
  summary: 'Send a message once more, or all that has failed since a time',
  args: { webhook: webhookArgument, delivery: { count: 'optional', doc: 'id of the delivery' } },
  flags: { since: { type: 'text', value: 'TIME', doc: 'all that failed since then, such as 2030-01-31T14:00Z' } },
  examples: [{ does: 'after an outage', line: 'sandyard webhook replay https://example.com/hook --since 2030-01-31' }],
  async run({ args, flags, platform: open, screen }) {
    if ((args.delivery === undefined) === (flags.since === undefined)) throw usageError('give a delivery, or --since')
    const since = new Date(flags.since ?? 0)
    if (Number.isNaN(since.getTime()))
      throw new CommandError(`--since is a time such as 2030-01-31T14:00Z, not ${flags.since}`, exitCodes.usage)
    const platform = await open()
    const params = await endpoint(platform, args.webhook)
    if (args.delivery !== undefined) {
      const asked = { ...params, deliveryId: args.delivery }
      screen.one(await platform.client.call('replayWebhookDelivery', { params: asked }), shownDelivery)
      return undefined
    }
    const body = { since: since.toISOString() }
    const { count } = await platform.client.call('replayFailedWebhooks', { params, body })
    screen.tell(`${count} are sent once more`, { count }, String(count))
    return undefined
  },
})

const remove = deleteCommand({
  group: ['webhook'],
  noun: 'webhook',
  nouns: 'webhooks',
  summary: 'Delete webhooks; what waits is not sent',
  loses: 'so that they are told of nothing any more',
  find,
  findAll: all,
  nameOf: ({ url }) => url,
  remove: (platform, { id, organizationId }) =>
    platform.client.call('deleteWebhookEndpoint', { params: { organizationId, endpointId: id } }),
})

/** Commands on webhooks, in the order in which help shows them. */
export const webhookCommands: readonly Command[] = [create, list, update, tryOut, rotate, deliveries, replay, remove]
