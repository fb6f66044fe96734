import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorBody, isPlatformError, toErrorBody } from '@sandyard/protocol'
import { hasBody } from './forward/headers.ts'
import type { Log } from './log.ts'
import { type PageLink, renderPage } from './preview/page.ts'

/** time for a client to send on what nobody reads, so that it gets to read why, ms */
const lingerMs = 1000

/** The wire body of a failure; one that nobody expected goes to the log with its cause. */
export function errorBody(request: IncomingMessage, thrown: unknown, log: Log): ErrorBody {
  const requestId = randomUUID()
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  if (!isPlatformError(thrown)) log.error({ requestId, method: request.method, path, error: thrown }, 'gateway failure')
  return toErrorBody(thrown, { source: 'DAYTONA_PROXY', method: request.method ?? '', path, requestId })
}

/** True for a browser that opens a preview; everything else gets JSON. */
export function wantsPage(request: IncomingMessage): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const mode = request.headers['sec-fetch-mode']
  return (mode === undefined || mode === 'navigate') && /\btext\/html\b/i.test(request.headers.accept ?? '')
}

/** How to tell a failure. */
export interface Refusal {
  readonly error: ErrorBody
  /** a page for a person, or JSON */
  readonly asPage: boolean
  /** ports that answer, to try instead of the one that does not */
  readonly ports: readonly number[]
}

/** Answers with a failure, or cuts an answer that has begun. */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  { error, asPage, ports }: Refusal,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const page = asPage ? renderPage(error, portLinks(request.headers.host ?? '', ports)) : null
  const text = page?.html ?? JSON.stringify(withPorts(error, ports))
  const isUnread = hasBody(request) && !request.complete
  response.writeHead(error.statusCode, error.error, {
    ...errorHeaders(error, text),
    ...page?.headers,
    ...(isUnread ? { Connection: 'close' } : {}),
  })
  response.write(text)
  request.resume()
  if (!isUnread) {
    response.end()
    return
  }
  // A connection that is closed with bytes unread is reset, and the client may lose the answer with it.
  const timer = setTimeout(() => response.end(), lingerMs)
  request.once('end', () => response.end())
  response.once('close', () => clearTimeout(timer))
}

/** Answers an upgrade with a failure and ends its connection. */
export function answerUpgradeError(socket: Duplex, error: ErrorBody): void {
  const text = JSON.stringify(error)
  const lines = Object.entries({ ...errorHeaders(error, text), Connection: 'close' }).map(([k, v]) => `${k}: ${v}\r\n`)
  socket.end(`HTTP/1.1 ${error.statusCode} ${error.error}\r\n${lines.join('')}\r\n${text}`, () => socket.destroy())
}

function withPorts(error: ErrorBody, ports: readonly number[]): ErrorBody {
  return ports.length === 0 ? error : { ...error, message: `${error.message}. These ports answer: ${ports.join(', ')}` }
}

/** Links to the same host with another port in its label. */
function portLinks(host: string, ports: readonly number[]): PageLink[] {
  return ports.map((port) => ({ text: String(port), href: `//${port}${host.slice(host.indexOf('-'))}/` }))
}

function errorHeaders(error: ErrorBody, text: string): OutgoingHttpHeaders {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
    ...(error.statusCode === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(error.statusCode === 503 ? { 'Retry-After': '1' } : {}),
  }
}
