import { type Command, defineCommand } from '../../command.ts'
import { findProfile, openPlatform } from '../../connect.ts'
import { age } from '../../texts.ts'
import { whoami } from './whoami.ts'

const version = defineCommand({
  path: ['version'],
  summary: 'Show the version of this command line, and that of the platform when it answers',
  args: {},
  flags: {},
  examples: [{ does: 'for a report', line: 'sandyard version' }],
  async run({ wanted, settings, env, screen }) {
    const { version } = await import('@sandyard/sdk')
    const { apiUrl, apiKey = '' } = await findProfile(wanted, settings, env)
    // anybody may ask for it, and nobody to answer is no failure
    const platform = await openPlatform(apiUrl, apiKey)
      .then(({ client }) => client.call('getConfig', {}, { timeoutMs: 3000 }))
      .then(
        (config) => config.version,
        () => null,
      )
    screen.one(
      { commandLine: version, platform, apiUrl },
      {
        columns: [
          { title: 'Command line', text: () => version },
          {
            title: 'Platform',
            text: () => (platform === null ? `no answer from ${apiUrl}` : `${platform}, ${apiUrl}`),
          },
        ],
        name: () => version,
      },
    )
    return undefined
  },
})

const docs = defineCommand({
  path: ['docs'],
  summary: 'Tell where the documents are',
  args: {},
  flags: {},
  examples: [{ does: 'where to read on', line: 'sandyard docs' }],
  async run({ wanted, settings, env, screen }) {
    const { apiUrl } = await findProfile(wanted, settings, env)
    // beside the sources, which is where this command line comes from
    const folder = new URL('../../../../docs/', import.meta.url).pathname
    screen.one(
      { api: apiUrl, openapi: `${apiUrl}-json`, folder },
      {
        columns: [
          { title: 'Calls of the API', text: () => apiUrl },
          { title: 'OpenAPI document', text: () => `${apiUrl}-json` },
          { title: 'All else', text: () => folder },
        ],
        name: () => folder,
      },
    )
    return undefined
  },
})

const regionList = defineCommand({
  path: ['region', 'list'],
  aliases: ['ls'],
  summary: 'List the regions in which sandboxes can be made',
  args: {},
  flags: {},
  examples: [{ does: 'what --target can be', line: 'sandyard region list' }],
  async run({ platform, screen }) {
    screen.list(
      await (await platform()).client.call('listAvailableRegions'),
      {
        columns: [
          { title: 'ID', text: ({ id }) => id },
          { title: 'Name', text: ({ name }) => name },
          { title: 'Kind', text: ({ regionType }) => regionType },
          { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
        ],
        name: ({ id }) => id,
      },
      'There are no regions.',
    )
    return undefined
  },
})

/** Commands about the platform and its caller, in the order in which help shows them. */
export const aboutCommands: readonly Command[] = [whoami, version, docs, regionList]
