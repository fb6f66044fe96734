import type { IncomingMessage } from 'node:http'
import { previewNames } from '@sandyard/protocol'
import type { Admission } from '../access/admit.ts'
import { cookieName, isOurCookie, splitQueryToken, withoutOurCookies } from '../access/credentials.ts'
import type { Caller } from '../caller.ts'
import type { PreviewDestination } from '../destination.ts'
import type { HeaderRules } from '../forward/headers.ts'

/** life of the cookie that follows a query token, seconds (runtime.md 2.3) */
const cookieAgeS = 3600

/** Said by the gateway alone; what a client writes there is not to be believed. */
const ours: ReadonlySet<string> = new Set(['host', 'forwarded', 'x-real-ip', previewNames.tokenHeader])

/** What would reach past the preview, into the browser's dealings with other hosts of the same domain. */
const tooFar: ReadonlySet<string> = new Set(['clear-site-data', 'public-key-pins'])

/** What speaks about the whole origin, which by path is the API's own. */
const ofOrigin: ReadonlySet<string> = new Set([
  'alt-svc',
  'content-security-policy',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'strict-transport-security',
])

/** What the rules are made of. */
export interface PreviewVisit {
  readonly request: IncomingMessage
  readonly caller: Caller
  readonly destination: PreviewDestination
  readonly admission: Admission
  /** headers for scripts of other origins, which take the place of the program's own; null: its own stay */
  readonly cors: readonly string[] | null
}

/**
 * Headers of a preview. The program inside is made for localhost: dev servers refuse names they do not know, so it
 * is called by the name it has there, and what it says about that name is turned back on the way out.
 *
 * Frameworks let a write pass only when Origin equals Host, or X-Forwarded-Host where that is sent. So Origin and
 * Referer of the preview's own pages get the inside name, and such a request has no X-Forwarded-Host: whichever
 * header a framework compares with, it finds a request of one origin. An Origin of another page stays as it is.
 */
export function previewRules({ request, caller, destination, admission, cors }: PreviewVisit): HeaderRules {
  const { scheme, address } = caller
  const { host, prefix } = destination
  const port = admission.target.kind === 'port' ? admission.target.port : 80
  const outside = `${scheme}://${host}`
  const insideHost = port === 80 ? 'localhost' : `localhost:${port}`
  const inside = `http://${insideHost}`
  const isOwnPage = prefix === '' && hostOf(request.headers.origin) === host.toLowerCase()
  const added = ['Host', insideHost, 'X-Forwarded-Proto', scheme]
  if (!isOwnPage) added.push('X-Forwarded-Host', host)
  if (address !== null) added.push('X-Forwarded-For', address)
  if (prefix !== '') added.push('X-Forwarded-Prefix', prefix)

  return {
    inward(name, value) {
      // To programs that get headers as variables both signs are the same.
      const folded = name.includes('_') ? name.replaceAll('_', '-') : name
      if (ours.has(folded) || folded.startsWith('x-forwarded-')) return null
      // A bearer that opened nothing belongs to the app.
      if (name === 'authorization') return admission.by === 'bearer' ? null : value
      if (name === 'cookie') return prefix === '' ? withoutOurCookies(value) : null
      if (name === 'origin') return isOwnPage ? inside : value
      if (name === 'referer') return splitQueryToken(ownReferer(value, host, inside)).url
      return value
    },
    outward(name, value) {
      if (name === 'location') return outsideLocation(value, { port, outside, prefix })
      if (tooFar.has(name) || (prefix !== '' && ofOrigin.has(name))) return null
      if (cors !== null && name.startsWith('access-control-')) return null
      return name === 'set-cookie' ? hostOnly(value) : value
    },
    addedInward: added,
    addedOutward: [
      ...cookieOf(destination, { scheme, admission }),
      ...(cors ?? []),
      ...(prefix === '' ? [] : confined),
    ],
  }
}

/** Should a browser ever show what came by path, it is nobody's page: it has no origin, no cookies, no storage. */
const confined = [
  ...['Content-Security-Policy', "sandbox; default-src 'none'; frame-ancestors 'none'"],
  ...['X-Content-Type-Options', 'nosniff'],
]

/** A page opened by a query token has parts that come without it; the cookie lets them in. */
function cookieOf(
  destination: PreviewDestination,
  { scheme, admission: { token } }: { readonly scheme: Caller['scheme']; readonly admission: Admission },
): string[] {
  if (token?.from !== 'query' || !/^[\w.~-]+$/.test(token.value)) return []
  const secure = scheme === 'https' ? '; Secure' : ''
  const attributes = `Path=/; Max-Age=${cookieAgeS}; HttpOnly; SameSite=Lax${secure}`
  return ['Set-Cookie', `${cookieName(destination.label)}=${token.value}; ${attributes}`]
}

/**
 * A cookie of the program, for its own host alone: with a wider Domain it would go to other previews, and to the API
 * where that lies in the same domain. Null for one that has a name of ours.
 */
function hostOnly(cookie: string): string | null {
  if (isOurCookie(cookie.trim())) return null
  return cookie
    .split(';')
    .filter((part, index) => index === 0 || !/^\s*domain\s*(=|$)/i.test(part))
    .join(';')
}

/** Host of an origin, in small letters; the scheme may be that of a proxy that does not tell it. */
function hostOf(origin: string | undefined): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin ?? '')?.[1]?.toLowerCase() ?? null
}

function ownReferer(url: string, host: string, inside: string): string {
  const found = /^https?:\/\/([^/?#]+)/i.exec(url)
  return found?.[1]?.toLowerCase() === host.toLowerCase() ? inside + url.slice(found[0].length) : url
}

function outsideLocation(
  location: string,
  { port, outside, prefix }: { readonly port: number; readonly outside: string; readonly prefix: string },
): string {
  if (/^\/(?!\/)/.test(location)) return prefix + location
  const found = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::([0-9]+))?(?=[/?#]|$)/i.exec(location)
  if (found === null || Number(found[1] ?? 80) !== port) return location
  return outside + prefix + location.slice(found[0].length)
}
