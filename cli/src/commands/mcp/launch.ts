import { fileURLToPath } from 'node:url'
import type { Launch } from '../../agents/entries.ts'
import type { Wanted } from '../../connect.ts'
import { usageError } from '../../exit-codes.ts'

/**
 * How an agent starts us: by whole paths, since programs with windows know few folders, and without a key, which would
 * be in one more file then.
 */
export function findLaunch({ apiKey, profile, apiUrl, organization }: Wanted): Launch {
  if (apiKey !== undefined)
    throw usageError(
      'a key is not written into files of agents',
      'keep it with sandyard login, in a --profile of its own',
    )
  const options = { profile, 'api-url': apiUrl, organization }
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  return { command: process.execPath, args: [main, 'mcp', 'start', ...given] }
}
