import { type authRoutes, PlatformError, previewNames } from '@sandyard/protocol'
import { toWireUser } from '../accounts/wire.ts'
import type { AccessChange } from '../auth/access-change.ts'
import type { Login } from '../auth/login.ts'
import type { CodeFlow } from '../auth/oidc/code-flow.ts'
import type { Passwords } from '../auth/password.ts'
import type { Principal } from '../auth/principal.ts'
import type { OpenSession, Sessions } from '../auth/sessions.ts'
import { type Site, siteUrl } from '../previews/site.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { Store } from '../store/store.ts'
import type { UserRecord } from '../store/users.ts'
import { wireDate } from '../wire-date.ts'
import { basePath } from './base-path.ts'
import type { Answers } from './call.ts'

/** How long after a sign-in by link a password can be chosen without the old one, ms. */
const linkTrustMs = 15 * 60_000

/** What the calls of signing in need. */
interface Parts {
  readonly store: Pick<Store, 'sessions' | 'users'>
  readonly sessions: Sessions
  readonly login: Login
  readonly passwords: Passwords
  /** null when no OIDC issuer is configured */
  readonly codeFlow: CodeFlow | null
  readonly accessFeed: Pick<Feed<AccessChange>, 'publish'>
  readonly clock: () => number
}

/** Answers of the calls of signing in and out. */
export function authAnswers({
  store,
  sessions,
  login,
  passwords,
  codeFlow,
  accessFeed,
  clock,
}: Parts): Answers<typeof authRoutes> {
  async function find(userId: string): Promise<UserRecord> {
    const user = await store.users.byId(userId)
    if (user === undefined) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
    return user
  }

  async function shown(session: OpenSession) {
    const { token, expiresAtMs, endsAtMs, userId } = session
    const user = toWireUser(await find(userId))
    return { token, expiresAt: wireDate(expiresAtMs), endsAt: wireDate(endsAtMs), user }
  }

  function flow(): CodeFlow {
    if (codeFlow === null) throw new PlatformError('NOT_FOUND', 'No OIDC issuer is configured')
    return codeFlow
  }

  return {
    async login({ body, address }) {
      const { id } = await login.byPassword(body, address)
      return shown(await sessions.open(id, 'password'))
    },
    async tokenLogin({ body }) {
      return shown(await sessions.takeLoginToken(body.token))
    },
    async refreshSession({ principal }) {
      const session = await sessions.refresh(sessionOf(principal))
      accessFeed.publish({ userId: principal.userId })
      return shown(session)
    },
    async logout({ principal, body }) {
      if (body.everywhere === true && principal.kind === 'user') await store.sessions.removeOfUser(principal.userId)
      else await store.sessions.remove(sessionOf(principal))
      accessFeed.publish({ userId: principal.userId })
    },
    async changePassword({ principal, body, address }) {
      const sessionId = sessionOf(principal)
      const user = await find(principal.userId)
      if (user.login === null) throw new PlatformError('FORBIDDEN', 'This user signs in at the OIDC issuer')
      const session = await store.sessions.byId(sessionId)
      const isFresh = session?.method === 'link' && clock() - session.createdAtMs <= linkTrustMs
      if (!isFresh) await login.confirm(user, body.currentPassword ?? '', address)
      await store.users.changePassword(user.id, await passwords.hash(body.newPassword), sessionId)
      accessFeed.publish({ userId: user.id })
    },
    async oidcLogin({ site, query }) {
      return flow().begin(redirectUri(site), query.to ?? null)
    },
    async oidcCallback({ site, request }) {
      const cookies = request.headers.get('cookie')
      const { user, to } = await flow().finish(redirectUri(site), new URL(request.url).search, cookies)
      const { token } = await sessions.createLoginToken(user.id, 'oidc')
      // A fragment goes to no server and into no log. To a page of this host that takes it at once it goes as it can.
      const page = to === null ? '/#' : `${previewNames.signInPath}?to=${encodeURIComponent(to)}&`
      return { location: `${siteUrl(site)}${page}login-token=${token}`, cookie: flow().forgetting(redirectUri(site)) }
    },
  }
}

/** Only a session can be refreshed and ended. */
function sessionOf({ sessionId }: Principal): string {
  if (sessionId === undefined) throw new PlatformError('FORBIDDEN', 'Invalid authentication context')
  return sessionId
}

function redirectUri(site: Site): string {
  return `${siteUrl(site)}${basePath}/auth/oidc/callback`
}
