import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { SignedIn } from '../authenticate.ts'
import { type IssuerMetadata, type OidcConfig, unavailable } from './issuer.ts'
import type { Subjects } from './subjects.ts'

/** Signatures that are taken; all are of a private key (api.md 3.3). */
const algorithms = ['RS256', 'ES256']
/** Clocks may differ by so much, seconds. */
const toleranceSeconds = 5
/** Time between two looks at the issuer's keys, ms: an unknown key id makes us look. */
const keyCoolDownMs = 5_000
/** How long keys are believed, ms. */
const keyLifeMs = 600_000

const compactToken = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** What it needs. */
interface Parts {
  readonly config: OidcConfig
  readonly issuer: () => Promise<IssuerMetadata>
  readonly subjects: Subjects
  readonly clock: () => number
}

/**
 * Makes the check of the issuer's tokens as bearers. It answers null for whatever is no good token, and throws
 * SERVICE_UNAVAILABLE when the issuer cannot be asked, FORBIDDEN when its user may not become one here.
 */
export function createBearerCheck({ config, issuer, subjects, clock }: Parts) {
  let keys: { readonly uri: string; readonly of: JWTVerifyGetKey } | null = null

  async function keysOf(uri: string): Promise<JWTVerifyGetKey> {
    if (keys?.uri === uri) return keys.of
    const { createRemoteJWKSet } = await import('jose')
    const of = createRemoteJWKSet(new URL(uri), {
      cooldownDuration: keyCoolDownMs,
      cacheMaxAge: keyLifeMs,
      timeoutDuration: 5_000,
    })
    keys = { uri, of }
    return of
  }

  async function verify(token: string, metadata: IssuerMetadata): Promise<JWTPayload | null> {
    const { jwtVerify } = await import('jose')
    try {
      const { payload } = await jwtVerify(token, await keysOf(metadata.jwks_uri), {
        algorithms,
        issuer: metadata.issuer,
        audience: config.audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: toleranceSeconds,
        currentDate: new Date(clock()),
      })
      return payload
    } catch (error) {
      if (isRefusal(error)) return null
      throw unavailable(error)
    }
  }

  return async function signIn(bearer: string): Promise<SignedIn | null> {
    if (!compactToken.test(bearer) || !mayBeOurs(bearer)) return null
    const metadata = await issuer()
    const payload = await verify(bearer, metadata)
    if (typeof payload?.sub !== 'string' || typeof payload.exp !== 'number') return null
    const user = await subjects.userOf({ ...payload, sub: payload.sub }, { metadata, accessToken: bearer })
    return { userId: user.id, expiresAtMs: payload.exp * 1000 }
  }
}

/** A look at the head, so that nothing is asked of the issuer for what cannot be good. */
function mayBeOurs(token: string): boolean {
  try {
    const head = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as { alg?: unknown }
    return typeof head.alg === 'string' && algorithms.includes(head.alg)
  } catch {
    return false // it is no token
  }
}

/** True when the token is at fault, false when the issuer gives no keys. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return (
    typeof code === 'string' && code.startsWith('ERR_J') && !['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'].includes(code)
  )
}
