import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration, type JWKS } from 'oidc-provider'
import type { OidcConfig } from '../auth/oidc/issuer.ts'
import { openTestServer, type TestAnswer, type TestServer, testConfig } from './test-server.ts'

/** What the issuer's tokens are for. */
export const audience = 'https://sandyard.example/api'

/** A real OIDC provider on loopback; gone when disposed. */
export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** A test server that trusts it, on the real clock. */
  server(config?: Partial<OidcConfig>): Promise<TestServer>
  /** An access token of the issuer for a user, as a program gets one. */
  accessToken(login: string): Promise<string>
  /** Begins to sign with other keys; the old ones are not published any more. */
  rotate(): Promise<void>
}

/** Starts a provider that knows everybody: a login `ada` is `ada@example.com`, verified; `mallory-…` is not. */
export async function openIssuer(algorithm: 'RS256' | 'ES256' = 'RS256'): Promise<Issuer> {
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  let provider = serve(http, url, algorithm, 'first')

  return {
    url,
    server: (config = {}) =>
      openTestServer({
        nowMs: Date.now(),
        config: {
          ...testConfig,
          oidc: { issuer: url, clientId: 'dashboard', audience, clientSecret: null, isSignUpOpen: true, ...config },
        },
      }),
    async accessToken(login) {
      const client = await provider.Client.find('dashboard')
      if (client === undefined) throw new Error('The provider does not know the client')
      const token = new provider.AccessToken({
        accountId: login,
        client,
        grantId: 'none',
        gty: 'authorization_code',
        scope: 'openid profile email',
        expiresWithSession: false,
      } as ConstructorParameters<typeof provider.AccessToken>[0])
      token.resourceServer = new provider.ResourceServer(audience, {
        scope: 'openid profile email',
        audience,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: algorithm } },
      })
      return token.save()
    },
    async rotate() {
      http.removeAllListeners('request')
      provider = serve(http, url, algorithm, 'second')
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** Signs in as a browser does, by the provider's own pages; answers what the callback answers. */
export async function signInByBrowser(server: TestServer, login: string, query = ''): Promise<TestAnswer> {
  const begun = await server.call(`GET /auth/oidc/login${query}`, { key: null })
  const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const callback = await visitIssuer(begun.headers.get('location') ?? '', login)
  return server.call(`GET ${callback.pathname.replace('/api', '')}${callback.search}`, {
    key: null,
    headers: { cookie },
  })
}

/** Goes from page to page, logs in and consents; answers the address that the provider sends the browser back to. */
export async function visitIssuer(start: string, login: string): Promise<URL> {
  const jar = new Map<string, string>()
  let next = new URL(start)
  for (let step = 0; step < 20; step += 1) {
    if (next.pathname === '/api/auth/oidc/callback') return next
    const page = await visit(jar, next, null)
    const location = page.headers.get('location')
    if (location !== null) {
      next = new URL(location, next)
      continue
    }
    const form = new URLSearchParams({ prompt: /name="prompt" value="(\w+)"/.exec(await page.text())?.[1] ?? '' })
    if (form.get('prompt') === 'login') form.set('login', login)
    form.set('password', 'any')
    const posted = await visit(jar, next, form)
    next = new URL(posted.headers.get('location') ?? '', next)
  }
  throw new Error('The provider sends the browser in circles')
}

async function visit(jar: Map<string, string>, url: URL, form: URLSearchParams | null): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie },
    ...(form === null ? {} : { method: 'POST', body: form }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
    jar.set(name, value)
  }
  return response
}

function serve(http: Server, url: string, algorithm: 'RS256' | 'ES256', kid: string): Provider {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...pair.privateKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
  const configuration: Configuration = {
    jwks: { keys: [key] } as JWKS,
    clients: [
      {
        client_id: 'dashboard',
        // Of such a client the port on loopback may be any.
        application_type: 'native',
        redirect_uris: ['http://localhost:3000/api/auth/oidc/callback'],
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: algorithm,
      },
    ],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({
        sub: id,
        name: `Person ${id}`,
        email: id.startsWith('mallory') ? 'ada@example.com' : `${id}@example.com`,
        email_verified: !id.startsWith('mallory'),
      }),
    }),
    // Tokens that are not for our audience still open the provider's own user info.
    extraTokenClaims: (_, token) => {
      const id = (token as { accountId?: string }).accountId ?? ''
      return { email: `${id}@example.com`, email_verified: !id.startsWith('mallory'), name: `Person ${id}` }
    },
  }
  const provider = new Provider(url, configuration)
  http.on('request', provider.callback())
  return provider
}
