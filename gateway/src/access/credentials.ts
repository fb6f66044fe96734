import type { IncomingMessage } from 'node:http'
import { parsePreviewHost, previewNames } from '@sandyard/protocol'
import type { Destination } from '../destination.ts'

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

/** Reads what a request brings to be let in. */
export function readCredentials(
  request: IncomingMessage,
  destination: Destination,
  domains: readonly string[],
): PresentedCredentials {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  const header = request.headers[previewNames.tokenHeader]
  const found: PresentedToken[] = []
  const add = (value: string | undefined, from: PresentedToken['from']) => {
    if (value && !found.some((token) => token.value === value)) found.push({ value, from })
  }
  add(typeof header === 'string' ? header : undefined, 'header')
  add(splitQueryToken(destination.url).token, 'query')
  if (!isForeignPage(request, destination, domains)) {
    add(readCookie(request.headers.cookie ?? '', cookieName(destination.label)), 'cookie')
  }
  return bearer === undefined ? { tokens: found } : { bearer, tokens: found }
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

/** A Cookie header without our cookies; `null` when nothing is left. */
export function withoutOurCookies(header: string): string | null {
  const kept = header.split(';').filter((pair) => !pair.trim().startsWith(previewNames.cookiePrefix))
  return kept.length === 0 ? null : kept.join(';').trim()
}

/**
 * A browser adds the cookie by itself, also when another page makes the call. So it counts only for pages of the
 * same sandbox, of any of its ports; a request without Origin is a navigation, a sub-resource or a program.
 */
function isForeignPage(request: IncomingMessage, destination: Destination, domains: readonly string[]): boolean {
  const origin = request.headers.origin
  if (origin === undefined) return false
  const host = origin.replace(/^https?:\/\//, '').toLowerCase()
  if (host === request.headers.host?.toLowerCase()) return false
  return destination.kind === 'toolbox' || parsePreviewHost(host, domains)?.label !== destination.label
}

function readCookie(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
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
