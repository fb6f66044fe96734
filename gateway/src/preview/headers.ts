import type { IncomingMessage } from 'node:http'
import { previewNames } from '@sandyard/protocol'
import type { Admission } from '../access/admit.ts'
import { cookieName, splitQueryToken, withoutOurCookies } from '../access/credentials.ts'
import type { PreviewDestination } from '../destination.ts'
import type { HeaderRules } from '../forward/headers.ts'

/** life of the cookie that follows a query token, seconds (runtime.md 2.3) */
const cookieAgeS = 3600

/** Said by the gateway alone; what a client writes there is not to be believed. */
const ours: ReadonlySet<string> = new Set(['host', 'forwarded', 'x-real-ip', previewNames.tokenHeader])

/**
 * Headers of a preview. The program inside is made for localhost: dev servers refuse names they do not know, so it
 * is called by the name it has there, and what it says about that name is turned back on the way out.
 *
 * Frameworks let a write pass only when Origin equals Host, or X-Forwarded-Host where that is sent. So Origin and
 * Referer of the preview's own pages get the inside name, and such a request has no X-Forwarded-Host: whichever
 * header a framework compares with, it finds a request of one origin. An Origin of another page stays as it is.
 */
export function previewRules(
  request: IncomingMessage,
  destination: PreviewDestination,
  admission: Admission,
): HeaderRules {
  const outside = `http://${destination.host}`
  const insideHost = destination.port === 80 ? 'localhost' : `localhost:${destination.port}`
  const inside = `http://${insideHost}`
  const isOwnPage = request.headers.origin?.toLowerCase() === outside.toLowerCase()
  const added = ['Host', insideHost, 'X-Forwarded-Proto', 'http']
  if (!isOwnPage) added.push('X-Forwarded-Host', destination.host)
  if (request.socket.remoteAddress !== undefined) added.push('X-Forwarded-For', request.socket.remoteAddress)

  return {
    inward(name, value) {
      if (ours.has(name) || name.startsWith('x-forwarded-')) return null
      // A bearer that opened nothing belongs to the app.
      if (name === 'authorization') return admission.by === 'bearer' ? null : value
      if (name === 'cookie') return withoutOurCookies(value)
      if (name === 'origin') return isOwnPage ? inside : value
      if (name === 'referer') return splitQueryToken(replaceOrigin(value, outside, inside)).url
      return value
    },
    outward(name, value) {
      return name === 'location' ? outsideLocation(value, destination.port, outside) : value
    },
    addedInward: added,
    addedOutward: cookieOf(destination, admission),
  }
}

/** A page opened by a query token has parts that come without it; the cookie lets them in. */
function cookieOf(destination: PreviewDestination, { token }: Admission): string[] {
  if (token?.from !== 'query' || !/^[\w.~-]+$/.test(token.value)) return []
  const attributes = `Path=/; Max-Age=${cookieAgeS}; HttpOnly; SameSite=Lax`
  return ['Set-Cookie', `${cookieName(destination.label)}=${token.value}; ${attributes}`]
}

function replaceOrigin(url: string, from: string, to: string): string {
  const isFrom = url.slice(0, from.length).toLowerCase() === from.toLowerCase()
  const rest = url.slice(from.length)
  return isFrom && (rest === '' || rest.startsWith('/')) ? to + rest : url
}

function outsideLocation(location: string, port: number, outside: string): string {
  const found = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::([0-9]+))?(?=[/?#]|$)/i.exec(location)
  if (found === null || Number(found[1] ?? 80) !== port) return location
  return outside + location.slice(found[0].length)
}
