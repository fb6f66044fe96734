import { PlatformError, returnAddress } from '@sandyard/protocol'
import type { UserRecord } from '../../store/users.ts'
import { type IssuerMetadata, type OidcConfig, unavailable } from './issuer.ts'
import type { Subjects } from './subjects.ts'

/** Time for a person to sign in at the issuer, seconds. */
const pendingSeconds = 600
/** State, nonce, verifier and, in base64url, the address of the preview that is wanted, if one is. */
const pendingValue = /^([\w-]{20,100})\.([\w-]{20,100})\.([\w-]{43,128})\.([\w-]*)$/

/** What it needs. */
interface Parts {
  readonly config: OidcConfig
  readonly issuer: () => Promise<IssuerMetadata>
  readonly subjects: Subjects
}

/** Who came back from the issuer. */
interface SignedIn {
  readonly user: UserRecord
  /** address of the preview that the browser wanted; null: none */
  readonly to: string | null
}

/** Signs browsers in at the issuer. */
export type CodeFlow = ReturnType<typeof createCodeFlow>

/**
 * Makes the code flow with PKCE, state and nonce. What must be the same at the end lies in a cookie of the browser that
 * began: nobody can be led to the end of somebody else's sign-in, and nothing is stored here for those who never return.
 */
export function createCodeFlow({ config, issuer, subjects }: Parts) {
  async function open() {
    const client = await import('openid-client')
    const metadata = await issuer()
    const secret = config.clientSecret
    const authentication = secret === null ? client.None() : client.ClientSecretBasic(secret)
    const configuration = new client.Configuration({ ...metadata }, config.clientId, {}, authentication)
    configuration.timeout = 5
    client.enableNonRepudiationChecks(configuration)
    if (metadata.issuer.startsWith('http:')) client.allowInsecureRequests(configuration)
    return { client, configuration, metadata }
  }

  return {
    /**
     * Where to send a browser that comes back to `redirectUri`, and the cookie that it must bring along. `to` is the
     * address of the preview it wants, a `returnAddress`; null: none.
     */
    async begin(redirectUri: string, to: string | null): Promise<{ location: string; cookie: string }> {
      const { client, configuration } = await open()
      const [state, nonce] = [client.randomState(), client.randomNonce()]
      const verifier = client.randomPKCECodeVerifier()
      const location = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      const pending = [state, nonce, verifier, Buffer.from(to ?? '').toString('base64url')].join('.')
      return { location: location.href, cookie: cookieOf(redirectUri, pending, pendingSeconds) }
    },

    /**
     * The user who has signed in, and the preview that is wanted. Throws UNAUTHORIZED for whatever is not the end of what
     * this browser began.
     */
    async finish(redirectUri: string, search: string, cookies: string | null): Promise<SignedIn> {
      const pending = pendingValue.exec(readCookie(cookies, cookieName(redirectUri)) ?? '')
      if (pending === null) throw refused(new Error('The browser brings no sign-in that it has begun'))
      const [, expectedState = '', expectedNonce = '', pkceCodeVerifier = '', wanted = ''] = pending
      const { client, configuration, metadata } = await open()
      const checks = { expectedState, expectedNonce, pkceCodeVerifier, idTokenExpected: true }
      const tokens = await client
        .authorizationCodeGrant(configuration, new URL(`${redirectUri}${search}`), checks)
        .catch((error: unknown) => {
          throw isUnreachable(error) ? unavailable(error) : refused(error)
        })
      const claims = tokens.claims()
      if (claims === undefined) throw refused(new Error('The issuer gave no id token'))
      const user = await subjects.userOf(claims, { metadata, accessToken: tokens.access_token })
      const to = Buffer.from(wanted, 'base64url').toString()
      return { user, to: returnAddress.test(to) ? to : null }
    },

    /** Makes the browser forget what it had begun. */
    forgetting: (redirectUri: string): string => cookieOf(redirectUri, '', 0),
  }
}

function refused(cause: unknown): PlatformError {
  return new PlatformError('UNAUTHORIZED', 'The sign-in was not completed; begin again', { cause })
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError || (error as { name?: unknown }).name === 'TimeoutError'
}

/** The prefix keeps pages of sandboxes under the same domain from setting it. */
function cookieName(redirectUri: string): string {
  return redirectUri.startsWith('https:') ? '__Host-sandyard-sign-in' : 'sandyard-sign-in'
}

function cookieOf(redirectUri: string, value: string, seconds: number): string {
  const secure = redirectUri.startsWith('https:') ? '; Secure' : ''
  return `${cookieName(redirectUri)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}

function readCookie(header: string | null, name: string): string | undefined {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .find(([key]) => key === name)?.[1]
}
