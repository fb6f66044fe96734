import type { IncomingMessage } from 'node:http'
import { previewNames } from '@sandyard/protocol'
import { isSameSandbox, type PreviewDestination } from '../destination.ts'
import type { PreviewHosts } from '../hosts.ts'

/**
 * Which scripts of other origins may read previews: `off` leaves that to the programs inside, `same-site` adds the other
 * ports of the same sandbox, `any` is everybody with the visitor's cookies, as the original has it (runtime.md 2.4).
 */
export type CorsMode = 'off' | 'same-site' | 'any'

/** Longest list of headers that a preflight may ask for, characters. */
const longestList = 2000

/** The origin that a preview is opened to for this request; null: the program inside decides. */
export function corsOrigin(
  request: IncomingMessage,
  destination: PreviewDestination,
  { mode, hosts }: { readonly mode: CorsMode; readonly hosts: PreviewHosts },
): string | null {
  const { origin } = request.headers
  if (mode === 'off' || origin === undefined || destination.prefix !== '') return null
  if (request.headers[previewNames.disableCorsHeader] === 'true') return null
  if (!/^https?:\/\/[^/]+$/i.test(origin)) return null
  if (mode === 'any') return origin
  const host = origin.replace(/^https?:\/\//i, '')
  return isSameSandbox(host, destination, hosts) ? origin : null
}

/** Header lines of an answer that scripts of this origin may read. */
export function corsHeaders(origin: string): string[] {
  return ['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin']
}

/** True when a browser asks whether a script may send a request; it never sends credentials with the question. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
}

/** Header lines of the answer to such a question. */
export function preflightHeaders(request: IncomingMessage, origin: string): string[] {
  const wanted = request.headers['access-control-request-headers']
  const headers = typeof wanted === 'string' && wanted.length <= longestList ? wanted : ''
  return [
    ...corsHeaders(origin),
    'Access-Control-Allow-Methods',
    'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    ...(headers === '' ? [] : ['Access-Control-Allow-Headers', headers]),
    'Access-Control-Max-Age',
    '600',
    'Content-Length',
    '0',
  ]
}
