import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Access, previewNames, returnAddress } from '@sandyard/protocol'
import { cookieName, readCookies } from '../access/credentials.ts'
import { answerPage, wantsPage } from '../answer.ts'
import type { Caller, ReadCaller } from '../caller.ts'
import type { Destination, PreviewDestination } from '../destination.ts'
import type { PreviewHosts } from '../hosts.ts'
import { renderPage } from '../preview/layout.ts'
import { createCodes } from './codes.ts'
import { readForm } from './form.ts'
import { readTarget, type Target } from './target.ts'

/** How browsers sign in. */
export interface SignInOptions {
  /** The platform's own base URL for who has called this preview host; null: none that the visitor can reach. */
  homeOf(previewHost: string, scheme: Caller['scheme']): string | null
  /** people can sign in at an OIDC issuer */
  readonly hasIssuer: boolean
}

/** The sign-in of people to private previews. */
export interface SignInDoor {
  /** True for a request for its page, on the platform's own host. */
  claims(request: IncomingMessage): boolean
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Answers a browser that comes back with a code; `false`: it brings none. */
  welcome(
    request: IncomingMessage,
    response: ServerResponse,
    visit: { destination: Destination; caller: Caller },
  ): boolean
  /** Where to send a browser that may not pass; null: it cannot sign in. */
  invite(request: IncomingMessage, visit: { destination: Destination; caller: Caller }): string | null
}

/** What it needs. */
interface Parts {
  readonly access: Pick<Access, 'signIn'>
  readonly readCaller: ReadCaller
  readonly hosts: () => PreviewHosts
  readonly options: SignInOptions
  readonly clock: () => number
}

/** Path on preview hosts where a code is taken; without a code it belongs to the program. */
const arrivalPath = '/.well-known/sandyard-sign-in'
const { sessionCookie } = previewNames
/** life of a person's session here, and of the cookie of one preview host, seconds */
const ageS = { session: 24 * 3600, preview: 3600 }

