import type { Daytona } from '@sandyard/sdk'
import { CommandError, exitCodes } from './exit-codes.ts'

/** The organization that calls act in: the one that was chosen, else the only one that the key is for. */
export async function organizationId(platform: Daytona): Promise<string> {
  const chosen = platform.client.settings.organizationId
  if (chosen !== undefined) return chosen
  const [only, ...others] = await platform.client.call('listOrganizations')
  if (only === undefined) throw new CommandError('the key is for no organization', exitCodes.notAllowed)
  if (others.length > 0)
    throw new CommandError('you are in several organizations', exitCodes.usage, 'sandyard organization use NAME')
  return only.id
}
