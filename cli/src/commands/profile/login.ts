import { defineCommand } from '../../command.ts'
import { readHidden } from '../../confirm.ts'
import { localApiUrl, openPlatform } from '../../connect.ts'
import { usageError } from '../../exit-codes.ts'

export const login = defineCommand({
  path: ['login'],
  summary: 'Keep the address and the key of a platform',
  more: 'The key is asked for, or read from standard input. It is kept in a file that only you can read, after it was tried. `--profile` keeps it beside others.',
  args: {},
  flags: {},
  examples: [
    { does: 'the platform of this machine', line: 'sudo cat /var/lib/sandyard/api-key | sandyard login' },
    {
      does: 'another one, beside the first',
      line: 'sandyard login --profile work --api-url https://sandboxes.example.com/api',
    },
  ],
  async run({ wanted, settings, screen }) {
    const kept = await settings.read()
    const name = wanted.profile ?? kept.active
    const apiUrl = readUrl(wanted.apiUrl ?? kept.profiles[name]?.apiUrl ?? localApiUrl)
    const apiKey = wanted.apiKey ?? (await readHidden(`Key for ${apiUrl}: `))
    if (apiKey === '') throw usageError('there was no key to read')
    const { organization } = wanted
    const user = await tryKey(apiUrl, apiKey, organization)
    const profile = { apiUrl, apiKey, ...(organization === undefined ? {} : { organization }) }
    await settings.write({ active: name, profiles: { ...kept.profiles, [name]: profile } })
    screen.tell(`Logged in to ${apiUrl} as ${user}, profile ${name}`, { profile: name, apiUrl, user }, name)
    return undefined
  },
})

/** The address as it is kept: with `/api`, which is easily forgotten. */
function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw usageError(`--api-url is a URL of http or https, not ${text}`, `such as ${localApiUrl}`)
  const url = new URL(text)
  if (url.pathname === '/') url.pathname = '/api'
  return url.href.replace(/\/+$/, '')
}

/** A key that is good answers who it is for; so does a token of somebody who is signed in. */
async function tryKey(apiUrl: string, apiKey: string, organization: string | undefined): Promise<string> {
  const platform = await openPlatform(apiUrl, apiKey, organization)
  const { name } = await platform.client.call('getAuthenticatedUser')
  if (organization !== undefined)
    await platform.client.call('getOrganization', { params: { organizationId: organization } })
  return name
}
