import { PlatformError } from '@sandyard/protocol'

/** How users sign in at an OIDC issuer. */
export interface OidcConfig {
  /** base URL, without a slash at the end */
  readonly issuer: string
  readonly clientId: string
  /** `aud` of the tokens that are taken */
  readonly audience: string
  /** null: a public client, by PKCE alone */
  readonly clientSecret: string | null
  /** true when whoever the issuer knows may become a user */
  readonly isSignUpOpen: boolean
}

/** What an issuer says of itself. */
export interface IssuerMetadata {
  readonly issuer: string
  readonly jwks_uri: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly userinfo_endpoint?: string
}

/** How long the issuer's description is believed, ms. */
const keptMs = 3600_000
/** Time until an issuer that gave no good answer is asked again, ms. */
const failedMs = 5_000
const timeoutMs = 5_000
/** Largest answer that is read, bytes. */
const answerBytes = 256 * 1024

/**
 * Reads what the issuer says of itself, and remembers it. Throws SERVICE_UNAVAILABLE while the issuer gives no good
 * answer (api.md 3.5).
 */
export function createIssuer(config: OidcConfig, clock: () => number): () => Promise<IssuerMetadata> {
  let known: { readonly answer: Promise<IssuerMetadata>; untilMs: number } | null = null
  return () => {
    if (known !== null && known.untilMs > clock()) return known.answer
    const asking = { answer: discover(config.issuer), untilMs: clock() + keptMs }
    asking.answer.catch(() => {
      asking.untilMs = clock() + failedMs
    })
    known = asking
    return asking.answer
  }
}

/** The JSON of an answer of the issuer. Throws SERVICE_UNAVAILABLE. */
export async function askIssuer(url: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok || response.body === null) throw new Error(`It answered ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > answerBytes) throw new Error(`Its answer is larger than ${answerBytes} bytes`)
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** What callers are told while the issuer cannot be asked. */
export function unavailable(cause: unknown): PlatformError {
  return new PlatformError('SERVICE_UNAVAILABLE', 'Temporary authentication service error', { cause })
}

async function discover(issuer: string): Promise<IssuerMetadata> {
  const said = (await askIssuer(`${issuer}/.well-known/openid-configuration`)) as Readonly<Record<string, unknown>>
  const text = (name: string): string => {
    const value = said[name]
    if (typeof value !== 'string') throw unavailable(new Error(`The issuer's description has no ${name}`))
    return value
  }
  // A slash at the end is a part of some issuers' names, and none of the setting's.
  if (text('issuer').replace(/\/+$/, '') !== issuer) {
    throw unavailable(new Error(`The issuer calls itself ${text('issuer').slice(0, 200)}, not ${issuer}`))
  }
  const userinfo = said.userinfo_endpoint
  return {
    issuer: text('issuer'),
    jwks_uri: text('jwks_uri'),
    authorization_endpoint: text('authorization_endpoint'),
    token_endpoint: text('token_endpoint'),
    ...(typeof userinfo === 'string' ? { userinfo_endpoint: userinfo } : {}),
  }
}
