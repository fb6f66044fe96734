import type { IncomingMessage } from 'node:http'
import { PlatformError } from '@sandyard/protocol'

/** What one way in changes in the headers that pass. Names are lower case; `null` leaves a header out. */
export interface HeaderRules {
  /** a header on its way into the sandbox */
  inward(name: string, value: string): string | null
  /** a header of the answer */
  outward(name: string, value: string): string | null
  /** added on the way in: name, value, name, value … */
  readonly addedInward: readonly string[]
  /** added to the answer: name, value, name, value … */
  readonly addedOutward: readonly string[]
}

/** What of a message its headers are taken from. */
interface Headed {
  readonly rawHeaders: readonly string[]
  readonly headers: {
    readonly connection?: string | undefined
    readonly 'content-length'?: string | undefined
    readonly 'transfer-encoding'?: string | undefined
  }
}

/** They speak about one connection only and end here (RFC 9110, 7.6.1). `te` and `trailer` are set anew below. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** What decides about a message belongs in its head: behind the body, whoever reads both would have decided without it (RFC 9110, 6.5.1). */
const headOnly: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-security-policy',
  'content-type',
  'cookie',
  'host',
  'location',
  'set-cookie',
])

/** True when bytes of a body follow the head of a request. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0)
}

/**
 * Header lines for the program inside. The framing is ours alone: exactly one of Content-Length and
 * Transfer-Encoding, whatever the client lists in `Connection`, so that both ends agree where a request ends.
 */
export function inwardHeaders(request: IncomingMessage, rules: HeaderRules): string[] {
  const lines = endToEnd(request, rules.inward)
  if (request.headers['transfer-encoding'] !== undefined) {
    requireChunked(request, 'BAD_REQUEST')
    lines.push('Transfer-Encoding', 'chunked')
    if (request.headers.trailer !== undefined) lines.push('Trailer', String(request.headers.trailer))
  } else if (request.headers['content-length'] !== undefined) {
    lines.push('Content-Length', request.headers['content-length'])
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    lines.push('Content-Length', '0')
  }
  if (/(^|[\s,])trailers\b/i.test(String(request.headers.te ?? ''))) lines.push('TE', 'trailers')
  lines.push(...rules.addedInward)
  return lines
}

/** Header lines of an answer for the client; its framing is left to the server that writes it. */
export function outwardHeaders(answer: Headed, rules: HeaderRules): string[] {
  const lines = endToEnd(answer, rules.outward)
  const isChunked = answer.headers['transfer-encoding'] !== undefined
  if (isChunked) requireChunked(answer, 'BAD_GATEWAY')
  const length = answer.headers['content-length']
  if (!isChunked && length !== undefined) lines.push('Content-Length', length)
  lines.push(...rules.addedOutward)
  return lines
}

/** Trailers of a request for the program inside: what may not be said in its head may not be said there. */
export function inwardTrailers(raw: readonly string[], rules: HeaderRules): string[] {
  return trailersOf(raw, rules.inward, rules.addedInward)
}

/** Trailers of an answer for the client; the same holds for them. */
export function outwardTrailers(raw: readonly string[], rules: HeaderRules): string[] {
  return trailersOf(raw, rules.outward, rules.addedOutward)
}

/** @param added header lines that are ours alone to write */
function trailersOf(raw: readonly string[], change: HeaderRules['inward'], added: readonly string[]): string[] {
  if (raw.length === 0) return []
  const ours = new Set(added.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()))
  return endToEnd({ rawHeaders: raw, headers: {} }, (name, value) => {
    return headOnly.has(name) || ours.has(name) ? null : change(name, value)
  })
}

function endToEnd(message: Headed, change: HeaderRules['inward']): string[] {
  const named = namedBy(message.headers.connection)
  const lines: string[] = []
  const raw = message.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const written = raw[index] ?? ''
    const name = written.toLowerCase()
    if (hopByHop.has(name) || named?.has(name) || name === 'content-length') continue
    const value = change(name, raw[index + 1] ?? '')
    if (value !== null) lines.push(written, value)
  }
  return lines
}

/** What a `Connection` header names besides itself; null: nothing. */
function namedBy(connection: string | undefined): ReadonlySet<string> | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null
  return new Set(connection.toLowerCase().split(/[\s,]+/))
}

/** Other transfer codings would reach the other end without the header that announces them. */
function requireChunked(message: Headed, code: 'BAD_REQUEST' | 'BAD_GATEWAY'): void {
  if (message.headers['transfer-encoding']?.trim().toLowerCase() === 'chunked') return
  throw new PlatformError(code, 'Only the transfer coding "chunked" is taken')
}
