import { randomUUID } from 'node:crypto'
import { limits, PlatformError } from '@sandyard/protocol'
import { digest, randomToken } from '../random.ts'
import type { SessionRecord, SessionStore } from '../store/sessions.ts'
import type { SignedIn } from './authenticate.ts'

/** Life of a token, ms; a refresh makes another one. */
const tokenMs = 24 * 3600_000
/** Life of a session, ms; no refresh goes past it. */
const sessionMs = 30 * 24 * 3600_000
/** Life of a token that signs in once, ms. */
const linkMs = 15 * 60_000

const sessionToken = /^ses_[0-9a-f]{64}$/
const loginToken = /^login_[0-9a-f]{64}$/

/** A session as its user gets it: the only time that the token is shown. */
export interface OpenSession {
  readonly token: string
  readonly userId: string
  readonly expiresAtMs: number
  readonly endsAtMs: number
}

/** Signed-in users. */
export type Sessions = ReturnType<typeof createSessions>

/** Opens sessions and knows them again by their token. Tokens are random and of our making, never the caller's. */
export function createSessions(sessions: SessionStore, clock: () => number) {
  function shown(token: string, { userId, expiresAtMs, endsAtMs }: SessionRecord): OpenSession {
    return { token, userId, expiresAtMs, endsAtMs }
  }

  async function open(userId: string, method: SessionRecord['method']): Promise<OpenSession> {
    const nowMs = clock()
    const token = randomToken('ses_')
    const session: SessionRecord = {
      id: randomUUID(),
      userId,
      hash: digest(token),
      method,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + tokenMs,
      endsAtMs: nowMs + sessionMs,
    }
    await sessions.insert(session, limits.sessionsPerUser)
    return shown(token, session)
  }

  return {
    open,

    /** Who the bearer of a session's token is; null for anything else. */
    async signIn(bearer: string): Promise<SignedIn | null> {
      if (!sessionToken.test(bearer)) return null
      const session = await sessions.byHash(digest(bearer))
      if (session === undefined || session.expiresAtMs <= clock()) return null
      return { userId: session.userId, sessionId: session.id, expiresAtMs: session.expiresAtMs }
    },

    /** Another token for the session; of two who ask at once, one gets it. Throws UNAUTHORIZED when it is over. */
    async refresh(id: string): Promise<OpenSession> {
      const nowMs = clock()
      const known = await sessions.byId(id)
      const gone = new PlatformError('UNAUTHORIZED', 'Invalid credentials')
      if (known === undefined || known.expiresAtMs <= nowMs) throw gone
      const token = randomToken('ses_')
      const expiresAtMs = Math.min(nowMs + tokenMs, known.endsAtMs)
      const change = { from: known.hash, to: digest(token), expiresAtMs }
      if (!(await sessions.replace(id, change))) throw gone
      return shown(token, { ...known, expiresAtMs })
    },

    /** A token that opens one session of the user within a quarter of an hour. */
    async createLoginToken(
      userId: string,
      method: SessionRecord['method'],
    ): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
      const token = randomToken('login_')
      const expiresAtMs = clock() + linkMs
      await sessions.insertLoginToken({ hash: digest(token), userId, method, expiresAtMs })
      return { token, expiresAtMs }
    },

    /** Opens a session by a login token, once. Throws UNAUTHORIZED. */
    async takeLoginToken(token: string): Promise<OpenSession> {
      const taken = loginToken.test(token) ? await sessions.takeLoginToken(digest(token)) : undefined
      if (taken === undefined || taken.expiresAtMs <= clock()) {
        throw new PlatformError('UNAUTHORIZED', 'This sign-in link has been used, or its time is over')
      }
      return open(taken.userId, taken.method)
    },
  }
}
