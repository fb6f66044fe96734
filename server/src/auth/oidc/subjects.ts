import { randomUUID } from 'node:crypto'
import { limits, PlatformError } from '@sandyard/protocol'
import { createUser } from '../../accounts/create-user.ts'
import type { UserRecord, UserStore } from '../../store/users.ts'
import { askIssuer, type IssuerMetadata, type OidcConfig } from './issuer.ts'

/** What the issuer says of a user; all but `sub` may be missing. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string }

/** Where more can be asked. */
interface Source {
  readonly metadata: IssuerMetadata
  readonly accessToken: string
}

/** Finds the users that the issuer speaks of. */
export interface Subjects {
  /** The user of the claims, made at first sight. Throws FORBIDDEN when that is not allowed. */
  userOf(claims: Claims, source: Source | null): Promise<UserRecord>
}

/** What it needs. */
interface Parts {
  readonly users: UserStore
  readonly config: Pick<OidcConfig, 'isSignUpOpen' | 'issuer'>
  readonly regionId: string
  readonly clock: () => number
}

/** Makes the finder of users. A user is known by issuer and `sub` alone: an email proves nothing here. */
export function createSubjects({ users, config, regionId, clock }: Parts): Subjects {
  async function create(claims: Claims, source: Source | null): Promise<UserRecord> {
    if (!config.isSignUpOpen) {
      throw new PlatformError(
        'FORBIDDEN',
        'Users are made by the administrator here, and there is none for this sign-in',
      )
    }
    const profile = profileOf(await withUserInfo(claims, source))
    const user: UserRecord = {
      id: randomUUID(),
      ...profile,
      login: null,
      passwordHash: null,
      isAdmin: false,
      createdAtMs: clock(),
    }
    const identity = { issuer: config.issuer, subject: claims.sub }
    if (await createUser(users, user, { identity, regionId })) return user
    const other = await users.byIdentity(identity)
    if (other === undefined) throw new Error(`The identity of ${identity.subject} is taken, and nobody has it`)
    return other
  }

  return {
    async userOf(claims, source) {
      if (claims.sub === '' || claims.sub.length > limits.nameLength) {
        throw new PlatformError('FORBIDDEN', 'The issuer names a subject that cannot be a user here')
      }
      const known = await users.byIdentity({ issuer: config.issuer, subject: claims.sub })
      if (known === undefined) return create(claims, source)
      if (typeof claims.email !== 'string') return known
      const profile = profileOf(claims)
      if (profile.email === known.email && profile.isEmailVerified === known.isEmailVerified) return known
      await users.setProfile(known.id, { ...profile, name: known.name })
      return { ...known, ...profile, name: known.name }
    },
  }
}

/** With what the issuer tells on asking, where the token itself says little. */
async function withUserInfo(claims: Claims, source: Source | null): Promise<Claims> {
  const endpoint = source?.metadata.userinfo_endpoint
  if (typeof claims.email === 'string' || source === null || endpoint === undefined) return claims
  try {
    const told = (await askIssuer(endpoint, { authorization: `Bearer ${source.accessToken}` })) as Claims
    return told.sub === claims.sub ? { ...told, ...claims } : claims
  } catch {
    return claims // tokens for an audience of their own often open no user info, and a name can be missing
  }
}

function profileOf(claims: Claims): Pick<UserRecord, 'name' | 'email' | 'isEmailVerified'> {
  const text = (value: unknown, most: number): string | null => {
    const said = typeof value === 'string' ? value.replaceAll(/\p{Cc}/gu, '').trim() : ''
    return said === '' || said.length > most ? null : said
  }
  const email = text(claims.email, limits.emailLength)?.toLowerCase() ?? null
  const name = text(claims.name, limits.nameLength) ?? text(claims.preferred_username, limits.nameLength)
  return {
    name: name ?? email ?? claims.sub,
    email,
    isEmailVerified: email !== null && claims.email_verified === true,
  }
}
