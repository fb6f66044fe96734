import { Daytona, DaytonaError } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { readHidden } from '../../confirm.ts'
import { localApiUrl } from '../../connect.ts'
import { CommandError, exitCodes } from '../../exit-codes.ts'

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
    const apiUrl = wanted.apiUrl ?? kept.profiles[name]?.apiUrl ?? localApiUrl
    const apiKey = wanted.apiKey ?? (await readHidden(`Key for ${apiUrl}: `))
    if (apiKey === '') throw new CommandError('there was no key to read', exitCodes.usage)
    await tryKey(apiUrl, apiKey)
    const { organization } = wanted
    const profile = { apiUrl, apiKey, ...(organization === undefined ? {} : { organization }) }
    await settings.write({ active: name, profiles: { ...kept.profiles, [name]: profile } })
    screen.tell(`Logged in to ${apiUrl}, profile ${name}`, { profile: name, apiUrl }, name)
    return undefined
  },
})

async function tryKey(apiUrl: string, apiKey: string): Promise<void> {
  try {
    await new Daytona({ apiUrl, apiKey }).volume.list()
  } catch (error) {
    // a key may be for other things than volumes
    if (error instanceof DaytonaError && error.statusCode === 403) return
    throw error
  }
}