/** Makes the door. */
export function createSignInDoor({ access, readCaller, hosts, options, clock }: Parts): SignInDoor {
  const codes = createCodes(clock)

  /** Sends the browser to the preview with a code, and remembers who it is. */
  function letIn(
    response: ServerResponse,
    target: Target,
    { caller, granted }: { caller: Caller; granted: Granted },
  ): void {
    const code = codes.issue({ host: target.host, previewToken: granted.previewToken })
    const query = new URLSearchParams({ code, path: target.path })
    const attributes = attributesOf(caller, { path: previewNames.signInPath, ageS: ageS.session })
    response.writeHead(303, {
      Location: `${target.origin}${arrivalPath}?${query}`,
      'Set-Cookie': `${sessionCookie}=${granted.session}; ${attributes}`,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'Content-Length': 0,
    })
    response.end()
  }

  async function bring(
    request: IncomingMessage,
    caller: Caller,
  ): Promise<Parameters<Access['signIn']>[0]['by'] | null> {
    const query = queryOf(request)
    const loginToken = query.get('login-token')
    if (request.method !== 'POST') {
      if (loginToken !== null) return { kind: 'login-token', token: loginToken }
      const [session] = readCookies(request.headers.cookie ?? '', sessionCookie)
      return session === undefined ? null : { kind: 'session', session }
    }
    const form = await readForm(request)
    const [login, password] = [form?.get('login') ?? '', form?.get('password') ?? '']
    if (login === '' || password === '' || !isOwnForm(request, caller)) return null
    return {
      kind: 'password',
      login: login.slice(0, 255),
      password: password.slice(0, 256),
      address: caller.address ?? '',
    }
  }

  return {
    claims: (request) => (request.url ?? '').split('?', 1)[0] === previewNames.signInPath,
    async handle(request, response) {
      const caller = readCaller(request)
      const wanted = queryOf(request).get('to')
      const target = readTarget(wanted, caller, hosts())
      if (target === null) {
        answerPage(request, response, badTarget, 400)
        return
      }
      const by = await bring(request, caller)
      const answer = by === null ? null : await access.signIn({ label: target.label, by })
      if (response.closed) return
      if (answer?.kind === 'granted') {
        letIn(response, target, { caller, granted: answer })
        return
      }
      // A session from before that opens nothing here is no fault of who comes now.
      const reason = by === null || (answer !== null && by.kind === 'session') ? null : (answer?.reason ?? null)
      const self = `${previewNames.signInPath}?to=${encodeURIComponent(wanted ?? '')}`
      const issuer = options.hasIssuer ? [{ text: 'Sign in with your organization', href: oidcLogin(wanted) }] : []
      const page = renderPage({
        title: 'Sign in to see this preview',
        lead: `${target.host} is private to the members of its organization.`,
        ...(reason === null ? {} : { fault: reason }),
        form: {
          action: self,
          fields: [
            { name: 'login', label: 'Name or email', type: 'text', autocomplete: 'username' },
            { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
          ],
          submit: 'Sign in',
          leadsTo: target.origin,
        },
        links: { label: '', items: issuer },
        note: 'You are asked by the platform itself, at its own address.',
      })
      answerPage(request, response, page, reason === null ? 200 : 401)
    },
    welcome(request, response, { destination, caller }) {
      if (destination.kind !== 'preview' || destination.prefix !== '' || request.method !== 'GET') return false
      const [path, text = ''] = (request.url ?? '').split('?', 2)
      if (path !== arrivalPath) return false
      const query = new URLSearchParams(text)
      const code = query.get('code') ?? ''
      if (!/^[0-9a-f]{64}$/.test(code)) return false
      const taken = codes.take(code, destination.host)
      const attributes = attributesOf(caller, { path: '/', ageS: ageS.preview })
      const cookie =
        taken === null ? {} : { 'Set-Cookie': `${cookieName(destination.label)}=${taken.previewToken}; ${attributes}` }
      const back = query.get('path') ?? '/'
      // A code that is good no more leads to the preview too, and from there to another sign-in.
      const location = /^\/(?![/\\])[\x21-\x7e]*$/.test(back) ? back : '/'
      const headers = { Location: location, ...cookie, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }
      response.writeHead(303, { ...headers, 'Content-Length': 0 }).end()
      return true
    },
    invite(request, { destination, caller }) {
      if (!isInvited(request, destination)) return null
      const home = options.homeOf(destination.host, caller.scheme)
      const wanted = `${caller.scheme}://${destination.host}${destination.url}`
      if (home === null) return null
      return `${home}${previewNames.signInPath}?to=${encodeURIComponent(wanted)}`
    },
  }
}

/** Where the issuer is asked; whoever wants a longer address comes to the dashboard. */
function oidcLogin(wanted: string | null): string {
  const isKept = wanted !== null && returnAddress.test(wanted)
  return `/api/auth/oidc/login${isKept ? `?to=${encodeURIComponent(wanted)}` : ''}`
}

interface Granted {
  readonly session: string
  readonly previewToken: string
}

const badTarget = renderPage({
  title: 'This sign-in leads nowhere',
  lead: 'The address to go back to is not one of a preview of this platform.',
  note: '400 BAD_REQUEST',
})

/** A browser that opens a page of a preview by the sandbox's id. */
function isInvited(request: IncomingMessage, destination: Destination): destination is PreviewDestination {
  const isNavigation = wantsPage(request) && (request.headers['sec-fetch-dest'] ?? 'document') === 'document'
  return destination.kind === 'preview' && destination.prefix === '' && isNavigation
}

/** Another site must not sign its visitor in. */
function isOwnForm({ headers }: IncomingMessage, { host }: Caller): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return headers.origin?.toLowerCase().replace(/^https?:\/\//, '') === host.toLowerCase()
}

function attributesOf({ scheme }: Caller, { path, ageS }: { readonly path: string; readonly ageS: number }): string {
  return `Path=${path}; Max-Age=${ageS}; HttpOnly; SameSite=Lax${scheme === 'https' ? '; Secure' : ''}`
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
}
