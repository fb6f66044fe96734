import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorBody, isPlatformError, toErrorBody } from '@sandyard/protocol'
import { hasBody } from './forward/headers.ts'
import type { Log } from './log.ts'
import type { Page } from './preview/layout.ts'

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
  /** seconds until it is worth another try */
  readonly retryAfterS?: number
  /** a page for a person; null: JSON */
  readonly page: Page | null
  /** header lines that go with it, name, value, name, value … */
  readonly lines: readonly string[]
}

/** Answers with a failure, or cuts an answer that has begun. */
export function answerError(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { error, page, lines } = refusal
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const text = page?.html ?? JSON.stringify(error)
  const headers = { ...errorHeaders(refusal, text), ...page?.headers }
  answerEarly(request, response, { status: error.statusCode, phrase: error.error, headers, lines, text })
}

/** Shows a page of ours instead of what was asked for. */
export function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  { html, headers }: Page,
  status: 200 | 400 | 401 = 200,
): void {
  const all = { 'Cache-Control': 'no-store', 'Content-Length': Buffer.byteLength(html), ...headers }
  answerEarly(request, response, { status, phrase: STATUS_CODES[status] ?? '', headers: all, lines: [], text: html })
}

/** An answer that does not wait for the body of its request. */
interface Early {
  readonly status: number
  readonly phrase: string
  readonly headers: OutgoingHttpHeaders
  readonly lines: readonly string[]
  readonly text: string
}

function answerEarly(request: IncomingMessage, response: ServerResponse, early: Early): void {
  const { status, phrase, headers, lines, text } = early
  const isUnread = hasBody(request) && !request.complete
  const all = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  response.writeHead(status, phrase, [...all, ...lines, ...(isUnread ? ['Connection', 'close'] : [])])
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
export function answerUpgradeError(socket: Duplex, refusal: Pick<Refusal, 'error' | 'retryAfterS'>): void {
  const { error } = refusal
  const text = JSON.stringify(error)
  const lines = Object.entries({ ...errorHeaders(refusal, text), Connection: 'close' }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  )
  socket.end(`HTTP/1.1 ${error.statusCode} ${error.error}\r\n${lines.join('')}\r\n${text}`, () => socket.destroy())
}

function errorHeaders(
  { error, retryAfterS = 1 }: Pick<Refusal, 'error' | 'retryAfterS'>,
  text: string,
): OutgoingHttpHeaders {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
    ...(error.statusCode === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(error.statusCode === 503 ? { 'Retry-After': String(retryAfterS) } : {}),
  }
}
