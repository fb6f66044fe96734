import type { Daytona } from '@sandyard/sdk'
import { CommandError, exitCodes } from './exit-codes.ts'
import { pick } from './pick.ts'
import type { Profile, Settings } from './settings.ts'

/** What the command line says of where to go; it wins over the environment, and that over the profile. */
export interface Wanted {
  readonly profile: string | undefined
  readonly apiUrl: string | undefined
  readonly apiKey: string | undefined
  readonly organization: string | undefined
}

type Env = Readonly<Record<string, string | undefined>>

/** The platform to talk to. Fails with what to do about it when no key is known. */
export async function connect(wanted: Wanted, settings: Settings, env: Env): Promise<Daytona> {
  const profile = await findProfile(wanted, settings, env)
  if (profile.apiKey === undefined) {
    throw new CommandError(
      `no key for ${profile.apiUrl}`,
      exitCodes.notAllowed,
      'sandyard login, or set DAYTONA_API_KEY',
    )
  }
  const { apiUrl, apiKey, organization } = profile
  const platform = await openPlatform(apiUrl, apiKey)
  if (organization === undefined) return platform
  // A key acts in its own organization, whatever is asked for: that must not be taken for the one that was asked for.
  const own = await platform.client.call('listOrganizations')
  const { id } = pick(own, organization, {
    noun: 'organization of yours',
    nameOf: ({ name }) => name,
    hint: 'a key is for one organization: log in with a key of the other',
  })
  return await openPlatform(apiUrl, apiKey, id)
}

/** Speaks to a platform. The library is read only here: help and what is refused need none. */
export async function openPlatform(apiUrl: string, apiKey: string, organization?: string): Promise<Daytona> {
  const { Daytona } = await import('@sandyard/sdk')
  return new Daytona(
    organization === undefined ? { apiUrl, apiKey } : { apiUrl, jwtToken: apiKey, organizationId: organization },
  )
}

/** Address of the API of a platform that runs here as it comes. */
export const localApiUrl = 'http://localhost:3000/api'

/** Address, key and organization after all that says something about them. */
export async function findProfile(wanted: Wanted, settings: Settings, environment: Env): Promise<Profile> {
  const { active, profiles } = await settings.read()
  // a variable that is empty says nothing
  const env: Env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const name = wanted.profile ?? env.SANDYARD_PROFILE
  const kept = profiles[name ?? active]
  if (name !== undefined && kept === undefined) {
    throw new CommandError(
      `there is no profile ${name}`,
      exitCodes.notFound,
      `profiles: ${Object.keys(profiles).join(', ') || 'none'}`,
    )
  }
  const given = wanted.apiUrl ?? (name === undefined ? env.DAYTONA_API_URL : undefined)
  // a key goes to no address that it was not given for
  const own = given === undefined || given === kept?.apiUrl ? kept : undefined
  const apiKey = wanted.apiKey ?? (name === undefined ? env.DAYTONA_API_KEY : undefined) ?? own?.apiKey
  const organization = wanted.organization ?? env.DAYTONA_ORGANIZATION_ID ?? own?.organization
  return {
    apiUrl: given ?? kept?.apiUrl ?? localApiUrl,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(organization === undefined ? {} : { organization }),
  }
}
