import { randomUUID } from 'node:crypto'
import { PlatformError, type userRoutes } from '@sandyard/protocol'
import { createUser } from '../accounts/create-user.ts'
import { toWireUser } from '../accounts/wire.ts'
import type { Passwords } from '../auth/password.ts'
import type { Sessions } from '../auth/sessions.ts'
import { notFound } from '../not-found.ts'
import type { ServerConfig } from '../options.ts'
import { readPage } from '../paging.ts'
import { regionFor } from '../region.ts'
import type { UserRecord, UserStore } from '../store/users.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

/** What the calls on users need. */
interface Parts {
  readonly users: UserStore
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly config: Pick<ServerConfig, 'oidc' | 'region'>
  readonly clock: () => number
}

/** Answers of the calls on users. */
export function userAnswers({ users, sessions, passwords, config, clock }: Parts): Answers<typeof userRoutes> {
  async function find(id: string): Promise<UserRecord> {
    const user = await users.byId(id)
    if (user === undefined) throw notFound('User', id)
    return user
  }

  return {
    async getAuthenticatedUser({ principal }) {
      return toWireUser(await find(principal.userId))
    },
    async adminCreateUser({ body }) {
      const { email = null, oidcSubject, password, personalOrganizationDefaultRegionId: region } = body
      if (oidcSubject !== undefined && config.oidc === undefined) {
        throw new PlatformError('BAD_REQUEST', 'oidcSubject needs an OIDC issuer, and none is configured')
      }
      const regionId = regionFor(config, region)
      const id = body.id ?? randomUUID()
      const user: UserRecord = {
        id,
        name: body.name,
        email,
        isEmailVerified: email !== null && (body.emailVerified ?? false),
        login: oidcSubject === undefined ? (email ?? id.toLowerCase()) : null,
        passwordHash: password === undefined ? null : await passwords.hash(password),
        isAdmin: body.role === 'admin',
        createdAtMs: clock(),
      }
      if (oidcSubject !== undefined && password !== undefined) {
        throw new PlatformError('BAD_REQUEST', 'A user of the OIDC issuer has no password here')
      }
      const identity = oidcSubject === undefined ? null : { issuer: config.oidc?.issuer ?? '', subject: oidcSubject }
      if (!(await createUser(users, user, { identity, regionId }))) {
        throw new PlatformError('CONFLICT', `There is a user with the id ${id} or this email or OIDC subject already`)
      }
      return toWireUser(user)
    },
    async adminListUsers({ query }) {
      const { offset, limit } = readPage(query)
      return (await users.page(offset, limit)).map(toWireUser)
    },
    async adminGetUser({ params }) {
      return toWireUser(await find(params.id))
    },
    async adminCreateLoginToken({ params }) {
      const { id, login } = await find(params.id)
      if (login === null) throw new PlatformError('BAD_REQUEST', `User ${id} signs in at the OIDC issuer`)
      const { token, expiresAtMs } = await sessions.createLoginToken(id, 'link')
      return { token, expiresAt: wireDate(expiresAtMs) }
    },
  }
}
