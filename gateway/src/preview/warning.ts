import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { previewNames, reservedPorts } from '@sandyard/protocol'
import { readCookies } from '../access/credentials.ts'
import { wantsPage } from '../answer.ts'
import type { Caller } from '../caller.ts'
import type { PreviewDestination } from '../destination.ts'
import { type Page, renderPage } from './layout.ts'

/** life of a visitor's consent, seconds (runtime.md 2.4) */
const cookieAgeS = 24 * 3600

/** The page that tells visitors that what follows is somebody's program. */
export interface Warning {
  /** True when a browser must see the page first. */
  isDue(request: IncomingMessage, destination: PreviewDestination): boolean
  page(request: IncomingMessage, destination: PreviewDestination): Page
  /** True for a request that says it was seen. */
  isConsent(request: IncomingMessage, destination: PreviewDestination): boolean
  /** Header lines that let the visitor on; null when another site has made the request. */
  consent(request: IncomingMessage, destination: PreviewDestination, caller: Caller): string[] | null
}

/** Makes it. Its cookie is worth something on one host only, and nobody else can make it. */
export function createWarning(key: Buffer = randomBytes(32)): Warning {
  const valueFor = (host: string): string => createHmac('sha256', key).update(host.toLowerCase()).digest('base64url')

  function hasConsent(request: IncomingMessage, host: string): boolean {
    const wanted = Buffer.from(valueFor(host))
    return readCookies(request.headers.cookie ?? '', previewNames.acceptedCookie)
      .map((value) => Buffer.from(value))
      .some((given) => given.length === wanted.length && timingSafeEqual(given, wanted))
  }

  return {
    isDue(request, { port, host, prefix }) {
      if (prefix !== '' || (port !== null && reservedPorts.has(port)) || !wantsPage(request)) return false
      if (request.headers[previewNames.skipWarningHeader] === 'true') return false
      return /\bMozilla\//.test(request.headers['user-agent'] ?? '') && !hasConsent(request, host)
    },
    page(request, { host, port }) {
      const where = port === null ? 'in a sandbox' : `on port ${port} of a sandbox`
      const action = `${previewNames.acceptPath}?redirect=${encodeURIComponent(request.url ?? '/')}`
      return renderPage({
        title: 'You are about to see a preview',
        lead: `What answers at ${host} is a program that somebody runs ${where}. It is not part of this platform, and nobody has looked through it.`,
        advice: ['Enter no passwords or other secrets unless you trust whoever has sent you here.'],
        button: { text: 'Go on to the preview', action },
        note: 'You are asked once a day for each preview.',
      })
    },
    isConsent(request, { prefix }) {
      return (
        prefix === '' && request.method === 'POST' && (request.url ?? '').split('?', 1)[0] === previewNames.acceptPath
      )
    },
    consent(request, { host }, { scheme }) {
      if (!isOwnForm(request, host)) return null
      const secure = scheme === 'https' ? '; Secure' : ''
      const cookie = `${previewNames.acceptedCookie}=${valueFor(host)}; Path=/; Max-Age=${cookieAgeS}; HttpOnly; SameSite=Lax${secure}`
      return ['Set-Cookie', cookie, 'Location', targetOf(request.url ?? ''), 'Content-Length', '0']
    },
  }
}

/** Another site must not consent for its visitor. */
function isOwnForm({ headers }: IncomingMessage, host: string): boolean {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return origin?.toLowerCase().replace(/^https?:\/\//, '') === host.toLowerCase()
}

/** A path of the same host, whatever the request says. */
function targetOf(url: string): string {
  const target = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('redirect') ?? '/'
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(target) ? target : '/'
}
