import type { IncomingMessage } from 'node:http'

/** They speak about one connection only and end here (RFC 9110, 7.6.1); what is framing is written anew below. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Why a request cannot go on over a connection to this host; `undefined` when it can. */
export function unfitReason(request: IncomingMessage, name: string): { status: number; message: string } | undefined {
  const target = request.url ?? ''
  if (request.method === 'CONNECT' || !(target.startsWith('/') || (target === '*' && request.method === 'OPTIONS'))) {
    return { status: 400, message: 'The target of a request must be a path' }
  }
  const hosts = valuesOf(request, 'host')
  if (hosts.length !== 1) return { status: 400, message: 'A request must have one Host header' }
  const host = (hosts[0] ?? '').toLowerCase().replace(/:443$/, '').replace(/\.$/, '')
  if (host !== name) return { status: 421, message: `This connection is to ${name}, not to the host of the request` }
  const [coding, ...others] = valuesOf(request, 'transfer-encoding')
  if (others.length > 0 || (coding !== undefined && coding.trim().toLowerCase() !== 'chunked')) {
    return { status: 501, message: 'The only transfer coding that is known is chunked' }
  }
  return undefined
}

/** True when bytes of a body follow the head of a request. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0)
}

/** Header lines for the host. The framing is ours alone, so that both ends agree where a request ends. */
export function requestHeaders(request: IncomingMessage): string[] {
  const lines = endToEnd(request)
  const { headers } = request
  if (headers['transfer-encoding'] !== undefined) {
    lines.push('Transfer-Encoding', 'chunked')
    if (headers.trailer !== undefined) lines.push('Trailer', String(headers.trailer))
  } else if (headers['content-length'] !== undefined) {
    lines.push('Content-Length', headers['content-length'])
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    lines.push('Content-Length', '0')
  }
  if (/(^|[\s,])trailers\b/i.test(String(headers.te ?? ''))) lines.push('TE', 'trailers')
  return lines
}

/**
 * Header lines of the host's answer; but for a length its framing is left to who writes it. Ways to the host that would
 * lead past us, by QUIC, are left out.
 */
export function answerHeaders(answer: IncomingMessage, request: IncomingMessage): string[] {
  const lines = endToEnd(answer, 'alt-svc')
  const { headers } = answer
  const isChunked = headers['transfer-encoding'] !== undefined
  if (isChunked && headers['transfer-encoding']?.trim().toLowerCase() !== 'chunked') {
    throw new Error('The answer has a transfer coding that is not known')
  }
  if (!isChunked && headers['content-length'] !== undefined) lines.push('Content-Length', headers['content-length'])
  const mayTrail = isChunked && request.httpVersion === '1.1' && request.method !== 'HEAD'
  if (mayTrail && headers.trailer !== undefined) lines.push('Trailer', headers.trailer)
  return lines
}

/** True for a request whose connection shall become a tunnel; one to HTTP/2 would carry requests past all checks. */
export function isTunnel(request: IncomingMessage): boolean {
  return !hasBody(request) && !/\bh2c\b/i.test(request.headers.upgrade ?? '')
}

function endToEnd(message: IncomingMessage, left?: string): string[] {
  const named = new Set((message.headers.connection ?? '').toLowerCase().split(/[\s,]+/))
  named.delete('host')
  const lines: string[] = []
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const written = message.rawHeaders[index] ?? ''
    const name = written.toLowerCase()
    if (hopByHop.has(name) || named.has(name) || name === left) continue
    lines.push(written, message.rawHeaders[index + 1] ?? '')
  }
  return lines
}

function valuesOf(request: IncomingMessage, name: string): string[] {
  return request.rawHeaders.filter((_, index, raw) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name)
}
