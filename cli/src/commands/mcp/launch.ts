import { fileURLToPath } from 'node:url'
import type { Launch } from '../../agents/entries.ts'
import type { Wanted } from '../../connect.ts'
import { usageError } from '../../exit-codes.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * How an agent starts us: by whole paths, since programs with windows know few folders, with what the environment here
 * says of where to go, and without a key, which would be in one more file then.
 */
export function findLaunch(wanted: Wanted, env: Env): Launch {
  if (wanted.apiKey !== undefined)
    throw usageError(
      'a key is not written into files of agents',
      'keep it with sandyard login, in a --profile of its own',
    )
  const { profile = env.SANDYARD_PROFILE } = wanted
  const { apiUrl = profile === undefined ? env.DAYTONA_API_URL : undefined } = wanted
  const options = { profile, 'api-url': apiUrl, organization: wanted.organization ?? env.DAYTONA_ORGANIZATION_ID }
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  return { command: process.execPath, args: [main, 'mcp', 'start', ...given] }
}
