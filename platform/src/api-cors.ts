import type { IncomingMessage, ServerResponse } from 'node:http'

/** Origins whose scripts may call the API: those that are named, or `*` for all; null: none. */
export type ApiOrigins = ReadonlySet<string> | '*' | null

/** What decides whether a script of another origin may call. */
export interface ApiCors {
  readonly origins: ApiOrigins
  /** true for a Host that names a preview: programs inside decide there */
  readonly isPreview: (host: string) => boolean
}

/** Paths of the API and of what it has inside sandboxes; not `/preview/`, whose programs decide for themselves. */
const paths = /^\/(?:api|toolbox)(?:[/?]|$)/

/** Longest list of headers that a browser may ask for, characters. */
const longestList = 2000

/**
 * Opens the API to scripts of pages of other origins. Never with cookies: whoever calls sends a key of their own, so that
 * a page can do no more than a program with the same key. True when the request was a browser's question whether it may
 * send another, and has its answer.
 */
export function openToPages(
  { origins, isPreview }: ApiCors,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin, host = '', 'x-forwarded-host': forwarded } = request.headers
  if (origins === null || origin === undefined || !paths.test(request.url ?? '')) return false
  if ([host, ...[forwarded ?? []].flat()].some(isPreview)) return false
  response.setHeader('vary', 'Origin')
  if (origins !== '*' && !origins.has(origin.toLowerCase())) return false
  response.setHeader('access-control-allow-origin', origins === '*' ? '*' : origin)
  response.setHeader('access-control-expose-headers', '*')
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  const wanted = request.headers['access-control-request-headers'] ?? ''
  response.setHeader('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
  if (wanted !== '' && wanted.length <= longestList) response.setHeader('access-control-allow-headers', wanted)
  response.setHeader('access-control-max-age', '600')
  response.writeHead(204).end()
  return true
}
