import type { IncomingMessage } from 'node:http'
import { previewNames } from '@sandyard/protocol'
import { type Destination, isSameSandbox } from '../destination.ts'
import type { PreviewHosts } from '../hosts.ts'

/** Every credential of a request; more than one preview token may come, each is tried. */
export interface PresentedCredentials {
  readonly bearer?: string
  /** distinct preview tokens in the order they are tried (runtime.md 2.3): header, query, cookie */
  readonly tokens: readonly PresentedToken[]
}

/** A preview token and where it stood. */
export interface PresentedToken {
  readonly value: string
  readonly from: 'header' | 'query' | 'cookie'
}

/** Name of the cookie that carries the preview token for one preview host, or for toolbox calls of one sandbox. */
export function cookieName(label: string): string {
  return previewNames.cookiePrefix + label
}

/**
 * Reads what a request brings to be let in. By path all previews have one origin, which is also the API's: what a
 * browser sends along by itself, or what a link can hold, opens nothing there.
 */
export function readCredentials(
  request: IncomingMessage,
  destination: Destination,
  hosts: PreviewHosts,
): PresentedCredentials {
  const { authorization, cookie } = request.headers
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  const header = request.headers[previewNames.tokenHeader]
  const found: PresentedToken[] = []
  const add = (value: string | undefined, from: PresentedToken['from']) => {
    if (value && !found.some((token) => token.value === value)) found.push({ value, from })
  }
  add(typeof header === 'string' ? header : undefined, 'header')
  if (isByPath(destination)) return bearer === undefined ? { tokens: found } : { bearer, tokens: found }
  add(splitQueryToken(destination.url).token, 'query')
  if (cookie !== undefined && !isForeignPage(request, destination, hosts)) {
    for (const value of readCookies(cookie, cookieName(destination.label))) add(value, 'cookie')
  }
  return bearer === undefined ? { tokens: found } : { bearer, tokens: found }
}

/** True for a preview that the path names. */
export function isByPath(destination: Destination): boolean {
  return destination.kind === 'preview' && destination.prefix !== ''
}

/** Takes our credential out of a query and leaves the rest as it was written. */
export function splitQueryToken(url: string): { url: string; token?: string } {
  const mark = url.indexOf('?')
  if (mark === -1 || (!url.includes('_', mark + 1) && !url.includes('%', mark + 1))) return { url }
  const parts = url.slice(mark + 1).split('&')
  const kept = parts.filter((part) => !isToken(part))
  if (kept.length === parts.length) return { url }
  const part = parts.find(isToken) ?? ''
  const token = decode(part.slice(part.indexOf('=') + 1))
  return { url: url.slice(0, mark) + (kept.length === 0 ? '' : `?${kept.join('&')}`), token }
}

/** True for a cookie of ours: what programs say of it is not passed on, in either direction. */
export function isOurCookie(text: string): boolean {
  return text.startsWith(previewNames.cookiePrefix) || text.startsWith(`${previewNames.acceptedCookie}=`)
}

/** A Cookie header without our cookies; `null` when nothing is left. */
export function withoutOurCookies(header: string): string | null {
  const kept = header.split(';').filter((pair) => !isOurCookie(pair.trim()))
  return kept.length === 0 ? null : kept.join(';').trim()
}

/**
 * A browser adds the cookie by itself, also when another page makes the call. So it counts only for pages of the
 * same sandbox, of any of its ports. Pictures, scripts and the like come without Origin: other previews are of the same
 * site and so get the cookie along, but browsers say so, and Referer tells by whom. What says neither is a navigation
 * or a program.
 */
function isForeignPage(request: IncomingMessage, destination: Destination, hosts: PreviewHosts): boolean {
  const { origin, referer = '' } = request.headers
  const isPart = ['same-site', 'cross-site'].includes(String(request.headers['sec-fetch-site']))
  const isNavigation = request.headers['sec-fetch-mode'] === 'navigate'
  if (origin === undefined && (isNavigation || !isPart)) return false
  const host = (origin ?? referer)
    .replace(/^https?:\/\//i, '')
    .replace(/[/?#].*$/, '')
    .toLowerCase()
  const own = destination.kind === 'toolbox' ? request.headers.host : destination.host
  if (host === own?.toLowerCase()) return false
  return destination.kind === 'toolbox' || !isSameSandbox(host, destination, hosts)
}

/** Cookies of one name that are looked at. */
const mostCookies = 4

/**
 * Values of a cookie. Any page of a domain can set one for all hosts in it, which then stands beside ours or before it;
 * that must not lock the visitor out.
 */
export function readCookies(header: string, name: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).trim())
    .slice(0, mostCookies)
}

function isToken(part: string): boolean {
  const name = part.split('=', 1)[0] ?? ''
  return (name.includes('%') ? decode(name) : name) === previewNames.tokenQuery
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
